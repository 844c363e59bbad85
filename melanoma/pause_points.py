"""Pause points: between its steps, long work says how much is done, and lets others go first.

    for batch in in_steps(list(sliced(pixels, 16))):
        ...

Whoever starts the work may listen (`listening`): the page waits there while others have their turn, or
raises, which ends the work. Where nobody listens, as in a command, the loop is a loop. Who listens is known
by the thread, as with a logger: else every measure, method and pass would hand it on.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")
Listener = Callable[[float], None]
"""Called with the share of the work that is done, 0..1, which falls by rounding only."""


@dataclass(frozen=True)
class _Part:
    """The part of the whole work that is under way."""

    listener: Listener
    start: float
    width: float

    def tell(self, done: float) -> None:
        """Tell the listener that the share `done` of this part is done."""
        self.listener(min(1.0, self.start + self.width * done))

    def inner(self, start: float, width: float) -> "_Part":
        """Return a part of this part; both in shares of it."""
        return _Part(self.listener, self.start + self.width * start, self.width * width)


_PART: ContextVar[_Part | None] = ContextVar("part of the work", default=None)


@contextmanager
def listening(listener: Listener) -> Iterator[None]:
    """Have `listener` called between the steps of what this thread does in the block."""
    token = _PART.set(_Part(listener, 0.0, 1.0))
    try:
        yield
    finally:
        _PART.reset(token)


def in_steps(items: Sequence[T], costs: Sequence[float] = ()) -> Iterator[T]:
    """Yield the items, with a pause point after each.

    `costs` says how long each takes, in any unit; without, all take as long. A step may have steps itself.
    """
    part = _PART.get()
    if part is None:
        yield from items
        return
    costs = costs or [1.0] * len(items)
    total, spent = sum(costs) or 1.0, 0.0
    for item, cost in zip(items, costs, strict=True):
        _PART.set(part.inner(spent / total, cost / total))
        yield item
        spent += cost
        _PART.set(part)
        part.tell(spent / total)


def pause(done: float) -> None:
    """Be a pause point by itself, where the share `done` of the step that is under way is done."""
    if (part := _PART.get()) is not None:
        part.tell(done)
