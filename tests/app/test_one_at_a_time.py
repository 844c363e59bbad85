"""Slow work on the page: in turns, with place and time in view, and no place for who has left."""

import threading
import time

import pytest
from streamlit.testing.v1 import AppTest

from melanoma.app.parts.shared import one_at_a_time as line
from melanoma.app.parts.shared.work_queue import WorkQueue

PAGE = """
import streamlit as st
from melanoma.app.parts.shared.one_at_a_time import one_at_a_time
st.title(str(one_at_a_time(lambda: 6 * 7, "sum")))
"""
IN_STEPS = """
import streamlit as st
from melanoma.app.parts.shared.one_at_a_time import one_at_a_time
from melanoma.pause_points import in_steps
from tests.app import test_one_at_a_time as told
def work():
    for step in in_steps(range(4)):
        told.STEPS.append((threading.get_ident(), step))
        told.step()
    return "done"
import threading
st.title(one_at_a_time(work, "steps", lambda: "Counting."))
"""
STEPS: list[tuple[int, int]] = []
step = lambda: None  # noqa: E731 - replaced by tests, and called by the page


@pytest.fixture
def now():
    """The queue's clock, which stands still unless a test moves it."""
    return [0.0]


@pytest.fixture
def turns(monkeypatch, now):
    made = WorkQueue(most=3, clock=lambda: now[0])
    monkeypatch.setattr(line, "_QUEUE", made)
    return made


@pytest.fixture
def told(monkeypatch):
    """Sentences said so far, each at once rather than after half a second."""
    found = []
    monkeypatch.setattr(line, "say", lambda words, **values: found.append(words) or words.format(**values))
    monkeypatch.setattr(line, "_REFRESH", 0.0)
    return found


def test_the_work_s_result_comes_back_and_nothing_else_stays_on_the_page(turns):
    page = AppTest.from_string(PAGE).run()
    assert page.title[0].value == "42" and not page.info
    assert not turns.is_within()


def test_who_waits_sees_the_place_and_then_the_result(turns, told):
    with turns.turn("first"):
        page = AppTest.from_string(PAGE, default_timeout=30)
        thread = threading.Thread(target=page.run)
        thread.start()
        until(lambda: "One other comes first. Yours begins by itself." in told)
    thread.join(10)
    assert page.title[0].value == "42"


def test_a_full_queue_is_said_and_ends_the_run(turns):
    with turns.turn("first"):
        waiting = [threading.Thread(target=wait_in, args=(turns, number)) for number in range(2)]
        for number, thread in enumerate(waiting):
            thread.start()
            until(lambda number=number: turns.ahead_of(number) > 0)
        page = AppTest.from_string(PAGE, default_timeout=30).run()
        assert [warning.value for warning in page.warning][0].startswith("Too many visitors")
        assert not page.title and not page.exception
    for thread in waiting:
        thread.join(10)


def test_an_error_of_the_work_goes_on_and_frees_the_place(turns):
    page = AppTest.from_string(PAGE.replace("6 * 7", "1 // 0"), default_timeout=30).run()
    assert len(page.exception) == 1
    with turns.turn("next") as ours:
        assert ours


def test_work_within_work_is_a_part_of_it_and_does_not_wait_for_itself(turns):
    nested = PAGE.replace("lambda: 6 * 7", 'lambda: one_at_a_time(lambda: 6 * 7, "inner")')
    page = AppTest.from_string(nested, default_timeout=30).run()
    assert page.title[0].value == "42"


def test_how_much_is_done_and_how_long_it_takes_still_is_shown(turns, told, now, monkeypatch):
    shown = []
    monkeypatch.setattr(
        "streamlit.delta_generator.DeltaGenerator.progress",
        lambda self, value, text=None: shown.append((value, text)),
    )
    STEPS.clear()
    monkeypatch.setitem(globals(), "step", lambda: now.__setitem__(0, now[0] + 0.6))
    page = AppTest.from_string(IN_STEPS, default_timeout=30).run()
    assert page.title[0].value == "done"
    assert shown == [
        (0.0, "Counting."),  # nothing is known yet
        (0.25, "Counting. About 2 seconds left."),  # three steps of 0.6 s
        (0.5, "Counting. Nearly done."),
        (0.75, "Counting. Nearly done."),
        (1.0, "Counting. Nearly done."),
    ]


def test_who_leaves_frees_the_place_at_the_next_step_though_nothing_is_drawn(turns, monkeypatch):
    class Left(BaseException):
        """As Streamlit ends a run."""

    def look() -> None:
        if len(STEPS) == 2:
            raise Left

    STEPS.clear()
    monkeypatch.setitem(globals(), "step", lambda: None)
    monkeypatch.setattr(line, "_end_this_run_if_the_visitor_left", look)
    with pytest.raises(Left):
        run_in_steps()
    assert len(STEPS) == 2
    with turns.turn("next") as ours:
        assert ours


def test_streamlit_ends_a_run_at_a_look_into_the_session():
    """What `_end_this_run_if_the_visitor_left` relies on."""
    from streamlit.runtime.state.safe_session_state import SafeSessionState
    from streamlit.runtime.state.session_state import SessionState

    looks = []
    assert "anything" not in SafeSessionState(SessionState(), lambda: looks.append("looked"))
    assert looks == ["looked"]


def test_two_visitors_work_in_turns(turns, monkeypatch):
    monkeypatch.setattr("melanoma.app.parts.shared.turn_order.SLICE", 0.0)
    STEPS.clear()
    both = threading.Barrier(2)

    def together() -> None:
        if [number for _, number in STEPS] == [
            0
        ]:  # the first one's first step: wait for the other to line up
            until(lambda: len(turns._order) == 2)

    monkeypatch.setitem(globals(), "step", together)
    threads = [threading.Thread(target=lambda: (both.wait(), run_in_steps())) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert [number for _, number in STEPS] == [0, 0, 1, 1, 2, 2, 3, 3]


def run_in_steps() -> None:
    from melanoma.pause_points import in_steps

    def work() -> None:
        for number in in_steps(range(4)):
            STEPS.append((threading.get_ident(), number))
            globals()["step"]()

    line.one_at_a_time(work, "steps")


def wait_in(turns: WorkQueue, ticket: object) -> None:
    with turns.turn(ticket):
        pass


def until(condition) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)
