"""One photo file that has not been read yet."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Source:
    """One photo file that has not been read yet."""

    name: str
    """As its owner calls it; shown, never opened."""
    read: Callable[[], bytes]
    """Returns the file's content; raises UserError where that is refused or fails."""


def in_memory(name: str, content: bytes) -> Source:
    """Return a source for a file that is already in memory."""
    return Source(name, lambda: content)
