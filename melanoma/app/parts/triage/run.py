"""A worklist in the making: a thread of its own, so that the page stays usable, and ends with its visitor."""

import threading
import time
import weakref
from typing import TYPE_CHECKING

from melanoma.app.parts.shared.work_queue import WorkQueue
from melanoma.batch.source import Source
from melanoma.batch.triage import Entry, judge, ranked
from melanoma.model.bundle import Bundle

if TYPE_CHECKING:
    from melanoma.model.classifier import Classifier

_TURNS = WorkQueue()
"""One list at a time on this server: two would each take twice as long, and so would all other visitors."""


class _Work:
    """What the thread and the page share. If the thread held the `Run`, that would never be dropped."""

    def __init__(self, total: int) -> None:
        self.total = total
        self.entries: list[Entry] = []
        self.stop = threading.Event()
        self.began: float | None = None
        self.ended: float | None = None
        self.failed = False


class Run:
    """One visitor's list. When the visitor's session ends, the work ends with it."""

    def __init__(self, classifier: "Classifier", sources: list[Source]) -> None:
        """Begin at once, or when it is this list's turn."""
        self.bundle: Bundle = classifier.bundle
        self._work = _Work(len(sources))
        weakref.finalize(self, self._work.stop.set)
        threading.Thread(target=_work_through, args=(self._work, classifier, sources), daemon=True).start()

    def stop(self) -> None:
        """End the work after the photos that are being judged; what is done stays."""
        self._work.stop.set()

    @property
    def total(self) -> int:
        """How many photos were given."""
        return self._work.total

    @property
    def done(self) -> int:
        """How many have an entry."""
        return len(self._work.entries)

    @property
    def running(self) -> bool:
        """True until all photos are judged, or the work was stopped or has failed."""
        return self._work.ended is None

    @property
    def failed(self) -> bool:
        """True if a defect ended the work; the server's log has it."""
        return self._work.failed

    @property
    def before(self) -> int:
        """How many other lists come first."""
        return _TURNS.before(self._work)

    @property
    def seconds(self) -> float:
        """How long the work has taken, without waiting."""
        if self._work.began is None:
            return 0.0
        return (self._work.ended or time.monotonic()) - self._work.began

    @property
    def seconds_left(self) -> float | None:
        """About how long it will take still; None before the first photos are done."""
        if not self.done or not self.running:
            return None
        return self.seconds / self.done * (self.total - self.done)

    def entries(self) -> list[Entry]:
        """Return the worklist so far."""
        return ranked(list(self._work.entries))


def _work_through(work: _Work, classifier: "Classifier", sources: list[Source]) -> None:
    try:
        with _TURNS.turn(work, work.stop.is_set) as ours:
            if ours:
                work.began = time.monotonic()
                for entry in judge(classifier, sources, work.stop.is_set):
                    work.entries.append(entry)
    except BaseException:
        work.failed = True
        raise  # the thread's hook writes it to the server's log
    finally:
        work.ended = time.monotonic()
