"""Score many generated images on one machine and on a two-node cluster, kill both in the middle, and compare.

python -m benchmarks.scale                    20,000 images, 1% of them damaged
python -m benchmarks.scale --images 2000

Each engine is killed (SIGKILL) when about two fifths of the rows are on disk, and run again with the same
command; on the cluster a worker is killed as well. Both files must hold one row an image, the same ones, with
probabilities equal to 1e-5. Exit status 1 if they do not. The cluster is two Ray nodes of one core each.
"""

import argparse
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import cv2
import numpy as np
import pandas as pd

from melanoma.edits.drawn_lesions import MELANOMA_LIKE, NEVUS_LIKE, draw_lesion
from melanoma.photos.encoding import as_jpeg

DRAWINGS = (
    24  # drawn; the others are turned, flipped, lightened copies, since drawing takes longer than judging
)
DAMAGED = 100  # one image in so many
FOLDER_SIZE = 5000


def make_images(folder: Path, count: int, damaged: int = DAMAGED, width: int = 600) -> None:
    """Write `count` JPEG files of 4 to 3, no two alike; one in `damaged` (0: none) is of no use.

    Other widths than 600 pixels are the same drawings, enlarged or reduced.
    """
    drawn = [
        draw_lesion((MELANOMA_LIKE, NEVUS_LIKE)[seed % 2], 450, 600, seed).image for seed in range(DRAWINGS)
    ]
    if width != 600:
        drawn = [
            cv2.resize(picture, (width, width * 3 // 4), interpolation=cv2.INTER_CUBIC) for picture in drawn
        ]
    for number in range(count):
        rng = np.random.default_rng(number)
        picture = drawn[number % DRAWINGS][:: rng.choice([-1, 1]), :: rng.choice([-1, 1])]
        content = as_jpeg(cv2.convertScaleAbs(picture, alpha=rng.uniform(0.8, 1.1), beta=number % 7), 90)
        if damaged and number % damaged == 0:
            content = (content[: len(content) // 2], b"", b"not a picture")[number // damaged % 3]
        file = folder / f"{number // FOLDER_SIZE:03d}" / f"{number:06d}.jpg"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)


def rows_on_disk(out: Path) -> int:
    """Return how many rows are in the chunks of unfinished results."""
    chunks = out.with_name(f".{out.name}.unfinished").glob("*.parquet")
    return sum(len(pd.read_parquet(chunk, columns=["path"])) for chunk in chunks)


def killed_and_resumed(command: list[str], out: Path, count: int, victim: str | None) -> float:
    """Run a command, kill it half way, run it again; returns the seconds of both runs together.

    Half way to there, one process whose name holds `victim` is killed as well.
    """
    started = time.perf_counter()
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
        while rows_on_disk(out) < 0.4 * count:
            if process.poll() is not None:
                raise SystemExit(f"the first run ended by itself: {' '.join(command)}")
            if victim and rows_on_disk(out) >= 0.2 * count:
                os.kill(_process_called(victim), signal.SIGKILL)
                victim = None
            time.sleep(0.5)
        process.kill()
    kept = rows_on_disk(out)
    ended = subprocess.run(command, stderr=subprocess.PIPE, text=True)
    seconds = time.perf_counter() - started
    print(f"  killed with {kept} rows on disk; then: {ended.stderr.strip().splitlines()[-1]}")
    return seconds


def compared(one: Path, other: Path, count: int) -> list[str]:
    """Return what is wrong: rows missing, doubled or different."""
    tables = [pd.read_parquet(out).sort_values("path", ignore_index=True) for out in (one, other)]
    wrong = [f"{len(table)} rows instead of {count}" for table in tables if len(table) != count]
    wrong += [
        f"{table['path'].duplicated().sum()} rows doubled"
        for table in tables
        if table["path"].duplicated().any()
    ]
    if wrong:
        return wrong
    first, second = tables
    exact = ["path", "diagnosis", "melanoma_alert", "error", "model_version"]
    if not first[exact].equals(second[exact]):
        wrong.append("paths, diagnoses, alerts or errors differ")
    probabilities = [name for name in first if name.startswith("p_")]
    largest = (first[probabilities] - second[probabilities]).abs().max().max()
    print(f"{count} rows each, {int(first['error'].notna().sum())} errors, largest difference {largest:.1e}")
    return wrong + ([f"probabilities differ by {largest}"] if largest > 1e-5 else [])


def main() -> None:
    """Make, score, kill, resume, compare."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--images", type=int, default=20_000)
    options = parser.parse_args()
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    from ray.cluster_utils import Cluster

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_images(folder / "images", options.images)
        predict = [sys.executable, "-m", "melanoma", "predict", str(folder / "images")]
        alone, clustered = folder / "alone.parquet", folder / "clustered.parquet"
        print("one machine")
        seconds = killed_and_resumed([*predict, "--out", str(alone)], alone, options.images, None)
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        print(f"  {seconds:.0f} s with both starts, at most {peak:.0f} MB")
        cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1})
        cluster.add_node(num_cpus=1)
        print("two nodes of one core")
        command = [*predict, "--out", str(clustered), "--engine", "ray", "--address", cluster.address]
        seconds = killed_and_resumed(command, clustered, options.images, "ray::MapWorker")
        print(f"  {seconds:.0f} s with both starts")
        cluster.shutdown()
        wrong = compared(alone, clustered, options.images)
    if wrong:
        sys.exit("\n".join(wrong))


def _process_called(name: str) -> int:
    """Return the id of a process that this one, or one that it started, has started, by its command line."""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if name in (folder / "cmdline").read_bytes().decode(errors="replace") and _is_ours(folder):
                return int(folder.name)
        except OSError:
            continue  # it has just ended
    raise SystemExit(f"no process of ours is called {name}")


def _is_ours(folder: Path) -> bool:
    while folder.name not in ("0", "1"):
        if int(folder.name) == os.getpid():
            return True
        parent = (folder / "status").read_text().partition("PPid:")[2].split()[0]
        folder = folder.with_name(parent)
    return False


if __name__ == "__main__":
    main()
