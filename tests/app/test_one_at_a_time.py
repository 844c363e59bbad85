"""Slow work: one visitor at a time, a place for those who wait, freed by those who leave."""

import threading
import time

import pytest
from streamlit.testing.v1 import AppTest

from melanoma.app.parts.shared import one_at_a_time as line
from melanoma.app.parts.shared.work_queue import QueueFull, WorkQueue

PAGE = """
import streamlit as st
from melanoma.app.parts.shared.one_at_a_time import one_at_a_time
st.title(str(one_at_a_time(lambda: 6 * 7)))
"""


@pytest.fixture
def turns(monkeypatch):
    made = WorkQueue(most=3)
    monkeypatch.setattr(line, "_QUEUE", made)
    return made


def test_the_work_s_result_comes_back(turns):
    page = AppTest.from_string(PAGE).run()
    assert page.title[0].value == "42" and not page.info


def test_who_waits_sees_the_place_and_then_the_result(turns, monkeypatch):
    told = []
    monkeypatch.setattr(line, "say", lambda words, **values: told.append(words) or words.format(**values))
    with turns.turn("first"):
        page = AppTest.from_string(PAGE, default_timeout=30)
        thread = threading.Thread(target=page.run)
        thread.start()
        until(lambda: told == ["One other comes first. Yours begins by itself."])
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


def test_leaving_while_waiting_frees_the_place():
    turns = WorkQueue()

    class Left(BaseException):
        pass

    def leave() -> bool:
        raise Left

    with turns.turn("first"), pytest.raises(Left), turns.turn("second", leave):
        pass
    assert turns._waiting == []


def test_a_full_queue_takes_nobody():
    turns = WorkQueue(most=1)
    with turns.turn("first"), pytest.raises(QueueFull), turns.turn("second"):
        pass
    with turns.turn("third") as ours:
        assert ours


def wait_in(turns: WorkQueue, ticket: object) -> None:
    with turns.turn(ticket):
        pass


def until(condition) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)
