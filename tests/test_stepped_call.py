"""A call in steps returns what the function returns, and stops where it is told."""

import pytest

from melanoma.pause_points import in_steps, listening
from melanoma.stepped_call import SteppedCall


def squares(log):
    made = []
    try:
        for number in in_steps([1, 2, 3, 4]):
            made.append(number**2)
            log.append(number)
    finally:
        log.append("end")
    return made


def test_it_stops_at_each_pause_point_and_returns_what_the_function_does():
    log = []
    call = SteppedCall(lambda: squares(log))
    assert log == []
    assert call.advance() == 0.25 and log == [1]
    assert call.advance() == 0.5 and log == [1, 2]
    assert [call.advance(), call.advance(), call.advance()] == [0.75, 1.0, None]
    assert call.result() == [1, 4, 9, 16] and log == [1, 2, 3, 4, "end"]


def test_a_step_is_as_long_as_asked_for():
    call = SteppedCall(lambda: squares([]), step_seconds=60)
    assert call.advance() is None and call.result() == [1, 4, 9, 16]


def test_a_dropped_call_ends_where_it_stands():
    log = []
    call = SteppedCall(lambda: squares(log))
    call.advance()
    call.drop()
    assert log == [1, "end"]


def test_an_error_comes_out_of_result():
    call = SteppedCall(lambda: 1 / 0)
    assert call.advance() is None
    with pytest.raises(ZeroDivisionError):
        call.result()


def test_who_listens_around_it_hears_nothing_of_it():
    heard = []
    with listening(heard.append):
        SteppedCall(lambda: squares([]), 60).advance()
    assert heard == []


def test_calls_in_turn_do_not_mix():
    calls = [SteppedCall(lambda: squares([])) for _ in range(3)]
    for share in (0.25, 0.5, 0.75, 1.0, None):
        assert [call.advance() for call in calls] == [share] * 3
