"""How much freed memory the server's process keeps for itself."""

import ctypes
import sys

MAPPED_FROM = 8 * 1024 * 1024
"""Blocks of so many bytes are mapped each by itself, and given back as soon as they are freed."""
KEPT = 16 * 1024 * 1024
"""Freed bytes at the end of a heap that stay for the next photo."""
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _M_ARENA_MAX = -1, -3, -8  # of glibc's malloc.h


def give_freed_memory_back() -> bool:
    """Fix the settings of glibc's allocator for this process; return whether there is one that took them.

    Left to itself it raises both thresholds with the largest block that was ever freed, and then keeps up to
    64 MB of freed memory in each of its heaps (mallopt(3), “M_MMAP_THRESHOLD”). And it gives threads heaps of
    their own, at whose end freed bytes stay, which malloc_trim(3) passes over: a photo that its visitor had
    taken away was found there. To be called before there are other threads.
    """
    if not sys.platform.startswith("linux"):
        return False
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):  # another C library
        return False
    settings = ((_M_MMAP_THRESHOLD, MAPPED_FROM), (_M_TRIM_THRESHOLD, KEPT), (_M_ARENA_MAX, 1))
    return all(mallopt(*pair) == 1 for pair in settings)
