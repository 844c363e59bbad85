"""Gain and over-reliance of a class worked out by hand, their intervals, and the table without names."""

import csv
import io
import math

import pytest

from melanoma.classroom.help import Help
from melanoma.classroom.live import new_token
from melanoma.classroom.study import as_csv, most_discussed, study_result
from tests.classroom.test_live import case, opened


def answered(students, behave, count=8):
    """Return a class in which `behave(help)` says what each student answers."""
    live = opened(count, study=True)
    for token in (new_token() for _ in range(students)):
        for number, help in enumerate(live.help_of(token)):
            live.answer(token, number, behave(help))
    return live


def test_a_class_that_believes_whatever_it_is_shown():
    # Truth MEL; the network names NV, which so is the decoy too.
    result = study_result(answered(10, lambda help: "MEL" if help is Help.NONE else "NV"))
    assert result.students == 10 and result.answers == dict.fromkeys(Help, 20)
    assert result.right[Help.NONE].value == 1 and result.right[Help.MAP].value == 0
    assert result.gain[Help.PROBABILITIES].value == -1
    assert result.followed.value == result.over_reliance.value == 1
    assert result.over_reliance.low == result.over_reliance.high == 1, "all are alike"


def test_a_wrong_answer_that_one_would_give_anyhow_is_no_reliance():
    result = study_result(answered(6, lambda help: "NV"))
    assert (result.followed.value, result.alone.value, result.over_reliance.value) == (1, 1, 0)
    assert result.gain[Help.MAP].value == 0


def test_intervals_are_over_students_and_hold_their_differences():
    live = opened(4, study=True)
    tokens = [new_token() for _ in range(20)]
    for place, token in enumerate(tokens):
        for number, help in enumerate(live.help_of(token)):
            # Half of the students gain by probabilities, nobody by anything else.
            right = help is Help.PROBABILITIES and place % 2
            live.answer(token, number, "MEL" if right else "BKL")
    gain = study_result(live).gain[Help.PROBABILITIES]
    assert gain.value == pytest.approx(0.5)
    # Binomial: the deviation of a mean of 20 is 0.11; the interval is about two of them to each side.
    assert 0.2 < gain.low < 0.35 and 0.65 < gain.high < 0.8


def test_too_few_students_have_no_interval_and_nobody_no_figure():
    few = study_result(answered(4, lambda help: "MEL"))
    assert not few.has_intervals and few.right[Help.NONE].value == 1 and math.isnan(few.right[Help.NONE].low)
    nobody = study_result(opened(4, study=True))
    assert nobody.students == 0 and math.isnan(nobody.over_reliance.value)


def test_the_table_has_every_answer_and_no_token():
    live = answered(3, lambda help: "NV", count=4)
    told = as_csv(live)
    rows = list(csv.DictReader(io.StringIO(told)))
    assert len(rows) == 12 and {row["student"] for row in rows} == {"1", "2", "3"}
    assert not any(answer.token in told for answer in live.answers())
    assert {(row["help"], row["shown"]) for row in rows} == {
        ("none", ""),
        ("probabilities", "NV"),
        ("map", "NV"),
        ("wrong", "NV"),
    }
    assert {(row["truth"], row["network"], row["right"]) for row in rows} == {("MEL", "NV", "0")}


def test_the_case_to_discuss_is_where_class_and_network_differ():
    live = opened(3)
    live.cases = (case("MEL"), case("NV"), case("NV"))  # the network names NV
    tokens = [new_token() for _ in range(4)]
    for token, last in zip(tokens, ("NV", "NV", "NV", "MEL"), strict=True):
        live.answer(token, 1, "MEL")  # all wrong, the network right: 1
        live.answer(token, 2, last)  # three of four right: 0.25
    assert list(most_discussed(live)) == [1, 2], "the first has no answer"
