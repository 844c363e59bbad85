"""Work one at a time, first come, first served, with a place that can be shown to those who wait."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from melanoma.errors import UserError

_LOOK = 0.2  # seconds between two looks at whether somebody who waits has left


class QueueFull(UserError):
    """So many wait that one more would wait too long."""


class WorkQueue:
    """A queue for threads: who is first works, the others wait. Safe for any number of threads."""

    def __init__(self, most: int | None = None) -> None:
        """Begin with nobody waiting. `most` may be in the queue at once, any number if None."""
        self._most = most
        self._line: list[object] = []
        self._changed = threading.Condition()

    @contextmanager
    def turn(self, ticket: object, left: Callable[[], bool] = lambda: False) -> Iterator[bool]:
        """Wait for the turn of `ticket`, and hold it as long as the block runs.

        Yields False at once when `left` returns True while waiting: who has left frees the place, and so does
        one whose `left` raises. Raises QueueFull if there is no place left.
        """
        with self._changed:
            if self._most is not None and len(self._line) >= self._most:
                raise QueueFull("Too many visitors ask at this moment. Try again in a minute.")
            self._line.append(ticket)
        try:
            while not (gone := left()) and not self._first_within(ticket, _LOOK):
                pass
            yield not gone
        finally:
            with self._changed:
                self._line.remove(ticket)
                self._changed.notify_all()

    def before(self, ticket: object) -> int:
        """Return how many others come before a ticket; 0 if it is its turn or if it is not in the queue."""
        with self._changed:
            return self._line.index(ticket) if ticket in self._line else 0

    def _first_within(self, ticket: object, seconds: float) -> bool:
        """Return whether it is the turn of `ticket`, after waiting so long for that."""
        with self._changed:
            return self._changed.wait_for(lambda: self._line[0] is ticket, seconds)
