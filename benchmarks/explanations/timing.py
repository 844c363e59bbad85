"""Timing and memory that every peer of the comparison reports alike. Imports NumPy alone."""

import json
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

SECONDS = 3.0  # a task is repeated for this long at least
LEAST = 5  # and this often at least


def milliseconds(task: Callable[[], object]) -> dict[str, float]:
    """Return median and quartiles of a task's time after two runs that do not count."""
    for _ in range(2):
        task()
    spent: list[float] = []
    begun = time.perf_counter()
    while len(spent) < LEAST or time.perf_counter() - begun < SECONDS:
        start = time.perf_counter()
        task()
        spent.append(1000 * (time.perf_counter() - start))
    low, middle, high = np.quantile(spent, [0.25, 0.5, 0.75])
    return {"median_ms": float(middle), "low_ms": float(low), "high_ms": float(high), "runs": len(spent)}


def peak_megabytes() -> float:
    """Return the most memory that this process has held so far (resident, MB).

    On Linux from the kernel's own mark: `getrusage` also counts what the parent held when it forked.
    """
    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text(encoding="ascii").splitlines() if "VmHWM" in line)
        return int(line.split()[1]) / 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1024 * 1024 if sys.platform == "darwin" else 1024)


def measured(tasks: dict[str, Callable[[], object]]) -> dict[str, dict[str, float]]:
    """Return time and peak memory of each task, run in this order, so a later peak includes earlier ones."""
    found = {}
    for name, task in tasks.items():
        found[name] = milliseconds(task) | {"peak_mb": peak_megabytes()}
    return found


def serve(tasks: dict[str, Callable[[], object]]) -> None:
    """Answer each line of standard input, a number of runs and a task's name, until there are no more.

    An answer is a line of JSON: the mean seconds of a run, by the clock and of the processor. What a task
    does first (tracing, caches) is left out.
    """
    warm = set()
    for line in sys.stdin:
        runs, name = line.strip().split(" ", 1)
        if name not in warm:
            tasks[name]()
            warm.add(name)
        clock, processor = time.perf_counter(), time.process_time()
        for _ in range(int(runs)):
            tasks[name]()
        spent = time.perf_counter() - clock, time.process_time() - processor
        print(json.dumps({"clock": spent[0] / int(runs), "processor": spent[1] / int(runs)}), flush=True)


def report(results: dict) -> None:
    """Print results as the last line of a peer's output."""
    print(json.dumps(results))
