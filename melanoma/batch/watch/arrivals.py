"""New files in a folder, each once, and only after it has been copied completely."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from melanoma.photos.recognition import is_photo_file

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

    def __init__(
        self,
        done: Iterable[tuple[Path, Stamp]],
        still: float,
        passed_over: Callable[[Path], None] = lambda path: None,
    ) -> None:
        """Skip the files that are `done`; a file counts as copied when it has not changed for `still`.

        `passed_over` is called once with each file that is no photo.
        """
        self._done = dict(done)
        self._tell_passed_over = passed_over
        self._passed_over: dict[Path, Stamp] = {}
        self._others: dict[Path, _Waiting] = {}
        self._still = still
        self._waiting: dict[Path, _Waiting] = {}

    def update(self, path: Path, now: float) -> None:
        """Register a file that is new or has changed, if it is a photo.

        Content decides, so what is no photo is looked at again when it has changed: a copy may just begin.
        """
        stamp = _stamp(path)
        if stamp is None or stamp in (self._done.get(path), self._passed_over.get(path)):
            self._waiting.pop(path, None)
        elif not is_photo_file(path):
            self._waiting.pop(path, None)
            if path not in self._others or self._others[path].stamp != stamp:
                self._others[path] = _Waiting(stamp, now)
        elif path not in self._waiting or self._waiting[path].stamp != stamp:
            self._waiting[path] = _Waiting(stamp, now)

    def ready(self, now: float) -> list[tuple[Path, Stamp]]:
        """Return the files that have not changed for long enough, the longest first."""
        for path in [*self._waiting, *self._others]:
            self.update(path, now)  # a network drive may not report changes
        self._pass_over(now)
        found = [
            (waiting.since, path, waiting.stamp)
            for path, waiting in self._waiting.items()
            if now - waiting.since >= self._still * (RETRY_FACTOR if waiting.unreadable else 1)
        ]
        return [(path, stamp) for _, path, stamp in sorted(found)]

    def _pass_over(self, now: float) -> None:
        """Tell the files that are whole and no photos, each once."""
        for path, other in list(self._others.items()):
            if path in self._waiting or _stamp(path) is None:
                del self._others[path]
            elif now - other.since >= self._still:
                del self._others[path]
                if path not in self._passed_over:
                    self._tell_passed_over(path)
                self._passed_over[path] = other.stamp

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
