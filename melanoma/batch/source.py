"""A photo file that is read later: the type that all sources of a batch share."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Source:
    """One photo file that has not been read yet."""

    name: str
    """As its owner calls it; for display, not a path to open."""
    read: Callable[[], bytes]
    """Returns the file's content; raises UserError where it cannot be read or is not accepted."""
    stamp: str = ""
    """What changes when the file does, such as size and time; empty where nothing is known."""


def in_memory(name: str, content: bytes) -> Source:
    """Return a source for a file that is already in memory."""
    return Source(name, lambda: content)
