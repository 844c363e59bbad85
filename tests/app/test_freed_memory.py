"""Freed memory goes back to the system, however large a block was freed before."""

import subprocess
import sys

import pytest

from melanoma.app.freed_memory import KEPT, MAPPED_FROM

SCRIPT = """
import sys
import numpy as np
from melanoma.app.freed_memory import give_freed_memory_back

def resident():
    return int(open("/proc/self/statm").read().split()[1]) * 4096

if sys.argv[1] == "fixed":
    assert give_freed_memory_back()
np.ones(30_000_000, np.uint8)  # from here on glibc would map only larger blocks
before = resident()
held = [np.ones(1_000_000, np.uint8) for _ in range(50)]
del held
print(resident() - before)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="of glibc")
@pytest.mark.parametrize("kind", ["fixed", "left to itself"])
def test_what_fifty_blocks_leave_behind(kind):
    words = [sys.executable, "-c", SCRIPT, kind]
    left = int(subprocess.run(words, check=True, capture_output=True, text=True).stdout)
    if kind == "fixed":
        assert left <= KEPT + MAPPED_FROM
    else:
        assert left > 45_000_000, "then the test tells nothing, and neither does the module"
