"""Log-odds by hand, at their limits, and blind to what all outputs share."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import expit

from melanoma.errors import UserError
from melanoma.model.log_odds import (
    Calibration,
    entropy,
    log_odds,
    shares_of_the_others,
    shares_within,
)
from melanoma.model.prediction import Prediction
from melanoma.photos.framing import Geometry


def prediction_of(logits, prior=None, temperature=1.0, maps=None, bias=None) -> Prediction:
    count = len(logits)
    return Prediction(
        codes=("MEL", "NV", "BKL", "BCC", "AK", "SCC", "DF", "VASC")[:count],
        logits=np.asarray(logits, np.float32),
        calibration=Calibration(temperature, prior or (1 / count,) * count),
        class_maps=maps,
        bias=np.zeros(count, np.float32) if bias is None else np.asarray(bias, np.float32),
        melanoma_alert=False,
        prediction_set=(),
        in_distribution=True,
        novelty=0.0,
        quality=(),
        pixels=np.zeros((4, 4, 3), np.uint8),
        geometry=Geometry(4, 4, 0, 0, 4, 4),
    )


def with_maps(logits, seed=0, **more) -> Prediction:
    """A prediction whose class maps and bias sum to its logits."""
    rng = np.random.default_rng(seed)
    maps = rng.normal(size=(3, 5, len(logits))).astype(np.float32)
    bias = np.asarray(logits) - maps.sum(axis=(0, 1), dtype=np.float64)
    return prediction_of(logits, maps=maps, bias=bias, **more)


def test_three_diagnoses_by_hand():
    # Probabilities 1/2, 3/8, 1/8: odds 1, 3/5, 1/7.
    scores = np.log([4.0, 3.0, 1.0])
    assert np.exp(log_odds(scores)) == pytest.approx([1, 3 / 5, 1 / 7])
    assert shares_of_the_others(scores) == pytest.approx(
        np.array([[0, 3 / 4, 1 / 4], [4 / 5, 0, 1 / 5], [4 / 7, 3 / 7, 0]])
    )
    assert entropy(np.array([[0, 0.5, 0.5], [1, 0, 0]])) == pytest.approx([np.log(2), 0])
    assert shares_within(scores, [0, 2]) == pytest.approx([4 / 5, 0, 1 / 5])


def test_slopes_are_the_differences_of_the_log_odds():
    calibration, logits = Calibration(0.6, (0.1, 0.2, 0.7)), np.array([0.3, -1.0, 0.8])
    step = 1e-5
    for j in range(3):
        moved = (calibration.log_odds(logits + sign * step * np.eye(3)[j]) for sign in (1, -1))
        up, down = moved
        assert calibration.slopes(logits)[:, j] == pytest.approx((up - down) / (2 * step), abs=1e-6)


@pytest.mark.parametrize("count", [2, 3, 8])
@pytest.mark.parametrize("temperature", [0.4, 1.0, 2.5])
def test_the_sum_is_exact(count, temperature):
    rng = np.random.default_rng(count)
    prior = tuple(rng.dirichlet(np.ones(count)))
    found = with_maps(rng.normal(scale=3, size=count), count, prior=prior, temperature=temperature)
    evidence = found.evidence.sum(axis=(0, 1), dtype=np.float64)
    p = found.probabilities
    assert found.starting_values + evidence - found.division == pytest.approx(np.log(p / (1 - p)), abs=1e-4)
    assert expit(found.log_odds) == pytest.approx(p)
    assert np.exp(found.scores) == pytest.approx(p)
    assert (found.division >= 0).all() and (found.division <= np.log(max(count - 1, 1)) + 1e-12).all()


def shared_changes():
    rng = np.random.default_rng(5)
    return {
        "a constant": np.full((3, 5), 4.0),
        "a halo": 10 * rng.random((3, 5)),
        "a map that takes away": -10 * rng.random((3, 5)),
    }


@pytest.mark.parametrize("name", shared_changes())
def test_a_map_added_to_all_outputs_changes_nothing_but_raw_maps_and_logits(name):
    added = shared_changes()[name]
    before = with_maps([2.0, -1.0, 0.5, 0.1], prior=(0.1, 0.6, 0.2, 0.1), temperature=0.7)
    after = replace(
        before,
        logits=(before.logits + added.sum()).astype(np.float32),
        class_maps=(before.class_maps + added[..., None]).astype(np.float32),
    )
    for shown in ("scores", "probabilities", "log_odds", "evidence", "starting_values", "division"):
        assert getattr(after, shown) == pytest.approx(getattr(before, shown), abs=1e-4), shown
    assert [code for code, _ in after.ranked] == [code for code, _ in before.ranked]
    assert np.abs(after.class_maps - before.class_maps).max() > 1
    assert np.abs(after.logits - before.logits).max() > 1


def test_a_constant_added_to_the_bias_changes_no_starting_value():
    before = with_maps([2.0, -1.0, 0.5])
    after = replace(before, bias=before.bias + 9, logits=before.logits + 9)
    for shown in ("starting_values", "log_odds", "division"):
        assert getattr(after, shown) == pytest.approx(getattr(before, shown), abs=1e-5), shown


def test_a_probability_of_one_to_the_last_digit_has_finite_log_odds():
    found = with_maps([900.0, 0.0, 0.0])
    assert found.probability("MEL") == 1.0
    assert found.log_odds[0] == pytest.approx(900 - np.log(2))
    assert np.isfinite(found.evidence).all() and np.isfinite(found.division).all()
    assert found.evidence[..., 0] == pytest.approx(
        found.class_maps[..., 0] - found.class_maps[..., 1:].mean(axis=-1), abs=1e-5
    )
    evidence = found.evidence.sum(axis=(0, 1), dtype=np.float64)
    assert found.starting_values + evidence - found.division == pytest.approx(found.log_odds, abs=1e-3)


def test_equal_scores_are_each_against_the_mean_of_the_others():
    found = with_maps([1.0] * 8)
    assert found.probabilities == pytest.approx(1 / 8)
    assert found.log_odds == pytest.approx(-np.log(7))
    assert found.division == pytest.approx(np.log(7))
    others = found.class_maps[..., 1:].mean(axis=-1)
    assert found.evidence[..., 0] == pytest.approx(found.class_maps[..., 0] - others, abs=1e-5)


def test_of_two_diagnoses_the_evidence_of_one_is_that_of_the_other_turned_round():
    found = with_maps([0.7, -0.2], prior=(0.3, 0.7))
    assert found.evidence[..., 0] == pytest.approx(-found.evidence[..., 1], abs=1e-6)
    assert found.log_odds[0] == pytest.approx(-found.log_odds[1])


def test_several_diagnoses_together_against_the_rest():
    found = with_maps([2.0, -1.0, 0.5, 0.1], prior=(0.1, 0.6, 0.2, 0.1), temperature=0.7)
    assert found.evidence_for_any(["NV"]) == pytest.approx(found.evidence[..., 1], abs=1e-6)
    # What the joint log-odds change by when the maps change a little is the map itself.
    change = np.random.default_rng(1).normal(size=found.class_maps.shape) * 1e-3

    def joint(maps):
        logits = (maps.sum(axis=(0, 1), dtype=np.float64) + found.bias).astype(np.float64)
        p = found.calibration.probabilities(logits)[[0, 2]].sum()
        return np.log(p / (1 - p))

    base = found.class_maps.astype(np.float64)
    moved = joint(base + change) - joint(base - change)
    slopes = (shares_within(found.scores, [0, 2]) - shares_within(found.scores, [1, 3])) / 0.7
    assert moved == pytest.approx(2 * float((change @ slopes).sum()), rel=1e-3)
    assert found.evidence_for_any(["MEL", "BKL"]) == pytest.approx(base @ slopes, abs=1e-5)
    for codes in ((), found.codes):
        with pytest.raises(UserError, match="give some, and not all"):
            found.evidence_for_any(codes)


def test_a_network_without_class_maps_has_no_evidence_but_log_odds():
    found = prediction_of([1.0, 0.0, 0.0])
    assert found.evidence is None
    assert found.log_odds[0] == pytest.approx(1 - np.log(2))
    with pytest.raises(UserError, match="no evidence map"):
        found.require_evidence()
    with pytest.raises(UserError, match="no evidence map"):
        found.require_class_maps()


def test_equals_are_ranked_in_the_order_of_the_codes():
    found = prediction_of([0.0, 1.0, 0.0, 1.0, 0.0, 0.0, 1.0, 0.0])
    assert [code for code, _ in found.ranked] == ["NV", "BCC", "DF", "MEL", "BKL", "AK", "SCC", "VASC"]
