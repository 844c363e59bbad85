"""Whose turn it is, and how long a piece of work takes still: the rules of `work_queue`, without its threads.

Work is cut into slices. Who has had fewest comes first, up to `FIRST_SECONDS`; beyond, all take turns. So
what takes a second is done at once, whatever else runs, and of what takes a minute nobody's waits for
another's. One slice in `OLD_SHARE` goes to whoever has waited longest, so that many short ones do not stop
the long.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field

SLICE = 0.4
"""Seconds. A slice ends at the first pause point after them: with the step under way, within a second."""
FIRST_SECONDS = 3.0
"""As long as most maps take on two cores."""
OLD_SHARE = 4
_TELLS = 0.1  # of the work: from here on its own progress says more than the last work of its kind


@dataclass(eq=False)
class Job:
    """A piece of work in the queue."""

    ticket: object
    kind: str
    """What takes about as long each time."""
    spent: float = 0.0
    """Seconds of the slices that are over."""
    slices: int = 0
    done: float = 0.0
    """Share of the work at its last pause point, 0..1."""
    spent_then: float = 0.0
    """Seconds that it had had by then."""


@dataclass
class TurnOrder:
    """Who works, who waits, and for how long. Not safe for threads by itself."""

    clock: Callable[[], float]
    working: Job | None = None
    waiting: list[Job] = field(default_factory=list)
    """In the order in which they lined up, or had their last slice."""
    _since: float = 0.0
    _slices: int = 0
    _durations: dict[str, float] = field(default_factory=dict)
    """Seconds of work that the last of each kind took."""

    def __len__(self) -> int:
        """Return how many are in the queue, with the one that works."""
        return len(self.waiting) + (self.working is not None)

    def join(self, ticket: object, kind: str = "") -> Job:
        """Line up; returns the new job, which works at once if nobody else does."""
        job = Job(ticket, kind)
        self.waiting.append(job)
        self._begin_next()
        return job

    def progress(self, job: Job, done: float) -> bool:
        """Note the share that is done of the work under way; return whether another one has the turn now."""
        job.done, job.spent_then = done, self._spent(job)
        if not self.waiting or self.clock() - self._since < SLICE:
            return False
        self._end_slice()
        self.waiting.append(job)
        self._begin_next()
        return self.working is not job

    def leave(self, job: Job, finished: bool) -> None:
        """Take a job out, which may wait or work; `finished` work tells how long its kind takes."""
        if job is self.working:
            self._end_slice()
        else:
            self.waiting.remove(job)
        if finished and job.kind:
            self._durations[job.kind] = job.spent
        self._begin_next()

    def ahead_of(self, job: Job) -> int:
        """Return how many have a slice before the job has its next; 0 if it works."""
        if job is self.working:
            return 0
        earlier = self.waiting[: self.waiting.index(job)]
        later = self.waiting[len(earlier) + 1 :]
        return (
            1
            + sum(_rank(other) <= _rank(job) for other in earlier)
            + sum(_rank(other) < _rank(job) for other in later)
        )

    def seconds_left(self, job: Job) -> float | None:
        """Return how long it takes until the job is done, the slices of those who share the time included.

        None if nothing is known yet. True as long as nobody joins or leaves, and as its kind and its progress
        say; of others that nothing is known of, as much is expected as of this one.
        """
        mine = self._needs(job)
        if mine is None:
            return None
        spent = self._spent(job)
        alone = max(0.0, mine - spent)
        young, old = 0.0, 0.0  # seconds of the others, in either part of their work, before this one is done
        behind = 0.0  # seconds of those who come after it, but for the slices of who has waited longest
        for other in (*self.waiting, *([self.working] if self.working else [])):
            if other is job:
                continue
            theirs, had = self._needs(other), self._spent(other)
            total = mine if theirs is None else theirs
            first = max(0.0, min(total, mine, FIRST_SECONDS) - had)
            turns = max(0.0, min(total - max(had, FIRST_SECONDS), mine - max(spent, FIRST_SECONDS)))
            young, old = young + first, old + turns
            if had >= FIRST_SECONDS:
                behind += max(0.0, total - had - turns)
        before_them = young + min(alone, max(0.0, FIRST_SECONDS - spent))
        return alone + young + old + min(before_them / (OLD_SHARE - 1), behind)

    def _needs(self, job: Job) -> float | None:
        """Return how many seconds of work a job takes, all in all; None if nothing is known."""
        known = self._durations.get(job.kind)
        if job.done and (known is None or job.done >= _TELLS):
            return job.spent_then / job.done
        return known

    def _spent(self, job: Job) -> float:
        return job.spent + (self.clock() - self._since if job is self.working else 0.0)

    def _end_slice(self) -> None:
        assert self.working is not None
        self.working.spent = self._spent(self.working)
        self.working.slices += 1
        self.working = None

    def _begin_next(self) -> None:
        if self.working is not None or not self.waiting:
            return
        self._slices += 1
        chosen = self.waiting[0] if self._slices % OLD_SHARE == 0 else min(self.waiting, key=_rank)
        self.waiting.remove(chosen)
        self.working, self._since = chosen, self.clock()


def _rank(job: Job) -> float:
    """Return what the turn is given by, the smallest first; of equals, who has waited longest."""
    return job.slices if job.spent < FIRST_SECONDS else math.inf
