"""Commands killed at random moments and run again: what they leave is whole, and the end is the same.

python -m benchmarks.random_kills                     triage, audit and train
python -m benchmarks.random_kills train --times 10 --seed 3

Each is run once to its end, then anew and killed so often, each time after a random part of what a whole run
takes, and at last to its end. Exits with status 1 if a killed run leaves half a file under the name that was
asked for, if the last run fails, or if it ends with another result.
"""

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cv2
import h5py
import numpy as np

from benchmarks.browser import ROOT
from melanoma.edits.drawn_lesions import MELANOMA_LIKE, NEVUS_LIKE, draw_lesion

PHOTOS = 24


@dataclass(frozen=True)
class Job:
    """A command, what it makes, and how that is compared."""

    words: list[str]
    again: list[str]
    """What is added to run it again, once a checkpoint is there."""
    out: str
    read: Callable[[Path], object]
    """Return what has to be the same, of the file or folder `out`; raises an exception for half a one."""


def draw_photos(folder: Path, photos: int) -> None:
    """Write drawn lesions of 120 x 90 pixels into the class folders `melanoma` and `nevus`, in turn."""
    for number in range(photos):
        melanoma = number % 2 == 0
        drawn = draw_lesion(MELANOMA_LIKE if melanoma else NEVUS_LIKE, 90, 120, number).image
        file = folder / ("melanoma" if melanoma else "nevus") / f"{number}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(file), drawn[..., ::-1])


def rows_of(file: Path) -> object:
    """Return the lines of a worklist, all with as many cells."""
    lines = file.read_text(encoding="utf-8").splitlines()
    assert len(lines) == PHOTOS + 1 and len({line.count(",") for line in lines}) == 1
    return lines


def report_of(file: Path) -> object:
    """Return the size of a whole report: it holds the time at which it was made."""
    text = file.read_text(encoding="utf-8")
    assert text.rstrip().endswith("</html>")
    return len(text)


def weights_of(folder: Path) -> object:
    """Return the weights of the last checkpoint of a run whose bundle is there."""
    assert (folder / "bundle.json").exists()
    file = folder.parents[1] / "runs" / folder.name / "checkpoint-002.weights.h5"
    found: dict[str, list] = {}
    with h5py.File(file) as stored:
        stored.visititems(
            lambda name, one: (
                found.update({name: np.asarray(one).tolist()}) if hasattr(one, "shape") else None
            )
        )
    return found


def jobs(photos: Path) -> dict[str, Job]:
    """Return the commands by name."""
    melanoma = [sys.executable, "-m", "melanoma"]
    tiny = [sys.executable, str(ROOT / "tests" / "tiny_training.py"), "--recipe", "tiny"]
    return {
        "triage": Job([*melanoma, "triage", str(photos), "--out", "list.csv"], [], "list.csv", rows_of),
        "audit": Job([*melanoma, "audit", "--data", str(photos), "--out", "a.html"], [], "a.html", report_of),
        "train": Job(
            [*tiny, "--data", str(photos), "--backbone-weights", "none", "--out", "models/tried"],
            ["--resume"],
            "models/tried",
            weights_of,
        ),
    }


def run(job: Job, folder: Path, more: list[str], seconds: float | None = None) -> tuple[int, float]:
    """Run a command in a folder, killed with its children after so many seconds; return status and time."""
    surroundings = os.environ | {"PYTHONPATH": str(ROOT), "TF_CPP_MIN_LOG_LEVEL": "3"}
    began = time.monotonic()
    with (folder / "log").open("ab") as log:
        process = subprocess.Popen(
            [*job.words, *more], cwd=folder, env=surroundings, stdout=log, stderr=log, start_new_session=True
        )
        try:
            status = process.wait(seconds)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            status = process.wait()
    return status, time.monotonic() - began


def _to_go_on(job: Job, folder: Path) -> list[str]:
    return job.again if any(folder.glob("runs/*/checkpoint-*")) else []


def trial(name: str, job: Job, times: int, chance: random.Random, base: Path) -> bool:
    """Print what happened, and return whether all was as it must be."""
    whole, killed = base / f"{name}-whole", base / f"{name}-killed"
    whole.mkdir(), killed.mkdir()
    status, seconds = run(job, whole, [])
    assert status == 0, (whole / "log").read_text()
    expected, wrong, moments, ended = job.read(whole / job.out), [], [], 0
    for _ in range(times):
        moments.append(chance.uniform(0.02, 1) * seconds)
        status, _ = run(job, killed, _to_go_on(job, killed), moments[-1])
        ended += status == 0
        if status not in (0, -signal.SIGKILL):
            wrong.append(f"exit status {status} after {moments[-1]:.1f} s")
        if (killed / job.out).exists():
            try:
                wrong += [] if job.read(killed / job.out) == expected else ["another result after a kill"]
            except (AssertionError, OSError, UnicodeDecodeError) as error:
                wrong.append(f"half a {job.out}: {error}")
            if status == 0 and job.again:
                break
            if status == 0:
                (killed / job.out).unlink()
    status, _ = run(job, killed, _to_go_on(job, killed))
    wrong += (
        [] if status == 0 else [f"the last run ended with {status}: {(killed / 'log').read_text()[-500:]}"]
    )
    if status == 0 and job.read(killed / job.out) != expected:
        wrong.append("another result in the end")
    left = sorted(
        one.name for one in killed.iterdir() if one.name not in {"log", *Path(job.out).parts, "runs"}
    )
    wrong += [f"left behind: {', '.join(left)}"] if left else []
    at = ", ".join(f"{moment:.1f}" for moment in moments)
    print(f"{name}: a whole run takes {seconds:.1f} s; killed after {at} s ({ended} had ended), then run")
    print(f"  to the end: {'; '.join(wrong) or 'the same result, nothing half written, nothing left behind'}")
    return not wrong


def main() -> int:
    """Run, and return the exit status."""
    options = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    options.add_argument("names", nargs="*", choices=["triage", "audit", "train", []])
    options.add_argument("--times", type=int, default=6)
    options.add_argument("--seed", type=int, default=0)
    given = options.parse_args()
    chance = random.Random(given.seed)
    with tempfile.TemporaryDirectory(prefix="kills-") as folder:
        base = Path(folder)
        draw_photos(base / "photos", PHOTOS)
        known = jobs(base / "photos")
        held = [
            trial(name, known[name], given.times, chance, base)
            for name in given.names or ("triage", "audit", "train")
        ]
    return int(not all(held))


if __name__ == "__main__":
    sys.exit(main())
