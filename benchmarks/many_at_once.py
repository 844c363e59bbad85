"""Many threads ask one network at once: all together, one after the other, or collected into batches.

python -m benchmarks.many_at_once
python -m benchmarks.many_at_once --threads 30 --calls 10

Each thread asks for one photo at a time, as a visitor's page does. Every answer is compared with the one that
the photo got alone. Needs Linux for the memory.
"""

import argparse
import os
import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np

from benchmarks.memory import megabytes, restart_peak
from melanoma.edits.drawn_lesions import MELANOMA_LIKE, NEVUS_LIKE, draw_lesion
from melanoma.model.bundle import load_bundle
from melanoma.model.classifier import Classifier, CompiledNetwork, Outputs
from melanoma.photos.framing import frame

Ask = Callable[[np.ndarray], Outputs]
LARGEST_BATCH = 16


class Batches:
    """Collects what waits while the network works, and asks for all of it in one pass."""

    def __init__(self, network: CompiledNetwork) -> None:
        self.network = network
        self.waiting: queue.SimpleQueue[tuple[np.ndarray, Future]] = queue.SimpleQueue()
        threading.Thread(target=self._work, daemon=True).start()

    def ask(self, pixels: np.ndarray) -> Outputs:
        answer: Future = Future()
        self.waiting.put((pixels, answer))
        return answer.result()

    def _work(self) -> None:
        while True:
            batch = [self.waiting.get()]
            while len(batch) < LARGEST_BATCH and not self.waiting.empty():
                batch.append(self.waiting.get())
            found = self.network.run(np.concatenate([pixels for pixels, _ in batch]))
            for row, (_, answer) in enumerate(batch):
                part = slice(row, row + 1)
                maps = None if found.class_maps is None else found.class_maps[part]
                answer.set_result(
                    Outputs(found.logits[part], maps, found.features[part], found.last_features[part]),
                )


def ways(network: CompiledNetwork) -> dict[str, Ask]:
    """Return the ways to ask, by name."""
    turn = threading.Lock()

    def alone(pixels: np.ndarray) -> Outputs:
        with turn:
            return network.run(pixels)

    return {"all together": network.run, "one after the other": alone, "in batches": Batches(network).ask}


def measure(ask: Ask, photos: list[np.ndarray], known: list[np.ndarray], threads: int, calls: int) -> str:
    """Return a row of the table; raises RuntimeError for an answer that is another photo's."""
    waits: list[float] = []

    def visitor(number: int) -> None:
        for call in range(calls):
            which = (number + call) % len(photos)
            began = time.perf_counter()
            found = ask(photos[which])
            waits.append(time.perf_counter() - began)
            if np.abs(found.logits[0] - known[which]).max() > 1e-3:
                raise RuntimeError("an answer is not the photo's own")

    restart_peak()
    before, began = megabytes("VmRSS"), time.perf_counter()
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(visitor, range(threads)))
    rate = threads * calls / (time.perf_counter() - began)
    growth = megabytes("VmHWM") - before
    return f"{rate:.0f} | {np.median(waits) * 1000:.0f} | {max(waits) * 1000:.0f} | {growth:.0f}"


def main() -> None:
    """Measure every way with growing numbers of threads, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--threads", type=int, nargs="*", default=[1, 4, 10, 30])
    parser.add_argument("--calls", type=int, default=10)
    options = parser.parse_args()
    classifier = Classifier(load_bundle())
    drawn = [draw_lesion((MELANOMA_LIKE, NEVUS_LIKE)[seed % 2], seed=seed).image for seed in range(12)]
    photos = [frame(image, classifier.compiled.size)[0][None] for image in drawn]
    known = [classifier.compiled.run(photo).logits[0] for photo in photos]
    for size in range(1, LARGEST_BATCH + 1):
        classifier.compiled.run(np.repeat(photos[0], size, axis=0))  # TensorFlow prepares each size once
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    print(
        "| threads | way | photos a second | median, ms | worst, ms | growth, MB |\n|---|---|---|---|---|---|"
    )
    for threads in options.threads:
        for name, ask in ways(classifier.compiled).items():
            print(f"| {threads} | {name} | {measure(ask, photos, known, threads, options.calls)} |")


if __name__ == "__main__":
    main()
