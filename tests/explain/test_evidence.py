"""Sums of signed maps: totals, regions, differences."""

import numpy as np
import pytest

from melanoma.explain.base import ExplanationRequest
from melanoma.explain.evidence import RUNNER_UP, DifferenceMap, total_against, total_for
from melanoma.explain.waterfall import waterfall

# Two regions for (5 and 1.5), one against (-3), touching corners only, and faint cells.
HEATMAP = np.array(
    [
        [2.0, 2.0, 0.1, -1.0],
        [1.0, -0.1, 0.0, -2.0],
        [0.0, 0.0, 1.5, 0.0],
        [0.0, 0.0, 0.0, -0.1],
    ]
)


def test_totals_by_hand():
    assert total_for(HEATMAP) == pytest.approx(6.6)
    assert total_against(HEATMAP) == pytest.approx(-3.2)
    assert total_for(-np.ones((2, 2))) == 0
    assert total_against(np.ones((2, 2))) == 0


def test_regions_by_hand():
    parts = waterfall(HEATMAP, base=0.5)
    assert [region.total for region in parts.regions] == pytest.approx([5.0, -3.0, 1.5])
    assert parts.rest == pytest.approx(-0.1)
    assert parts.log_odds == pytest.approx(3.9)
    assert parts.regions[0].cells.sum() == 3
    assert parts.regions[2].centre == pytest.approx((2.5 / 4, 2.5 / 4))
    assert parts.regions[1].centre == pytest.approx((1 / 4, 3.5 / 4))


def test_what_is_beyond_the_largest_regions_goes_to_the_rest():
    parts = waterfall(HEATMAP, base=0.5, most=1)
    assert [region.total for region in parts.regions] == pytest.approx([5.0])
    assert parts.rest == pytest.approx(-1.6)
    assert parts.log_odds == pytest.approx(3.9)


def test_a_map_of_zeros_has_no_regions():
    parts = waterfall(np.zeros((3, 3)), base=-1.0)
    assert parts.regions == () and parts.rest == 0 and parts.log_odds == -1


def test_the_parts_of_a_prediction_add_up_to_its_log_odds(subject):
    for prediction in subject.predictions:
        base = prediction.starting_values - prediction.division
        for index, log_odds in enumerate(prediction.log_odds):
            parts = waterfall(prediction.evidence[..., index], base[index])
            assert parts.regions
            assert parts.log_odds == pytest.approx(log_odds, abs=1e-4)


def test_differences_add_up_to_the_difference_of_the_scores(subject):
    prediction = subject.predictions[0]
    maps = DifferenceMap().explain(
        ExplanationRequest(subject.network, prediction, {"than": "NV"}, ("MEL", "NV"))
    )
    calibration, bias, scores = prediction.calibration, prediction.bias, prediction.scores
    start = bias / calibration.temperature + calibration.log_prior
    assert maps[..., 0].sum() == pytest.approx(scores[0] - scores[1] - (start[0] - start[1]), abs=1e-4)
    assert not maps[..., 1].any(), "nothing sets a diagnosis apart from itself"
    reverse = DifferenceMap().explain(
        ExplanationRequest(subject.network, prediction, {"than": "MEL"}, ("NV",))
    )
    assert reverse[..., 0] == pytest.approx(-maps[..., 0])


def test_the_rival_is_the_likeliest_other_diagnosis(subject):
    prediction = subject.predictions[0]
    first, second = (code for code, _ in prediction.ranked[:2])
    of = DifferenceMap().explain
    default = of(ExplanationRequest(subject.network, prediction, {"than": RUNNER_UP}, (first, second)))
    assert (
        default[..., 0].tolist()
        == of(ExplanationRequest(subject.network, prediction, {"than": second}, (first,)))[..., 0].tolist()
    )
    assert (
        default[..., 1].tolist()
        == of(ExplanationRequest(subject.network, prediction, {"than": first}, (second,)))[..., 0].tolist()
    )
