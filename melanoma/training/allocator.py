"""Lets the C library keep freed memory, which a training step asks for again at once."""

import os
import sys

_SETTINGS = {"MALLOC_MMAP_THRESHOLD_": str(8 << 30), "MALLOC_TRIM_THRESHOLD_": str(8 << 30)}
"""For glibc (man 3 mallopt). With its own choice up to half of a step's processor time was the kernel's,
which gave the batch's memory back and forth."""


def keep_memory() -> None:
    """Begin the process again with these settings, which count only from its start; does so once.

    Does nothing on other systems than Linux. A setting that is there already stays.
    """
    if sys.platform == "linux" and not set(_SETTINGS) <= set(os.environ):
        os.execve(sys.executable, sys.orig_argv, _SETTINGS | os.environ)
