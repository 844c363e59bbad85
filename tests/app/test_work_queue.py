"""The queue of threads: the turn goes on when work pauses, ends, fails or is left, whoever holds it."""

import threading
import time

import pytest

from melanoma.app.parts.shared.turn_order import SLICE
from melanoma.app.parts.shared.work_queue import QueueFull, WorkQueue


class Left(BaseException):
    """As Streamlit ends the run of a visitor who has left."""


def leave() -> bool:
    raise Left


def in_thread(work) -> threading.Thread:
    thread = threading.Thread(target=work)
    thread.start()
    return thread


def until(condition) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_work_without_pause_points_is_done_first_come_first_served():
    queue, order = WorkQueue(), []

    def work(name: int) -> None:
        with queue.turn(name):
            order.append(name)

    with queue.turn("first"):
        threads = []
        for name in range(4):
            threads.append(in_thread(lambda name=name: work(name)))
            until(lambda name=name: queue.ahead_of(name) == name + 1)
    for thread in threads:
        thread.join(10)
    assert order == [0, 1, 2, 3]


def test_a_pause_gives_the_turn_on_after_a_slice_and_not_before():
    now = [0.0]
    queue, events = WorkQueue(clock=lambda: now[0]), []

    def other() -> None:
        with queue.turn("other"):
            events.append("other")

    with queue.turn("mine"):
        thread = in_thread(other)
        until(lambda: queue.ahead_of("other") == 1)
        now[0] = SLICE / 2
        assert queue.pause("mine", 0.1)
        events.append("mine goes on")
        now[0] = SLICE
        assert queue.pause("mine", 0.2)
        events.append("mine again")
    thread.join(10)
    assert events == ["mine goes on", "other", "mine again"]


def test_leaving_while_waiting_for_the_first_turn_frees_the_place():
    queue = WorkQueue(most=2)
    with queue.turn("first"):
        with pytest.raises(Left), queue.turn("second", leave):
            pass
        assert queue.standing("first").others == 0
    with queue.turn("third"), pytest.raises(KeyError):
        queue.standing("second")


def test_leaving_while_others_have_their_slice_frees_the_place():
    now, go_on = [0.0], threading.Event()
    queue = WorkQueue(clock=lambda: now[0])

    def other() -> None:
        with queue.turn("other"):
            go_on.wait(10)

    with pytest.raises(Left), queue.turn("mine"):
        thread = in_thread(other)
        until(lambda: queue.ahead_of("other") == 1)
        now[0] = SLICE
        queue.pause("mine", 0.5, leave)
    assert queue.standing("other").others == 0 and queue.ahead_of("other") == 0
    go_on.set()
    thread.join(10)


def test_an_exception_gives_the_turn_on():
    queue, had = WorkQueue(), []

    def other() -> None:
        with queue.turn("other"):
            had.append("other")

    with pytest.raises(ZeroDivisionError), queue.turn("mine"):
        thread = in_thread(other)
        until(lambda: queue.ahead_of("other") == 1)
        raise ZeroDivisionError
    thread.join(10)
    assert had == ["other"] and not queue.is_within()


def test_who_cancels_while_waiting_has_no_turn_and_loses_the_place():
    queue = WorkQueue()
    with queue.turn("first"), queue.turn("second", lambda: True) as is_turn:
        assert not is_turn
    with queue.turn("third") as is_turn:
        assert is_turn


def test_a_full_queue_takes_nobody_and_keeps_those_who_are_in_it():
    queue = WorkQueue(most=1)
    with queue.turn("first"):
        with pytest.raises(QueueFull), queue.turn("second"):
            pass
        assert queue.standing("first").others == 0
    with queue.turn("third") as is_turn:
        assert is_turn


def test_a_thread_knows_that_its_work_is_in_the_queue():
    queue, others = WorkQueue(), []
    assert not queue.is_within()
    with queue.turn("mine"):
        assert queue.is_within()
        in_thread(lambda: others.append(queue.is_within())).join(10)
    assert not queue.is_within() and others == [False]
