"""What a command costs: seconds by the clock and of the processor, and its largest memory."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

BARE = [sys.executable, "-c", "import tensorflow, keras"]


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
