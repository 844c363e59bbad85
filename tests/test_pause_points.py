"""Pause points: how much is done, in steps and steps of steps, and nothing where nobody listens."""

import threading

import pytest

from melanoma.pause_points import in_steps, listening, pause


def heard(work) -> list[float]:
    shares: list[float] = []
    with listening(shares.append):
        work()
    return shares


def test_all_items_come_in_order_with_and_without_a_listener():
    assert list(in_steps("abc")) == ["a", "b", "c"]
    found: list[str] = []
    assert heard(lambda: found.extend(in_steps("abc"))) == pytest.approx([1 / 3, 2 / 3, 1])
    assert found == ["a", "b", "c"]


def test_costs_say_how_long_each_step_takes():
    assert heard(lambda: list(in_steps("abc", [1, 0, 3]))) == [0.25, 0.25, 1]
    assert heard(lambda: list(in_steps("ab", [0, 0]))) == [0, 0]
    with pytest.raises(ValueError, match="shorter"):
        heard(lambda: list(in_steps("ab", [1])))


def test_steps_of_a_step_divide_its_share():
    def work() -> None:
        for outer in in_steps((2, 4), (1, 3)):
            list(in_steps(range(outer)))

    assert heard(work) == [0.125, 0.25, 0.25, 0.4375, 0.625, 0.8125, 1, 1]


def test_a_pause_point_by_itself_speaks_of_its_step():
    def work() -> None:
        for _ in in_steps(range(2)):
            pause(0.5)

    pause(0.5)  # nobody listens
    assert heard(work) == [0.25, 0.5, 0.75, 1]


def test_a_listener_that_raises_ends_the_work_and_hears_no_more():
    seen = []

    def stop(done: float) -> None:
        if done == 0.5:
            raise KeyError

    with pytest.raises(KeyError), listening(stop):
        for item in in_steps(range(4)):
            seen.append(item)
    assert seen == [0, 1]
    assert list(in_steps("ab")) == ["a", "b"]
    pause(0.5)


def test_each_thread_has_its_own_listener():
    other: list[float] = []

    def in_thread() -> None:
        other.extend(heard(lambda: list(in_steps(range(2)))))

    def work() -> None:
        for _ in in_steps(range(2)):
            thread = threading.Thread(target=in_thread)
            thread.start()
            thread.join()

    assert heard(work) == [0.5, 1]
    assert other == [0.5, 1, 0.5, 1]
