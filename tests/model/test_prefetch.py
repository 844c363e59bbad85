"""Batches come in order, each with its own results, and the next one is under way."""

import threading
from concurrent.futures import ThreadPoolExecutor

from melanoma.model.prefetch import batches_ahead


def test_every_item_comes_once_with_its_result():
    with ThreadPoolExecutor(2) as pool:
        found = list(batches_ahead(pool, lambda item: 10 * item, [1, 2, 3, 4, 5], 2))
        assert found == [([1, 2], [10, 20]), ([3, 4], [30, 40]), ([5], [50])]
        assert list(batches_ahead(pool, str, [], 2)) == []


def test_the_next_batch_loads_while_this_one_is_worked_on():
    third = threading.Event()
    with ThreadPoolExecutor(2) as pool:
        batches = batches_ahead(pool, lambda item: third.set() if item == 3 else None, [1, 2, 3, 4], 2)
        next(batches)
        assert third.wait(10)
