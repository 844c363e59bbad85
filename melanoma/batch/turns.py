"""Long work one at a time, first come, first served, with a place that can be shown to those who wait."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_LOOK = 0.2  # seconds between two looks at whether somebody who waits has left


class Turns:
    """A queue for threads: who is first works, the others wait. Safe for any number of threads."""

    def __init__(self) -> None:
        """Begin with nobody waiting."""
        self._line: list[object] = []
        self._changed = threading.Condition()

    @contextmanager
    def turn(self, ticket: object, left: Callable[[], bool]) -> Iterator[bool]:
        """Wait for the turn of `ticket`, and hold it as long as the block runs.

        Yields False at once when `left` returns True while waiting: who has left frees the place.
        """
        with self._changed:
            self._line.append(ticket)
            while self._line[0] is not ticket and not left():
                self._changed.wait(_LOOK)
        try:
            yield not left()
        finally:
            with self._changed:
                self._line.remove(ticket)
                self._changed.notify_all()

    def before(self, ticket: object) -> int:
        """Return how many others come before a ticket; 0 if it is its turn or if it is not in the queue."""
        with self._changed:
            return self._line.index(ticket) if ticket in self._line else 0
