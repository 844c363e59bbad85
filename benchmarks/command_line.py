"""What the command line costs, as ratios to the bare import of TensorFlow and Keras.

python -m benchmarks.command_line
python -m benchmarks.command_line --rounds 15 --also ../earlier     beside another checkout of this project

Each round runs every command once, in another order each time, in a process of its own, beside one bare
import; a ratio is taken within its round, so that other work on the machine weighs on both. Seconds by the
clock, seconds of the processor, and the largest memory that a process had resident. Exits with 1 where
`TARGETS` are missed, by processor time or memory.
"""

import argparse
import os
import random
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from melanoma.edits.drawn_lesions import MELANOMA_LIKE, draw_lesion

ROOT = Path(__file__).parents[1]
BARE = "bare import"
TARGETS = {"predict of one photo": 0.3, "--help": 0.08}
"""Shares of the bare import, at most."""


@dataclass(frozen=True)
class Cost:
    """What one process took."""

    clock: float
    """Seconds."""
    processor: float
    """Seconds, user and system."""
    memory: float
    """MB, the largest that was resident."""


LAUNCH = """
import os, sys, time
began = time.perf_counter()
nowhere = os.open(os.devnull, os.O_WRONLY)
files = [(os.POSIX_SPAWN_DUP2, nowhere, 1), (os.POSIX_SPAWN_DUP2, nowhere, 2)]
process = os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ, file_actions=files)
_, status, used = os.wait4(process, 0)
took = time.perf_counter() - began
print(os.waitstatus_to_exitcode(status), took, used.ru_utime + used.ru_stime, used.ru_maxrss)
"""
"""Runs a command from a small process: Linux counts the memory of whoever starts a process as its own."""


def cost_of(command: list[str], folder: Path) -> Cost:
    """Run a command in a folder; raises RuntimeError if it fails."""
    launched = subprocess.run(
        [sys.executable, "-c", LAUNCH, *command],
        cwd=folder,
        capture_output=True,
        text=True,
        env=os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3"},
        check=True,
    )
    status, clock, processor, kilobytes = map(float, launched.stdout.split())
    if status:
        raise RuntimeError(f"{' '.join(command)} ended with {status:.0f}")
    return Cost(clock, processor, kilobytes / 1024)


def commands(photo: Path, also: Path | None) -> dict[str, tuple[list[str], Path]]:
    """Return each command with the folder that it runs in, by its name."""
    found = {BARE: ([sys.executable, "-c", "import tensorflow, keras"], ROOT)}
    for folder, named in ((ROOT, "{}"), (also, "{}, the other checkout")):
        if folder is not None:
            melanoma = [sys.executable, "-m", "melanoma"]
            found[named.format("predict of one photo")] = [*melanoma, "predict", str(photo)], folder
            found[named.format("--help")] = [*melanoma, "--help"], folder
    return found


def ratios(costs: dict[str, list[Cost]], name: str, what: str) -> np.ndarray:
    """Return lower quartile, median and upper quartile of the ratios to the bare import."""
    pairs = zip(costs[name], costs[BARE], strict=True)
    return np.quantile([getattr(one, what) / getattr(bare, what) for one, bare in pairs], (0.25, 0.5, 0.75))


def main() -> None:
    """Measure, and print a row for each command."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=11)
    parser.add_argument("--also", type=Path, help="another checkout, measured in the same rounds")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        photo = Path(folder) / "drawn.jpg"
        cv2.imwrite(str(photo), draw_lesion(MELANOMA_LIKE, 450, 600, 5).image[:, :, ::-1])
        wanted = commands(photo, options.also)
        costs: dict[str, list[Cost]] = {name: [] for name in wanted}
        for command, place in wanted.values():  # compiled and in the file cache
            cost_of(command, place)
        order, rng = list(wanted), random.Random(0)
        for _ in range(options.rounds):
            rng.shuffle(order)
            for name in order:
                costs[name].append(cost_of(*wanted[name]))
    print(
        f"{options.rounds} rounds, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}; median (quartiles)"
    )
    print("| command | clock | processor | memory | clock, s | processor, s | memory, MB |")
    print("|---|---|---|---|---|---|---|")
    missed = False
    for name in wanted:
        cells = []
        for what in ("clock", "processor", "memory"):
            low, middle, high = ratios(costs, name, what)
            cells.append(f"{middle:.3f} ({low:.3f} to {high:.3f})")
            missed |= what != "clock" and middle > TARGETS.get(name, np.inf)
        cells += [
            f"{np.median([getattr(one, what) for one in costs[name]]):.2f}" for what in ("clock", "processor")
        ]
        cells.append(f"{np.median([one.memory for one in costs[name]]):.0f}")
        print(f"| {name} | {' | '.join(cells)} |")
    sys.exit(missed)


if __name__ == "__main__":
    main()
