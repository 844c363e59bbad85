"""Long sequences and streams in batches: all items, in order, the last batch as short as it must be."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, Protocol, TypeVar

T = TypeVar("T")


class Sliceable(Protocol):
    """A list, a range, or an array by its first axis."""

    def __len__(self) -> int:
        """Return the number of items."""

    def __getitem__(self, items: slice, /) -> Any:
        """Return these items, of the same type."""


S = TypeVar("S", bound=Sliceable)


def sliced(items: S, size: int) -> Iterator[S]:
    """Yield slices of `size` items, views where the items are an array; raises ValueError for a size below 1.

    Slices of a range tell their positions: `for rows in sliced(range(len(pixels)), 64)`.
    """
    _require_size(size)
    return (items[start : start + size] for start in range(0, len(items), size))


def chunked(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """Yield lists of `size` items, none taken before its turn; raises ValueError for a size below 1."""
    _require_size(size)
    coming = iter(items)
    return iter(lambda: list(islice(coming, size)), [])


def _require_size(size: int) -> None:
    if size < 1:  # a negative step would end at once, and leave everything out without an error
        raise ValueError(f"A batch needs at least one item, not {size}.")
