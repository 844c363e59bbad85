"""A call that stops at its pause points, so that its process can do something else in between."""

import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import Generic, TypeVar

from melanoma.pause_points import listening

T = TypeVar("T")


class _Dropped(BaseException):
    """Ends a call that nobody waits for: raised at the pause point where it stands."""


class SteppedCall(Generic[T]):
    """A function's call in a thread of its own, which runs only while `advance` waits for it."""

    def __init__(self, function: Callable[[], T], step_seconds: float = 0.0) -> None:
        """Start nothing yet. A step ends at the first pause point after `step_seconds`."""
        self._function, self._step_seconds, self._since = function, step_seconds, 0.0
        self._result: Future[T] = Future()
        self._shares: queue.SimpleQueue[float | None] = queue.SimpleQueue()
        self._goes_on: queue.SimpleQueue[bool] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def advance(self) -> float | None:
        """Compute the next step. Returns the share of the work that is done, 0..1, or None at its end."""
        if self._thread.ident is None:
            self._thread.start()
        else:
            self._goes_on.put(True)
        return self._shares.get()

    def result(self) -> T:
        """Return what the function returned, or raise what it raised; `advance` has returned None."""
        return self._result.result(timeout=0)

    def drop(self) -> None:
        """End the call where it stands. `advance` has returned a share."""
        self._goes_on.put(False)
        self._thread.join()

    def _run(self) -> None:
        self._since = time.monotonic()
        with listening(self._pause):
            try:
                self._result.set_result(self._function())
            except BaseException as error:  # for `result`
                self._result.set_exception(error)
        self._shares.put(None)

    def _pause(self, done: float) -> None:
        if time.monotonic() - self._since < self._step_seconds:
            return
        self._shares.put(done)
        if not self._goes_on.get():
            raise _Dropped
        self._since = time.monotonic()
