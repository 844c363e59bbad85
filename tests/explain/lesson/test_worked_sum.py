"""The worked sum by hand, and its figures: the numbers are the prediction's own."""

from dataclasses import replace

import numpy as np
import pytest

from melanoma.edits.drawn_lesions import draw_lesion
from melanoma.explain.lesson.worked_sum import WorkedSum, worked_sum
from melanoma.figures.lesson import coloured, scale_colours, tiles_figure
from melanoma.figures.log_odds import evidence_bars, number_line, sum_figure
from melanoma.figures.map_colours import AGAINST, FOR
from melanoma.model.log_odds import Calibration
from melanoma.model.prediction import Prediction
from melanoma.photos.framing import Geometry

# Two diagnoses, temperature 2 and a mix of 1 to 3: log-odds (1 - 0) / 2 + ln(1/3).
PREDICTION = Prediction(
    codes=("MEL", "NV"),
    logits=np.array([1.0, 0.0], np.float32),
    calibration=Calibration(2.0, (0.25, 0.75)),
    class_maps=np.array([[[2.0, 0.0], [-0.5, -1.0]]], np.float32),
    bias=np.array([-0.5, 1.0], np.float32),
    melanoma_alert=True,
    prediction_set=("MEL",),
    in_distribution=True,
    novelty=0.0,
    quality=(),
    pixels=np.zeros((4, 4, 3), np.uint8),
    geometry=Geometry(4, 4, 0, 0, 4, 4),
)
WORKED = WorkedSum(
    starting_values=np.array([-0.5, 1.0, -3.0]),
    evidence_for=np.array([2.0, 0.0, 0.5]),
    evidence_against=np.array([-0.25, -1.0, -0.5]),
    division=np.array([0.25, 0.5, 0.0]),
)


def test_by_hand():
    worked = worked_sum(PREDICTION)
    # Of two diagnoses the other has all that is left: its map, halved by the temperature, is taken off.
    assert PREDICTION.evidence[0].tolist() == [[1.0, -1.0], [0.25, -0.25]]
    assert worked.evidence_for == pytest.approx([1.25, 0.0])
    assert worked.evidence_against == pytest.approx([0.0, -1.25])
    assert worked.starting_values == pytest.approx([-0.75 - np.log(3), 0.75 + np.log(3)])
    assert worked.division.tolist() == [0.0, 0.0], "a single rival is not divided"
    assert worked.log_odds == pytest.approx([0.5 - np.log(3), np.log(3) - 0.5])
    # exp(0.5) * 0.25 = 0.41218 against 0.75
    assert worked.probabilities == pytest.approx([0.35466, 0.64534], abs=1e-5)


def test_the_sum_is_the_log_odds_of_the_probability_shown(shipped_classifier, small_classifier):
    for classifier in (shipped_classifier, small_classifier):
        for prediction in classifier([draw_lesion(seed=seed).image for seed in (1, 2)]):
            worked, shown = worked_sum(prediction), prediction.probabilities
            assert worked.log_odds == pytest.approx(np.log(shown / (1 - shown)), abs=1e-4)
            assert worked.probabilities == pytest.approx(shown, abs=1e-5)


def test_the_sum_follows_the_mix_that_is_looked_at(small_classifier):
    prediction = small_classifier([draw_lesion(seed=1).image])[0]
    other = replace(prediction, calibration=Calibration(0.7, (0.02, 0.98)))
    assert abs(other.probability("MEL") - prediction.probability("MEL")) > 0.01
    assert worked_sum(other).probabilities == pytest.approx(other.probabilities, abs=1e-6)


def test_the_figure_of_the_sum_has_its_numbers():
    steps = sum_figure(WORKED, 0, ("start", "for", "against", "division", "log-odds")).data[0]
    assert list(steps.y) == [-0.5, 2.0, -0.25, -0.25, 1.0]
    # Steps show what they add, the ends where the sum stands.
    assert list(steps.text) == ["-0.50", "+2.00", "-0.25", "-0.25", "+1.00"]


def test_all_diagnoses_stand_side_by_side_in_the_order_given():
    bars = evidence_bars(WORKED, [2, 0, 1], ["c", "a", "b"], ("for", "against")).data
    assert [list(bar.x) for bar in bars] == [[0.5, 2.0, 0.0], [-0.5, -0.25, -1.0]]
    assert list(bars[0].y) == ["c", "a", "b"]
    assert list(bars[1].text) == ["-0.50", "-0.25", "-1.00"]


def test_fifty_percent_is_the_middle_of_the_number_line():
    figure = number_line([2.0, 0.0, -9.0], ["a", "b", "c"], 1, ("against", "for"))
    assert list(figure.data[0].x) == [2.0, 0.0, -9.0]
    low, high = figure.layout.xaxis.range
    assert low == -high and high > 9
    labels = dict(zip(figure.layout.xaxis.ticktext, figure.layout.xaxis.tickvals, strict=True))
    assert labels["50%"] == 0 and labels["90%"] == pytest.approx(np.log(9))
    assert {"0.01%", "0.1%", "10%", "99.99%"} <= set(labels)
    assert "99.99%" not in number_line([0.1], ["a"], 0, ("against", "for")).layout.xaxis.ticktext


def test_tiles_share_one_scale_and_a_click_names_the_map():
    maps = np.stack([np.full((8, 8), value, np.float32) for value in (4, 2, 1, 1, 1)], axis=-1)
    figure = tiles_figure(maps, list("abcde"), 4, "Activation")
    tiles, points = figure.data[:-1], figure.data[-1]
    assert {tile.zmax for tile in tiles} == {4.0} and {tile.zmin for tile in tiles} == {0}
    assert list(points.text) == list("abcde")
    frame = figure.layout.shapes[0]
    assert frame.x0 < points.x[4] < frame.x1 and frame.y0 < points.y[4] < frame.y1


def test_a_map_s_colours_run_from_end_to_end():
    signed = coloured(np.array([[-3.0, -1.5, 0.0, 9.0]]), 3.0, signed=True)
    assert signed[0, [0, 2, 3]].tolist() == [list(AGAINST), [247, 247, 247], list(FOR)]
    assert signed[0, 1].tolist() == [140, 174, 210], "half of the way from blue to white"
    first, *_, last = scale_colours()
    assert coloured(np.array([[0.0, 2.0]]), 2.0, signed=False)[0].tolist() == [list(first), list(last)]
