"""Prefetching: the next batch is loaded while the network works on the current one."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor
from typing import TypeVar

from melanoma.batches import chunked

T = TypeVar("T")
R = TypeVar("R")


def batches_ahead(
    pool: Executor, load: Callable[[T], R], items: Iterable[T], size: int
) -> Iterator[tuple[list[T], list[R]]]:
    """Yield the items in batches with the results of `load`; at most two batches are in memory."""
    batches = chunked(items, size)
    batch = next(batches, [])
    loading = pool.map(load, batch)
    while batch:
        ready, following = loading, next(batches, [])
        loading = pool.map(load, following)
        yield batch, list(ready)
        batch = following
