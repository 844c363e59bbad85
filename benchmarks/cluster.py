"""How the rate on a cluster grows with its workers, and how many results the driver can write.

python -m benchmarks.cluster
python -m benchmarks.cluster --images 512 --workers 1 --workers 2

The cluster is on this machine, with one core a worker, so the number of workers should not exceed the
machine's cores. The rate is that after the first result; the start is printed separately. What the driver
does with a result (unpickle, write in chunks and then as Parquet) is timed alone; it limits any cluster.
"""

import argparse
import itertools
import os
import pickle
import tempfile
import time
from pathlib import Path

from benchmarks.scale import make_images
from melanoma.batch.cluster.predicting import predict_on_cluster
from melanoma.batch.heatmaps import BatchOptions, PhotoResult
from melanoma.batch.results import Results
from melanoma.batch.rows import schema_of
from melanoma.batch.sources import list_sources
from melanoma.model.bundle import Bundle, load_bundle

TAKEN = 20_000  # results that the driver is timed with


def rate(bundle: Bundle, folder: Path, workers: int) -> tuple[list[PhotoResult], float, float]:
    """Return the answers, the seconds until the first one, and the answers a second after it."""
    from ray.cluster_utils import Cluster

    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": workers})
    begun = time.perf_counter()
    answers: list[PhotoResult] = []
    first = 0.0
    for found in predict_on_cluster(bundle, list_sources([folder]), BatchOptions(), cluster.address, workers):
        first = first or time.perf_counter()
        answers += found
    ended = time.perf_counter()
    cluster.shutdown()
    return answers, first - begun, (len(answers) - 1) / (ended - first)


def taken(bundle: Bundle, answers: list[PhotoResult], out: Path) -> float:
    """Return how many answers a second can be unpacked and written."""
    packed = [pickle.dumps([answer]) for answer in answers]
    begun = time.perf_counter()
    results = Results(out, schema_of(bundle), {})
    for content in itertools.islice(itertools.cycle(packed), TAKEN):
        results.add([answer.row for answer in pickle.loads(content)])
    results.finish()
    return TAKEN / (time.perf_counter() - begun)


def main() -> None:
    """Measure, and print a line each."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--images", type=int, default=512)
    parser.add_argument("--workers", type=int, action="append")
    options = parser.parse_args()
    bundle = load_bundle()
    with tempfile.TemporaryDirectory() as name:
        images = Path(name) / "images"
        make_images(images, options.images, damaged=0)
        for workers in options.workers or [1, 2]:
            answers, start, found = rate(bundle, images, workers)
            load = os.getloadavg()[0]
            print(
                f"{workers} workers: {found:.1f} images/s after a start of {start:.0f} s; load {load:.0f}",
                flush=True,
            )
        print(
            f"the machine that asks takes {taken(bundle, answers, Path(name) / 'out.parquet'):.0f} answers/s"
        )


if __name__ == "__main__":
    main()
