"""How fast a batch is: files judged in a second, beside `model.predict` of the same pictures in memory.

python -m benchmarks.throughput
python -m benchmarks.throughput --files 512 --rounds 7 --batch 8 --batch 16 --batch 32 --batch 64
python -m benchmarks.throughput --files 96 --width 300 --width 600 --width 1200 --width 2400 --width 4800

The files are JPEG of 600 x 450 pixels, or of other widths; judging them takes reading, decoding, framing, the
photo's quality, the network with its evidence maps, and the distance to known photos. `predict` gets them
decoded and framed.
Each round times both, one after the other, so that other work on the machine meets both alike. The
processor's time is that of all threads, and says what is left when nothing else runs.
"""

import argparse
import itertools
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np

from benchmarks.explanations.timing import peak_megabytes
from benchmarks.scale import make_images
from melanoma.batch import predicting
from melanoma.batch.heatmaps import BatchOptions, predict_files_with_heatmaps
from melanoma.batch.sources import list_sources
from melanoma.model.bundle import load_bundle
from melanoma.model.classifier import Classifier
from melanoma.photos.framing import frame
from melanoma.photos.reading import read_image


def spent(task: Callable[[], object], count: int) -> tuple[float, float]:
    """Return wall and processor milliseconds an image."""
    wall, processor = time.perf_counter(), time.process_time()
    task()
    return (
        1000 * (time.perf_counter() - wall) / count,
        1000 * (time.process_time() - processor) / count,
    )


def main() -> None:
    """Measure, and print a line for each batch size."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--files", type=int, default=256)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--batch", type=int, action="append", help="photos in one pass; may be given again")
    parser.add_argument("--width", type=int, action="append", help="of the photos; may be given again")
    options = parser.parse_args()
    classifier = Classifier(load_bundle(), for_many=True)
    network = classifier.bundle.load_network()
    for width, batch in itertools.product(options.width or [600], options.batch or [predicting.BATCH]):
        predicting.BATCH = batch
        with tempfile.TemporaryDirectory() as folder:
            make_images(Path(folder), options.files, damaged=0, width=width)
            measure(classifier, network, Path(folder), batch, options.rounds, f"{width} x {width * 3 // 4}")


def measure(
    classifier: Classifier, network: keras.Model, folder: Path, batch: int, rounds: int, size: str
) -> None:
    """Print how fast the files of a folder are judged, beside the network alone."""
    sources = list(list_sources([folder]))
    photos = np.stack([frame(read_image(source.read()), network.input_shape[1])[0] for source in sources])
    tasks = (
        lambda: network.predict(photos, batch_size=batch, verbose=0),
        lambda: sum(1 for _ in predict_files_with_heatmaps(classifier, sources, BatchOptions())),
    )
    for task in tasks:
        task()
    times = np.array([[spent(task, len(sources)) for task in tasks] for _ in range(rounds)])
    bare, judged = np.median(times, axis=0)
    ratios = np.quantile(times[:, 0] / times[:, 1], [0.25, 0.5, 0.75], axis=0)
    print(
        f"{size}, batches of {batch}, {os.cpu_count()} cores: bare {1000 / bare[0]:.1f}/s, files "
        f"{1000 / judged[0]:.1f}/s, {ratios[1, 0]:.2f} times (quartiles {ratios[0, 0]:.2f} to "
        f"{ratios[2, 0]:.2f}); processor {bare[1]:.1f} and {judged[1]:.1f} ms an image, "
        f"{ratios[1, 1]:.2f} times; peak {peak_megabytes():.0f} MB",
        flush=True,
    )


if __name__ == "__main__":
    main()
