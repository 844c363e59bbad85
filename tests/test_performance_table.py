"""The table of performance: ratios, quartiles, aims and wording, of numbers worked out by hand."""

import io
import json
import sys

import numpy as np
import pytest

from benchmarks.explanations.timing import serve
from benchmarks.performance import __main__ as command
from benchmarks.performance.table import HEADER, Row, amount, markdown, ratio_text


def row(**changed) -> Row:
    given = {
        "what": "frame",
        "beside": "before",
        "unit": "s",
        "here": [1.0, 2.0, 6.0],
        "there": [4.0, 4.0, 4.0],
    }
    return Row(**(given | changed))


def test_a_ratio_is_taken_within_each_repetition():
    # 0.25, 0.5 and 1.5; the ratio of the medians would be right by chance only for even numbers there
    assert row().ratios() == pytest.approx([0.375, 0.5, 1.0])
    swapped = row(there=[8.0, 2.0, 6.0])  # 0.125, 1, 1: the medians 2 and 6 would give 0.33
    assert swapped.ratios() == pytest.approx([0.5625, 1.0, 1.0])


def test_times_as_quick_is_the_other_way_round_but_for_rates():
    assert row(times=True).ratios() == pytest.approx([1.3333, 2.0, 3.0], abs=1e-4)
    assert row(times=True, unit="/s").ratios() == pytest.approx([0.375, 0.5, 1.0])


@pytest.mark.parametrize(
    ("changed", "met"),
    [
        ({"aim": 0.5}, True),
        ({"aim": 0.49}, False),
        ({"aim": 2.0, "times": True}, True),
        ({"aim": 2.1, "times": True}, False),
        ({"aim": 0.4, "times": True, "unit": "/s"}, True),
        ({}, None),
    ],
)
def test_what_was_aimed_at_is_met_or_missed(changed, met):
    assert row(**changed).met is met


def test_repetitions_come_in_pairs():
    with pytest.raises(ValueError):
        row(here=[1.0]).ratios()
    with pytest.raises(ValueError, match="nothing was measured of frame"):
        row(here=[], there=[]).ratios()


@pytest.mark.parametrize(
    ("value", "text"), [(1234.5, "1,234"), (99.96, "100.0"), (12.34, "12.3"), (0.456, "0.46"), (0.0, "0.00")]
)
def test_amounts(value, text):
    assert amount(value) == text


@pytest.mark.parametrize(("value", "text"), [(0.254, "0.25"), (9.99, "9.99"), (9.996, "10"), (123.4, "123")])
def test_ratios_in_words(value, text):
    assert ratio_text(value) == text


def test_a_row_of_the_table():
    lines = markdown([row(aim=0.25), row(times=True, aim=2.0)]).splitlines()
    assert lines[0] == "| " + " | ".join(HEADER) + " |"
    assert lines[2] == (
        "| frame | before | 4.00 s | 2.00 s | 0.50 (0.38 to 1.00) | at most 0.25: **missed** | 3 |"
    )
    assert lines[3] == (
        "| frame | before | 4.00 s | 2.00 s | 2.00 times as quick (1.33 to 3.00) | at least 2.00: met | 3 |"
    )


def test_without_peers_the_document_says_what_is_left_out():
    told = command.document([row()], "python -m x", ["a fact"], 0.02, peers=False)
    assert command.NO_PEERS in told and "- a fact" in told and "shared" not in told
    told = command.document([row()], "python -m x", ["a fact"], 0.3, peers=True)
    assert command.NO_PEERS not in told and "took 30% of the cores" in told and "was shared" in told


def test_a_worker_answers_each_line_and_leaves_the_first_run_out(monkeypatch, capsys):
    clock = iter(np.cumsum([0.0] + [1.0] * 10))
    monkeypatch.setattr("benchmarks.explanations.timing.time.perf_counter", lambda: next(clock))
    monkeypatch.setattr(sys, "stdin", io.StringIO("4 all classes\n1 all classes\n"))
    runs = []
    serve({"all classes": lambda: runs.append(1)})
    answers = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [answer["clock"] for answer in answers] == [0.25, 1.0]
    assert len(runs) == 1 + 4 + 1
