"""A queue for threads: one works at a time, in turns if its work has pause points, else until it is done."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from melanoma.app.parts.shared.turn_order import Job, TurnOrder
from melanoma.errors import UserError

_POLL_INTERVAL = 0.2  # seconds between two checks whether a waiting ticket was cancelled


class QueueFull(UserError):
    """The queue is full: one more would wait too long."""


@dataclass(frozen=True)
class Standing:
    """How a ticket stands in the queue."""

    ahead: int
    """How many have a slice before it has its next; 0 if it works."""
    others: int
    """How many share the time with it, at work or waiting."""
    seconds_left: float | None
    """Until its work is done; None if nothing is known yet."""


class WorkQueue:
    """The queue. Safe for any number of threads.

    Work without pause points is done first come, first served.
    """

    def __init__(self, most: int | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        """Begin empty. `most` is the capacity, unlimited if None."""
        self._most = most
        self._order = TurnOrder(clock)
        self._jobs: dict[object, Job] = {}
        self._threads: set[int] = set()
        self._changed = threading.Condition()

    @contextmanager
    def turn(
        self, ticket: object, cancelled: Callable[[], bool] = lambda: False, kind: str = ""
    ) -> Iterator[bool]:
        """Wait until `ticket` has the turn; the block runs with it, and ends it.

        Yields False at once when `cancelled` returns True while waiting. The ticket then leaves the queue,
        also if `cancelled` raises. Raises QueueFull if the queue is full. `kind` names work that takes about
        as long each time, see `Standing.seconds_left`. Not to be called within such a block, see `is_within`.
        """
        with self._changed:
            if self._most is not None and len(self._order) >= self._most:
                raise QueueFull("Too many visitors ask at this moment. Try again in a minute.")
            self._jobs[ticket] = self._order.join(ticket, kind)
            self._threads.add(threading.get_ident())
        finished = False
        try:
            is_turn = self._wait(ticket, cancelled)
            yield is_turn
            finished = is_turn
        finally:
            with self._changed:
                self._threads.discard(threading.get_ident())
                self._order.leave(self._jobs.pop(ticket), finished)
                self._changed.notify_all()

    def is_within(self) -> bool:
        """Return True if this thread has a ticket in the queue: what it does is a part of that work."""
        return threading.get_ident() in self._threads

    def pause(self, ticket: object, done: float, cancelled: Callable[[], bool] = lambda: False) -> bool:
        """Note the share that is done of the ticket's work, and wait if others have a turn now.

        To be called within the block of `turn`, in its thread. Returns False when `cancelled` returns True
        while waiting: then the block is to end.
        """
        with self._changed:
            if not self._order.progress(self._jobs[ticket], done):
                return True
            self._changed.notify_all()
        return self._wait(ticket, cancelled)

    def standing(self, ticket: object) -> Standing:
        """Return how a ticket in the queue stands."""
        with self._changed:
            job = self._jobs[ticket]
            return Standing(self._order.ahead_of(job), len(self._order) - 1, self._order.seconds_left(job))

    def ahead_of(self, ticket: object) -> int:
        """Return how many tickets are ahead of this one; 0 if it is first or not in the queue."""
        with self._changed:
            return self._order.ahead_of(self._jobs[ticket]) if ticket in self._jobs else 0

    def _wait(self, ticket: object, cancelled: Callable[[], bool]) -> bool:
        """Return True when the ticket has the turn, False when `cancelled` returns True before."""
        job = self._jobs[ticket]
        while not (gone := cancelled()):
            with self._changed:
                if self._changed.wait_for(lambda: self._order.working is job, _POLL_INTERVAL):
                    break
        return not gone
