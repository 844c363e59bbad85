"""Figures worked out by hand."""

import numpy as np
import pytest

from melanoma.errors import UserError
from melanoma.evaluation.calibration import (
    alert_threshold,
    conformal_quantiles,
    fit_temperature,
    probabilities_from,
)
from melanoma.evaluation.evaluate import evaluate, group_probabilities
from melanoma.evaluation.metrics import balanced_accuracy, bootstrap, roc_auc, share


def test_balanced_accuracy_is_the_mean_of_the_recalls():
    truth, predicted = np.array([0, 0, 0, 0, 1, 1]), np.array([0, 0, 0, 1, 1, 0])
    assert balanced_accuracy(truth, predicted, np.ones(6)) == pytest.approx((3 / 4 + 1 / 2) / 2)
    assert balanced_accuracy(truth, predicted, np.array([1, 1, 1, 1, 0, 0.0])) == pytest.approx(3 / 4)


def test_roc_auc_counts_the_pairs_in_order():
    positive, score = np.array([True, True, False, False]), np.array([0.9, 0.4, 0.5, 0.1])
    assert roc_auc(positive, score, np.ones(4)) == pytest.approx(3 / 4)
    assert np.isnan(roc_auc(positive, score, np.array([1, 1, 0, 0.0])))
    assert share(score > 0.45, positive, np.ones(4)) == 0.5


def test_the_interval_comes_from_lesions_not_images():
    rng = np.random.default_rng(0)
    values = np.repeat(rng.normal(size=30), 10)  # ten equal images of each of thirty lesions
    lesions = np.repeat(np.arange(30), 10)

    def mean(weights):
        return float((weights * values).sum() / weights.sum())

    by_lesion = bootstrap(mean, lesions)
    by_image = bootstrap(mean, np.arange(300))
    assert by_lesion.low < by_lesion.value < by_lesion.high
    wider = (by_lesion.high - by_lesion.low) / (by_image.high - by_image.low)
    assert wider == pytest.approx(10**0.5, rel=0.2)


def test_temperature_undoes_overconfidence():
    rng = np.random.default_rng(0)
    logits = rng.normal(size=(20000, 3))
    truth = (logits + rng.gumbel(size=logits.shape)).argmax(axis=1)
    assert fit_temperature(3 * logits, truth, np.bincount(truth) / 20000) == pytest.approx(3, rel=0.05)


def test_a_constant_added_to_all_logits_changes_no_probability():
    logits, prior = np.array([[1.0, -2.0, 0.5]]), (0.2, 0.3, 0.5)
    assert probabilities_from(logits + 7, 1.3, prior) == pytest.approx(probabilities_from(logits, 1.3, prior))
    assert probabilities_from(np.zeros(3), 1.0, prior) == pytest.approx(prior)


def test_the_alert_threshold_finds_the_share_and_not_more():
    score = np.arange(1, 21) / 20
    threshold = alert_threshold(score, np.ones(20, bool), 0.95)
    assert (score >= threshold).sum() == 19


def test_conformal_quantile_by_hand():
    probabilities = np.column_stack([np.arange(1, 10) / 10, 1 - np.arange(1, 10) / 10])
    quantiles = conformal_quantiles(probabilities, np.zeros(9, int), 0.8)
    # The 8th of nine scores; a class without images is always in.
    assert quantiles == pytest.approx([0.8, 1.0])


def test_coarser_labels_add_probabilities_up():
    codes = ("MEL", "NV", "AK", "SCC")
    probabilities = np.array([[0.3, 0.1, 0.25, 0.35]])
    grouped = group_probabilities(probabilities, codes, ("AKIEC", "MEL", "NV"))
    assert grouped[0] == pytest.approx([0.6, 0.3, 0.1])
    with pytest.raises(UserError, match="overlap"):
        group_probabilities(probabilities, codes, ("AK", "AKIEC"))
    with pytest.raises(UserError, match="does not know"):
        group_probabilities(probabilities, codes, ("DF", "MEL"))


def test_evaluation_of_a_small_table():
    probabilities = np.array([[0.9, 0.1], [0.3, 0.7], [0.2, 0.8], [0.6, 0.4]])
    truth = np.array(["MEL", "MEL", "NV", "NV"])
    found = evaluate(truth, probabilities, np.arange(4), ("MEL", "NV"), 0.25, 200)
    assert found.figures["balanced_accuracy"].value == pytest.approx(0.5)
    assert found.figures["melanoma_auc"].value == pytest.approx(3 / 4)
    assert found.figures["alert_sensitivity"].value == 1
    assert found.figures["alert_specificity"].value == 0.5
    with pytest.raises(UserError, match="at least two"):
        evaluate(np.array(["NV", "NV"]), probabilities[:2], np.arange(2), ("MEL", "NV"), 0.5)
