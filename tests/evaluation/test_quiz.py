"""The quiz's sums: worked out by hand."""

import csv
import io
import json

import numpy as np
import pytest

from melanoma.evaluation.quiz import (
    QuizAnswer,
    among_options,
    as_csv,
    as_json,
    both_missed,
    chosen,
    draw_cases,
    rank_of_mark,
    score,
)
from melanoma.photos.framing import Geometry

ANSWERS = [
    QuizAnswer("a", "MEL", "MEL", 0.9, "MEL", 0.6, 0.95),
    QuizAnswer("b", "NV", "MEL", 0.7, "MEL", 0.8, None),
    QuizAnswer("c", "MEL", "NV", 0.5, "MEL", 0.5, 0.2),
]


def test_brier_score_by_hand():
    found = score([0.9, 0.7, 0.5], [True, False, False])
    assert found.right == 1
    assert found.brier == pytest.approx((0.01 + 0.49 + 0.25) / 3)
    assert score([0.5] * 4, [True, False, True, False]).brier == pytest.approx(0.25)


def test_calibration_ranges_by_hand():
    found = score([0.6, 0.7, 1.0, 1.0], [True, False, True, True])
    assert found.bins == ((pytest.approx(0.65), 0.5, 2), (1.0, 1.0, 2))


def test_what_both_missed():
    assert [answer.case for answer in both_missed(ANSWERS)] == ["b"]


def test_the_network_chooses_among_the_same_options():
    assert among_options(np.array([0.1, 0.3]), ("MEL", "NV")) == ("NV", pytest.approx(0.75))
    assert among_options(np.zeros(2), ("MEL", "NV"))[1] == 0.5


def test_a_mark_is_ranked_within_what_the_network_saw():
    geometry = Geometry(width=200, height=100, left=50, top=0, side=100, size=64)
    heatmap = np.array([[0, 0], [0, 5]], np.float32)
    assert rank_of_mark(heatmap, geometry, 140, 90) > 0.9
    assert rank_of_mark(heatmap, geometry, 60, 10) == 0
    assert rank_of_mark(heatmap, geometry, 10, 50) == 0  # outside
    assert rank_of_mark(heatmap, geometry, 200, 100) == 0  # the very corner of the photo


def test_the_same_seed_gives_the_same_cases():
    assert draw_cases(3, 10) == draw_cases(3, 10)
    assert draw_cases(3, 10) != draw_cases(4, 10)
    assert {truth for truth, _, _ in draw_cases(3, 40)} == {"MEL", "NV"}
    assert chosen(range(100), 5, 10) == chosen(range(100), 5, 10)
    assert chosen(range(100), 5, 10) != chosen(range(100), 6, 10)
    assert sorted(chosen("abc", 1, 10)) == ["a", "b", "c"]


def test_the_result_to_take_away_holds_every_answer():
    rows = list(csv.DictReader(io.StringIO(as_csv(ANSWERS))))
    assert [row["case"] for row in rows] == ["a", "b", "c"]
    assert rows[1]["mark"] == ""
    content = json.loads(as_json(ANSWERS, "version", "drawn", 3))
    assert content["student"]["right"] == 1
    assert content["network"]["right"] == 2
    assert len(content["answers"]) == 3


def test_a_case_named_like_a_formula_is_text_to_a_spreadsheet():
    named = QuizAnswer("=HYPERLINK(1)", "MEL", "MEL", 0.9, "MEL", 0.6, None)
    rows = list(csv.DictReader(io.StringIO(as_csv([named]))))
    assert rows[0]["case"] == "'=HYPERLINK(1)"
