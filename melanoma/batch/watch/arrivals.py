"""New files in a folder, each once, and only after it has been copied completely."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from melanoma.batch.sources import is_photo

Stamp = tuple[int, int]
"""Size in bytes and time of the last change (ns): a file with another stamp is another photo."""
RETRY_FACTOR = 10
"""An unreadable file is tried again after this many times `still`, before it counts as an error: a copy
may stall."""


@dataclass
class _Waiting:
    stamp: Stamp
    since: float
    unreadable: bool = False


class Arrivals:
    """Says which files are ready to be read. Times are given by the caller, in seconds."""

    def __init__(self, done: Iterable[tuple[Path, Stamp]], still: float) -> None:
        """Skip the files that are `done`; a file counts as copied when it has not changed for `still`."""
        self._done = dict(done)
        self._still = still
        self._waiting: dict[Path, _Waiting] = {}

    def update(self, path: Path, now: float) -> None:
        """Register a file that is new or has changed, if it is a photo."""
        stamp = _stamp(path)
        if stamp is None or stamp == self._done.get(path) or not is_photo(path):
            self._waiting.pop(path, None)
        elif path not in self._waiting or self._waiting[path].stamp != stamp:
            self._waiting[path] = _Waiting(stamp, now)

    def ready(self, now: float) -> list[tuple[Path, Stamp]]:
        """Return the files that have not changed for long enough, the longest first."""
        for path in list(self._waiting):
            self.update(path, now)  # a network drive may not report changes
        found = [
            (waiting.since, path, waiting.stamp)
            for path, waiting in self._waiting.items()
            if now - waiting.since >= self._still * (RETRY_FACTOR if waiting.unreadable else 1)
        ]
        return [(path, stamp) for _, path, stamp in sorted(found)]

    def give_up(self, path: Path) -> bool:
        """Return False the first time that a file could not be read: it becomes ready once more, later."""
        waiting = self._waiting[path]
        first, waiting.unreadable = not waiting.unreadable, True
        return not first

    def done(self, path: Path, stamp: Stamp) -> None:
        """Mark a file as done; it is registered again if it changes."""
        self._done[path] = stamp
        self._waiting.pop(path, None)


def _stamp(path: Path) -> Stamp | None:
    try:
        status = path.stat()
    except OSError:
        return None  # deleted meanwhile
    return status.st_size, status.st_mtime_ns
