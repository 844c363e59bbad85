"""New files in a folder, each once, and only when nobody is writing them any more."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from melanoma.batch.sources import is_photo

Stamp = tuple[int, int]
"""Bytes and time of the last change (ns): a file with another stamp is another photo."""
PATIENCE = 10
"""A file that cannot be read must lie still this many times longer before that is said: a copy may stall."""


@dataclass
class _Waiting:
    stamp: Stamp
    since: float
    unreadable: bool = False


class Arrivals:
    """Says which files to judge. Time is the caller's, in seconds."""

    def __init__(self, judged: Iterable[tuple[Path, Stamp]], still: float) -> None:
        """Leave out what was judged before; a file counts as copied when it has not changed for `still`."""
        self._judged = dict(judged)
        self._still = still
        self._waiting: dict[Path, _Waiting] = {}

    def look(self, path: Path, now: float) -> None:
        """Take note of a file that is new or has changed, if it is a photo."""
        stamp = _stamp(path)
        if stamp is None or stamp == self._judged.get(path) or not is_photo(path):
            self._waiting.pop(path, None)
        elif path not in self._waiting or self._waiting[path].stamp != stamp:
            self._waiting[path] = _Waiting(stamp, now)

    def ready(self, now: float) -> list[tuple[Path, Stamp]]:
        """Return the files that have lain still long enough, the longest first."""
        for path in list(self._waiting):
            self.look(path, now)  # a network drive may not tell of changes
        found = [
            (waiting.since, path, waiting.stamp)
            for path, waiting in self._waiting.items()
            if now - waiting.since >= self._still * (PATIENCE if waiting.unreadable else 1)
        ]
        return [(path, stamp) for _, path, stamp in sorted(found)]

    def is_final(self, path: Path) -> bool:
        """Return False the first time that a file could not be read: it is looked at again, later."""
        waiting = self._waiting[path]
        first, waiting.unreadable = not waiting.unreadable, True
        return not first

    def done(self, path: Path, stamp: Stamp) -> None:
        """Take a file off the list; it comes back if it changes."""
        self._judged[path] = stamp
        self._waiting.pop(path, None)


def _stamp(path: Path) -> Stamp | None:
    try:
        found = path.stat()
    except OSError:
        return None  # gone again
    return found.st_size, found.st_mtime_ns
