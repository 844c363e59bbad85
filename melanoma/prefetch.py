"""Loading ahead: the next batch is under way while the network works on this one."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")


def batches_ahead(
    pool: Executor, load: Callable[[T], R], items: Sequence[T], size: int
) -> Iterator[tuple[Sequence[T], list[R]]]:
    """Yield the items a batch at a time with what `load` returned for each; two batches are in memory."""
    batches = [items[start : start + size] for start in range(0, len(items), size)]
    coming = pool.map(load, batches[0]) if batches else iter(())
    for number, batch in enumerate(batches):
        ready = coming
        if number + 1 < len(batches):
            coming = pool.map(load, batches[number + 1])
        yield batch, list(ready)
