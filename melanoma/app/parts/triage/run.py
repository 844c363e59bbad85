"""Makes a worklist in a thread, so that the page stays usable; it stops when the visitor's session ends."""

import threading
import time
import weakref
from typing import TYPE_CHECKING

from melanoma.app.parts.shared.work_queue import WorkQueue
from melanoma.app.parts.triage.kept_files import KeptFiles
from melanoma.batch.source import Source
from melanoma.batch.triage import Entry, judge, ranked
from melanoma.model.bundle import Bundle
from melanoma.photos.sandbox import DecoderPool

if TYPE_CHECKING:
    from melanoma.model.classifier import Classifier

_QUEUE = WorkQueue()
"""One list at a time on this server: two would each take twice as long, and so would all other visitors."""


class _SharedState:
    """State shared by thread and page. Held by the thread, the `TriageRun` would never be collected."""

    def __init__(self, sources: list[Source]) -> None:
        self.total = len(sources)
        self.files = KeptFiles(sources)
        self.entries: list[Entry] = []
        self.stop = threading.Event()
        self.began: float | None = None
        self.ended: float | None = None
        self.failed = False


class TriageRun:
    """One visitor's list. When the visitor's session ends, the work ends with it."""

    def __init__(self, classifier: "Classifier", sources: list[Source], brought: bool = True) -> None:
        """Start the thread, which waits for this list's turn. `brought` is False for our examples."""
        self.bundle: Bundle = classifier.bundle
        self.brought = brought
        self._state = _SharedState(sources)
        weakref.finalize(self, self._state.stop.set)
        threading.Thread(
            target=_judge_in_thread, args=(self._state, classifier, sources), daemon=True
        ).start()

    def stop(self) -> None:
        """Stop after the photos that are being opened and judged; what is done is kept."""
        self._state.stop.set()

    @property
    def total(self) -> int:
        """How many photos were given."""
        return self._state.total

    @property
    def done(self) -> int:
        """How many have an entry."""
        return len(self._state.entries)

    @property
    def running(self) -> bool:
        """True until all photos are judged, or the work was stopped or has failed."""
        return self._state.ended is None

    @property
    def failed(self) -> bool:
        """True if a defect ended the work; the server's log has it."""
        return self._state.failed

    @property
    def lists_ahead(self) -> int:
        """How many lists are ahead in the queue."""
        return _QUEUE.ahead_of(self._state)

    @property
    def seconds(self) -> float:
        """How long the work has taken, without waiting."""
        if self._state.began is None:
            return 0.0
        return (self._state.ended or time.monotonic()) - self._state.began

    @property
    def seconds_left(self) -> float | None:
        """About how long it will take still; None before the first photos are done."""
        if not self.done or not self.running:
            return None
        return self.seconds / self.done * (self.total - self.done)

    def file_of(self, entry: Entry) -> bytes | None:
        """Return the file that an entry is of, or None if it was not kept."""
        return self._state.files.get(entry.name)

    def entries(self) -> list[Entry]:
        """Return the worklist so far."""
        return ranked(list(self._state.entries))


def _judge_in_thread(state: _SharedState, classifier: "Classifier", sources: list[Source]) -> None:
    try:
        with _QUEUE.turn(state, state.stop.is_set) as is_turn:
            if is_turn:
                state.began = time.monotonic()
                with DecoderPool() as decoders:
                    read = map(state.files.remembering, sources)
                    for entry in judge(classifier, read, state.stop.is_set, decoder=decoders):
                        state.entries.append(entry)
                        state.files.drop_beyond(state.entries)
    except BaseException:
        state.failed = True
        raise  # threading.excepthook writes it to the server's log
    finally:
        state.ended = time.monotonic()
