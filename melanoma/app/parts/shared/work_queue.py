"""A first-in, first-out queue for threads: one works at a time, the others can see their position."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from melanoma.errors import UserError

_POLL_INTERVAL = 0.2  # seconds between two checks whether a waiting ticket was cancelled


class QueueFull(UserError):
    """The queue is full: one more would wait too long."""


class WorkQueue:
    """The queue. Safe for any number of threads."""

    def __init__(self, most: int | None = None) -> None:
        """Begin empty. `most` is the capacity, unlimited if None."""
        self._most = most
        self._waiting: list[object] = []
        self._changed = threading.Condition()

    @contextmanager
    def turn(self, ticket: object, cancelled: Callable[[], bool] = lambda: False) -> Iterator[bool]:
        """Wait until `ticket` is first, and keep it first as long as the block runs.

        Yields False at once when `cancelled` returns True while waiting. The ticket then leaves the queue,
        also if `cancelled` raises. Raises QueueFull if the queue is full.
        """
        with self._changed:
            if self._most is not None and len(self._waiting) >= self._most:
                raise QueueFull("Too many visitors ask at this moment. Try again in a minute.")
            self._waiting.append(ticket)
        try:
            while not (gone := cancelled()) and not self._wait_until_first(ticket, _POLL_INTERVAL):
                pass
            yield not gone
        finally:
            with self._changed:
                self._waiting.remove(ticket)
                self._changed.notify_all()

    def ahead_of(self, ticket: object) -> int:
        """Return how many tickets are ahead of this one; 0 if it is first or not in the queue."""
        with self._changed:
            return self._waiting.index(ticket) if ticket in self._waiting else 0

    def _wait_until_first(self, ticket: object, seconds: float) -> bool:
        """Return whether `ticket` is first, after waiting for that up to a timeout of `seconds`."""
        with self._changed:
            return self._changed.wait_for(lambda: self._waiting[0] is ticket, seconds)
