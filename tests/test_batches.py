"""Batches hold all items once, in order; the last one may be short."""

import itertools

import numpy as np
import pytest

from melanoma.batches import chunked, sliced


@pytest.mark.parametrize(
    ("count", "lengths"), [(0, []), (1, [1]), (3, [3]), (4, [3, 1]), (7, [3, 3, 1]), (9, [3, 3, 3])]
)
def test_batches_cover_all_items_and_only_the_last_is_short(count, lengths):
    for batches in (list(sliced(list(range(count)), 3)), list(chunked(iter(range(count)), 3))):
        assert [len(batch) for batch in batches] == lengths
        assert [item for batch in batches for item in batch] == list(range(count))


def test_slices_of_a_range_tell_their_positions():
    assert list(sliced(range(5), 2)) == [range(0, 2), range(2, 4), range(4, 5)]


def test_slices_of_an_array_are_views_along_its_first_axis():
    array = np.arange(10).reshape(5, 2)
    first, second = sliced(array, 3)
    assert first.shape == (3, 2) and second.shape == (2, 2)
    assert np.shares_memory(array, second)


def test_an_endless_stream_is_taken_a_batch_at_a_time():
    numbers = itertools.count()
    assert next(chunked(numbers, 3)) == [0, 1, 2]
    assert next(numbers) == 3


@pytest.mark.parametrize("size", [0, -1])
def test_a_size_below_one_is_refused_at_once(size):
    for function in (sliced, chunked):
        with pytest.raises(ValueError, match="at least one item"):
            function([1, 2], size)
