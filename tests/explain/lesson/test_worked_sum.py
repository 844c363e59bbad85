"""The worked sum by hand, and its figures: the numbers are the prediction's own."""

from dataclasses import replace

import numpy as np
import pytest

from melanoma.explain.lesson.contributions import contributions
from melanoma.explain.lesson.worked_sum import worked_sum
from melanoma.figures.lesson import growing_sum, map_figure, sum_figure, tiles_figure
from melanoma.model.prediction import Prediction
from melanoma.photos.framing import Geometry

EVIDENCE = np.array([[[2.0, 0.0], [-0.5, -1.0]]], np.float32)
PREDICTION = Prediction(
    codes=("MEL", "NV"),
    probabilities=np.array([0.5, 0.5]),
    logits=np.array([1.0, 0.0], np.float32),
    evidence=EVIDENCE,
    bias=np.array([-0.5, 1.0], np.float32),
    melanoma_alert=True,
    prediction_set=("MEL",),
    in_distribution=True,
    novelty=0.0,
    quality=(),
    pixels=np.zeros((4, 4, 3), np.uint8),
    geometry=Geometry(4, 4, 0, 0, 4, 4),
)


def test_by_hand():
    worked = worked_sum(PREDICTION, temperature=2.0, prior=(0.25, 0.75))
    assert worked.evidence_for.tolist() == [2.0, 0.0]
    assert worked.evidence_against.tolist() == [-0.5, -1.0]
    assert worked.tempered.tolist() == [0.5, 0.0]
    # exp(0.5 + ln 0.25) = 0.4122, exp(0 + ln 0.75) = 0.75
    assert worked.powers == pytest.approx([0.41218, 0.75], abs=1e-5)
    assert worked.shares == pytest.approx([0.35466, 0.64534], abs=1e-5)


def test_the_parts_add_up_to_the_logit():
    worked = worked_sum(PREDICTION, 1.0, (0.5, 0.5))
    assert worked.bias + worked.evidence_for + worked.evidence_against == pytest.approx(worked.logits)


def test_the_shares_are_those_of_the_classifier(small_classifier):
    from melanoma.edits.drawn_lesions import draw_lesion

    bundle = replace(small_classifier.bundle, temperature=0.7, prior=(0.2, 0.8))
    prediction = small_classifier([draw_lesion(seed=1).image])[0]
    from melanoma.model.calibration import probabilities_from

    expected = probabilities_from(prediction.logits, bundle.temperature, bundle.prior)
    found = worked_sum(prediction, bundle.temperature, bundle.prior).shares
    assert found == pytest.approx(expected, abs=1e-12)
    own = worked_sum(prediction, small_classifier.bundle.temperature, small_classifier.bundle.prior)
    assert own.shares == pytest.approx(prediction.probabilities, abs=1e-12)


def test_the_figure_of_the_sum_has_its_numbers():
    worked = worked_sum(PREDICTION, 1.0, (0.5, 0.5))
    steps = sum_figure(worked, 0, ("start", "for", "against", "score")).data[0]
    assert list(steps.y) == [-0.5, 2.0, -0.5, 1.0]
    # Steps show what they add, the ends where the sum stands; Plotly fills these in.
    assert [template[2:7] for template in steps.texttemplate] == ["final", "delta", "delta", "final"]


def test_the_sum_grows_to_its_total():
    maps = np.ones((2, 2, 3), np.float32)
    parts = contributions(maps, np.array([1.0, -0.5, 0.25]))
    curve, marker = growing_sum(parts, 1, "added").data
    assert list(curve.y) == [0.0, 4.0, 2.0, 3.0]
    assert (marker.x[0], marker.y[0]) == (1, 4.0)


def test_tiles_share_one_scale_and_a_click_names_the_map():
    maps = np.stack([np.full((8, 8), value, np.float32) for value in (4, 2, 1, 1, 1)], axis=-1)
    figure = tiles_figure(maps, list("abcde"), 4, "Activation")
    tiles, points = figure.data[:-1], figure.data[-1]
    assert {tile.zmax for tile in tiles} == {4.0} and {tile.zmin for tile in tiles} == {0}
    assert list(points.text) == list("abcde")
    frame = figure.layout.shapes[0]
    assert frame.x0 < points.x[4] < frame.x1 and frame.y0 < points.y[4] < frame.y1


def test_a_signed_map_is_white_at_nought():
    assert map_figure(np.zeros((2, 2)), 3.0, "", signed=True).data[0].zmin == -3.0
    assert map_figure(np.zeros((2, 2)), 3.0, "").data[0].zmin == 0
