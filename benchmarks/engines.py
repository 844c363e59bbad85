"""LiteRT beside Keras, in one run: by how much the numbers differ, and what a picture costs.

python -m benchmarks.engines
python -m benchmarks.engines --data labels.csv --images images/     on photos rather than drawings

Keras' pass has its weights frozen, as the commands use it for many photos. Both answer the same pictures in
turn, in batches of 16; LiteRT takes one after the other, and once more eight in one pass, for comparison.
"""

import argparse
import os
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
from ai_edge_litert.interpreter import Interpreter

from melanoma.data.labels.read import read_labels
from melanoma.model.bundle import DEFAULT, load_bundle
from melanoma.model.classifier import CompiledNetwork, load_compiled
from melanoma.model.litert_pass import SIGNATURE, threads
from melanoma.training.litert import compare, drawn_pictures, photos_of

BATCH, TOGETHER = 16, 8


def timed(run: Callable[[], object], pictures: int) -> tuple[float, float]:
    """Return milliseconds a picture, by the clock and of the processor."""
    clock, processor = time.perf_counter(), time.process_time()
    run()
    return (time.perf_counter() - clock) / pictures * 1e3, (time.process_time() - processor) / pictures * 1e3


def in_one_pass(content: bytes, pictures: np.ndarray) -> Callable[[], object]:
    """Return what puts `TOGETHER` pictures through a LiteRT file at once, one such batch after the other."""
    runner = Interpreter(model_content=content, num_threads=threads()).get_signature_runner(SIGNATURE)
    starts = range(0, len(pictures) - TOGETHER + 1, TOGETHER)
    return lambda: [runner(pixels=pictures[start : start + TOGETHER]) for start in starts]


def main() -> None:
    """Measure, and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", type=Path, default=DEFAULT)
    parser.add_argument("--data", type=Path, action="append", help="labels of photos; by default drawings")
    parser.add_argument("--images", type=Path, action="append")
    parser.add_argument("--rounds", type=int, default=11)
    options = parser.parse_args()
    bundle = load_bundle(options.model)
    litert = load_compiled(bundle)
    if litert.forward.instead is not None:
        parser.exit(2, f"{litert.forward.instead}\n")
    keras = CompiledNetwork(bundle.load_network(), litert.backbone)
    if options.data:
        table = read_labels(options.data, options.images).table
        pictures = photos_of(table, bundle.image_size, bundle.framing)
    else:
        pictures = drawn_pictures(bundle.image_size)
    print(f"LiteRT differs from Keras {compare(litert.forward, keras.forward, pictures)}")
    keras.freeze()
    some = pictures[:64]
    ways = {
        "Keras": lambda: keras.logits(some, BATCH),
        "LiteRT": lambda: litert.logits(some, BATCH),
        f"LiteRT, {TOGETHER} in one pass": in_one_pass(bundle.load_litert(), some),
    }
    costs: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
    for run in ways.values():
        run()
    for _ in range(options.rounds):
        for name, run in ways.items():
            costs[name].append(timed(run, len(some)))
    print(f"{options.rounds} rounds, {threads()} threads, load {os.getloadavg()[0]:.1f}; median (quartiles)")
    print("| pass | clock, ms | processor, ms | processor, of Keras' |")
    print("|---|---|---|---|")
    for name, found in costs.items():
        clock, processor = np.median(found, axis=0)
        shares = np.array(found)[:, 1] / np.array(costs["Keras"])[:, 1]
        low, middle, high = np.quantile(shares, (0.25, 0.5, 0.75))
        print(f"| {name} | {clock:.1f} | {processor:.1f} | {middle:.2f} ({low:.2f} to {high:.2f}) |")


if __name__ == "__main__":
    main()
