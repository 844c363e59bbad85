"""How much freed memory the server's process keeps for itself."""

import ctypes
import sys

MAPPED_FROM = 8 * 1024 * 1024
"""Blocks of so many bytes are mapped each by itself, and given back as soon as they are freed."""
KEPT = 16 * 1024 * 1024
"""Freed bytes at the end of a heap that stay for the next photo."""
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3  # of glibc's malloc.h


def give_freed_memory_back() -> bool:
    """Fix the thresholds of glibc's allocator for this process; return whether there is one that took them.

    Left to itself it raises both with the largest block that was ever freed, and then keeps up to 64 MB of
    freed memory in each of its heaps (mallopt(3), “M_MMAP_THRESHOLD”).
    """
    if not sys.platform.startswith("linux"):
        return False
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):  # another C library
        return False
    return all(mallopt(*pair) == 1 for pair in ((_M_MMAP_THRESHOLD, MAPPED_FROM), (_M_TRIM_THRESHOLD, KEPT)))
