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


THREAD = """
import ctypes, threading
import numpy as np
from melanoma.app.freed_memory import give_freed_memory_back

assert give_freed_memory_back()
MARK = np.random.default_rng(1).integers(0, 256, 64, np.uint8)

def held():
    found = 0
    regions = open("/proc/self/maps").read().splitlines()
    with open("/proc/self/mem", "rb", buffering=0) as memory:
        for region in regions:
            places, rights = region.split()[:2]
            start, end = (int(place, 16) for place in places.split("-"))
            if rights.startswith("rw") and "[stack]" not in region and "[vvar]" not in region:
                memory.seek(start)
                found += (memory.read(end - start) or b"").count(MARK.tobytes() + MARK.tobytes())
    return found

def visit():
    global photo
    photo = np.tile(MARK, 90_000)  # 5.8 MB: below what is mapped by itself

one = threading.Thread(target=visit)
one.start()
one.join()
before = held()
del photo
ctypes.CDLL(None).malloc_trim(0)
print(before > 1000, held())
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="of glibc")
def test_what_a_thread_has_freed_is_gone_after_a_trim():
    """In a heap of its own it would stay: malloc_trim passes over the end of such a heap."""
    words = [sys.executable, "-c", THREAD]
    printed = subprocess.run(words, check=True, capture_output=True, text=True).stdout.split()
    assert printed[0] == "True" and int(printed[1]) <= 1
