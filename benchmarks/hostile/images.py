"""Decodes thousands of damaged and hostile photos: each must be read, or end in a UserError.

python -m benchmarks.hostile.images                                     100,000 files
python -m benchmarks.hostile.images --files 1000000 --log runs/hostile.jsonl

A finding is an exception that is no UserError, a result of another form, a call over 2 s of processor time,
a growth of the process over 300 MB, or a process that dies. Each file comes of its number alone, so a finding
is made again by `benchmarks.hostile.mutations.mutated(original_files(), number)`. The same command goes on
after a kill. Exits with status 1 if there are findings. Needs Linux, whose kernel tells how a process grew.
"""

import argparse
import json
import multiprocessing
import os
import sys
import time
from dataclasses import asdict, dataclass, field
from multiprocessing.sharedctypes import Synchronized
from pathlib import Path

import numpy as np

from benchmarks.hostile.mutations import mutated
from benchmarks.hostile.originals import original_files
from benchmarks.memory import megabytes, restart_peak
from melanoma.errors import UserError
from melanoma.photos.reading import read_image

MOST_SECONDS = 2.0
MOST_GROWTH = 300  # MB
_PORTION = 1000  # files between two lines of the log
_STUCK = 20.0  # seconds for one file, after which its process is ended


@dataclass
class State:
    """The progress of a run, as in the last line of its log."""

    done: int = 0
    read: int = 0
    refused: int = 0
    slowest_seconds: float = 0.0
    largest_growth_mb: float = 0.0
    findings: list[dict[str, object]] = field(default_factory=list)


def judge(content: bytes) -> tuple[str, float, float]:
    """Return the outcome of one file (`read`, `refused` or the finding), the seconds, the growth in MB."""
    restart_peak()
    before, began = megabytes("VmRSS"), time.process_time()
    try:
        pixels = read_image(content, "file")
        sound = pixels.dtype == np.uint8 and pixels.ndim == 3 and pixels.shape[2] == 3
        outcome = "read" if sound else f"a result of {pixels.dtype} {pixels.shape}"
    except UserError:
        outcome = "refused"
    except Exception as error:
        outcome = f"{type(error).__name__}: {error}"
    seconds, growth = time.process_time() - began, megabytes("VmHWM") - before
    if seconds > MOST_SECONDS:
        outcome = f"took {seconds:.1f} s"
    elif growth > MOST_GROWTH:
        outcome = f"grew by {growth:.0f} MB"
    return outcome, seconds, growth


def work(state: State, until: int, log: Path, at: "Synchronized[int]") -> None:
    """Judge the files up to the number `until`; `at` is the current one."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # decoders' own messages
    files = original_files()
    for number in range(state.done, until):
        at.value = number
        name, content = mutated(files, number)
        outcome, seconds, growth = judge(content)
        if outcome in ("read", "refused"):
            setattr(state, outcome, getattr(state, outcome) + 1)
        else:
            state.findings.append({"number": number, "original": name, "what": outcome})
        state.slowest_seconds = max(state.slowest_seconds, round(seconds, 3))
        state.largest_growth_mb = max(state.largest_growth_mb, round(growth, 1))
        state.done = number + 1
        if state.done % _PORTION == 0 or state.done == until:
            note(state, log)


def run(until: int, log: Path) -> State:
    """Judge all files in a process of its own, and in another after each file that ended one."""
    process_of = multiprocessing.get_context("spawn")
    at = process_of.Value("q", -1)
    while (state := known(log)).done < until:
        worker = process_of.Process(target=work, args=(state, until, log, at))
        worker.start()
        number, since = -1, time.monotonic()
        while worker.is_alive():
            worker.join(0.5)
            if at.value != number:
                number, since = at.value, time.monotonic()
            elif time.monotonic() - since > _STUCK:
                worker.kill()
        if worker.exitcode != 0:
            ended, state = at.value, known(log)
            if ended > state.done:  # judged, and not yet in the log: once more, up to the one that ended it
                again = process_of.Process(target=work, args=(state, ended, log, at))
                again.start()
                again.join()
                state = known(log)
            what = f"ended the process ({worker.exitcode})"
            state.findings.append({"number": ended, "original": "", "what": what})
            state.done = ended + 1
            note(state, log)
    return state


def known(log: Path) -> State:
    """Return the progress from the log, whose last line may be incomplete."""
    lines = log.read_text(encoding="utf-8").splitlines() if log.is_file() else []
    for line in reversed(lines):
        try:
            return State(**json.loads(line))
        except json.JSONDecodeError:
            continue
    return State()


def note(state: State, log: Path) -> None:
    """Append the progress to the log."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("a", encoding="utf-8") as stream:
        stream.write(json.dumps(asdict(state)) + "\n")


def main() -> None:
    """Run, and print the results."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--files", type=int, default=100_000)
    parser.add_argument("--log", type=Path, default=Path("runs/hostile.jsonl"))
    options = parser.parse_args()
    state = run(options.files, options.log)
    print(
        f"{state.done:,} files: {state.read:,} read, {state.refused:,} refused, "
        f"{len(state.findings)} findings; slowest {state.slowest_seconds:.2f} s, "
        f"largest growth {state.largest_growth_mb:.0f} MB"
    )
    for finding in state.findings:
        print(json.dumps(finding))
    sys.exit(1 if state.findings else 0)


if __name__ == "__main__":
    main()
