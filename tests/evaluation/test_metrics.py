"""Figures worked out by hand."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from melanoma.errors import UserError
from melanoma.evaluation.evaluate import age_groups, evaluate, group_probabilities
from melanoma.evaluation.metrics import (
    Estimate,
    average_precision,
    balanced_accuracy,
    bootstrap,
    brier_score,
    calibration_error,
    predictive_values,
    roc_auc,
    share,
)
from melanoma.evaluation.reliability import _weighted_median, coverage_by_diagnosis, judge_calibration
from melanoma.model.bundle import load_bundle
from melanoma.model.calibration import fit_temperature
from melanoma.model.log_odds import Calibration


def test_balanced_accuracy_is_the_mean_of_the_recalls():
    truth, predicted = np.array([0, 0, 0, 0, 1, 1]), np.array([0, 0, 0, 1, 1, 0])
    assert balanced_accuracy(truth, predicted, np.ones(6)) == pytest.approx((3 / 4 + 1 / 2) / 2)
    assert balanced_accuracy(truth, predicted, np.array([1, 1, 1, 1, 0, 0.0])) == pytest.approx(3 / 4)


def test_roc_auc_counts_the_pairs_in_order():
    positive, score = np.array([True, True, False, False]), np.array([0.9, 0.4, 0.5, 0.1])
    assert roc_auc(positive, score, np.ones(4)) == pytest.approx(3 / 4)
    assert np.isnan(roc_auc(positive, score, np.array([1, 1, 0, 0.0])))
    assert np.isnan(roc_auc(positive, score, np.array([0, 0, 1, 1.0])))
    assert share(score > 0.45, positive, np.ones(4)) == 0.5


def test_the_interval_comes_from_lesions_not_images():
    rng = np.random.default_rng(0)
    values = np.repeat(rng.normal(size=30), 10)  # ten equal images of each of thirty lesions
    lesions = np.repeat(np.arange(30), 10)

    def mean(weights):
        return float((weights * values).sum() / weights.sum())

    by_lesion = bootstrap(mean, lesions, 1000)
    by_image = bootstrap(mean, np.arange(300), 1000)
    assert by_lesion.low < by_lesion.value < by_lesion.high
    wider = (by_lesion.high - by_lesion.low) / (by_image.high - by_image.low)
    assert wider == pytest.approx(10**0.5, rel=0.2)


def test_temperature_undoes_overconfidence():
    rng = np.random.default_rng(0)
    logits = rng.normal(size=(20000, 3))
    truth = (logits + rng.gumbel(size=logits.shape)).argmax(axis=1)
    assert fit_temperature(3 * logits, truth, np.bincount(truth) / 20000) == pytest.approx(3, rel=0.05)


def test_temperature_is_that_of_the_mix_that_the_probabilities_are_for():
    rng = np.random.default_rng(0)
    prior = np.array([0.7, 0.2, 0.1])
    logits = rng.normal(size=(20000, 3))
    truth = (logits + np.log(prior) + rng.gumbel(size=logits.shape)).argmax(axis=1)
    mix = np.bincount(truth) / 20000
    logits += np.log(prior) - np.log(mix)  # free of the mix that the truth came in
    assert fit_temperature(3 * logits, truth, mix) == pytest.approx(3, rel=0.05)


def test_a_constant_added_to_all_logits_changes_no_probability():
    logits, prior = np.array([[1.0, -2.0, 0.5]]), (0.2, 0.3, 0.5)
    probabilities = Calibration(1.3, prior).probabilities
    assert probabilities(logits + 7) == pytest.approx(probabilities(logits))
    assert probabilities(np.zeros(3)) == pytest.approx(prior)


def test_coarser_labels_add_probabilities_up():
    codes = ("MEL", "NV", "AK", "SCC")
    probabilities = np.array([[0.3, 0.1, 0.25, 0.35]])
    grouped = group_probabilities(probabilities, codes, ("AKIEC", "MEL", "NV"))
    assert grouped[0] == pytest.approx([0.6, 0.3, 0.1])
    with pytest.raises(UserError, match="overlap"):
        group_probabilities(probabilities, codes, ("AK", "AKIEC"))
    with pytest.raises(UserError, match="does not know"):
        group_probabilities(probabilities, codes, ("DF", "MEL"))


def test_calibration_error_and_brier_score_by_hand():
    probabilities = np.array([[0.9, 0.1], [0.9, 0.1], [0.3, 0.7], [0.3, 0.7]])
    truth = np.array([0, 1, 1, 1])
    even = np.ones(4)
    # Two with confidence 0.9, one of them right; two with 0.7, both right.
    assert calibration_error(probabilities, truth, even) == pytest.approx((0.4 + 0.3) / 2)
    assert brier_score(probabilities, truth, even) == pytest.approx((0.02 + 1.62 + 0.18 + 0.18) / 4)
    only_first = np.array([1.0, 0, 0, 0])
    assert calibration_error(probabilities, truth, only_first) == pytest.approx(0.1)


def test_predictive_values_by_the_textbook():
    # 1,000 patients, 10 ill; the test finds 9 of them and rings for 99 of the 990 others.
    alert, silence = predictive_values(0.9, 0.9, 0.01)
    assert alert == pytest.approx(9 / 108)
    assert silence == pytest.approx(891 / 892)
    assert np.isnan(predictive_values(0.0, 1.0, 0.1)[0])


def test_average_precision_of_a_known_order():
    score = np.array([0.9, 0.8, 0.7, 0.6])
    found = average_precision(np.array([True, False, True, False]), score, np.ones(4))
    assert found == pytest.approx((1 + 2 / 3) / 2)
    assert np.isnan(average_precision(np.zeros(4, bool), score, np.ones(4)))
    assert np.isnan(average_precision(np.ones(4, bool), score, np.ones(4)))
    assert np.isnan(average_precision(score > 0.65, score, np.array([1, 1, 1, 0.0])))


def test_an_estimate_that_nobody_knows():
    nowhere = bootstrap(lambda weights: float("nan"), np.arange(3), 10)
    assert str(nowhere) == "not known"
    assert nowhere.as_json() == {"value": None, "low": None, "high": None}


def test_reliability_is_judged_in_the_mix_that_is_meant(small_bundle):
    truth = np.tile([0, 0, 0, 1], 100)
    logits = np.log(np.tile([[0.75, 0.25]], (400, 1)))
    bundle = replace(
        load_bundle(small_bundle),
        temperature=1.0,
        prior=(0.5, 0.5),
        conformal_quantiles=(0.3, 0.3),
        conformal_method="class-conditional",
    )
    found = judge_calibration(logits, truth, np.arange(400), bundle)
    # Weighted to equal classes the first column is right in half of the cases, at a confidence of 0.75.
    assert found["calibration_error"].value == pytest.approx(0.25)
    assert found["coverage"].value == pytest.approx(0.5)
    assert found["coverage_as_found"].value == pytest.approx(0.75)
    assert found["set_size"].value == found["median_set_size"].value == pytest.approx(1.0)
    predictions = pd.DataFrame({"MEL": [0.9, 0.6, 0.2], "NV": [0.1, 0.4, 0.8]}).assign(
        diagnosis=["MEL", "MEL", "NV"], lesion_id=["a", "b", "c"]
    )
    by_diagnosis = coverage_by_diagnosis(predictions, bundle)  # in the set from 0.7 on
    assert {code: found.value for code, found in by_diagnosis.items()} == {"MEL": 0.5, "NV": 1.0}


@pytest.mark.parametrize(
    ("weights", "median"), [([1, 1, 1], 2), ([3, 1, 1], 1), ([0, 1, 3], 5), ([1, 0, 1], 1)]
)
def test_a_weighted_median_by_hand(weights, median):
    assert _weighted_median(np.array([1, 5, 2])[[0, 2, 1]], np.array(weights, float)) == median


def test_the_second_alert_is_judged_by_all_that_is_malignant():
    codes = ("MEL", "NV", "BCC")
    truth = ["MEL", "MEL", "BCC", "BCC", "NV", "NV", "NV", "NV"]
    probabilities = np.array(
        [
            *([0.8, 0.1, 0.1], [0.1, 0.3, 0.6], [0.0, 0.1, 0.9], [0.1, 0.8, 0.1]),
            *([0.6, 0.3, 0.1], [0.1, 0.2, 0.7], [0.0, 0.9, 0.1], [0.1, 0.7, 0.2]),
        ]
    )
    found = evaluate(small_table(truth), probabilities, codes, 0.5, 50, malignancy_threshold=0.7)
    figures = {name: estimate.value for name, estimate in found.figures.items()}
    assert (figures["alert_sensitivity"], figures["alert_specificity"]) == (0.5, 5 / 6)
    assert (figures["malignancy_sensitivity"], figures["malignancy_specificity"]) == (0.75, 0.5)
    assert figures["either_specificity"] == 0.5
    assert {label: value.value for label, value in found.alerted_by_label.items()} == {
        **{"BCC": 0.5, "MEL": 1.0, "NV": 0.5}
    }
    alone = evaluate(small_table(truth), probabilities, codes, 0.5, 50)
    assert not {"malignancy_sensitivity", "either_specificity"} & set(alone.figures)
    assert alone.alerted_by_label["MEL"].value == 0.5


def small_table(diagnoses: list[str], **columns: list) -> pd.DataFrame:
    names = [str(number) for number in range(len(diagnoses))]
    return pd.DataFrame({"image_id": names, "diagnosis": diagnoses, "lesion_id": names} | columns)


def test_evaluation_of_a_small_table():
    probabilities = np.array([[0.9, 0.1], [0.2, 0.8], [0.2, 0.8], [0.6, 0.4]])
    table = small_table(["MEL", "MEL", "NV", "NV"], sex=["male", "male", None, "male"])
    found = evaluate(table, probabilities, ("MEL", "NV"), 0.25, 200)
    assert found.figures["balanced_accuracy"].value == pytest.approx(0.5)
    assert found.figures["melanoma_auc"].value == pytest.approx((1 + 1 + 0.5 + 0) / 4)
    assert found.figures["malignant_auc"].value == found.figures["melanoma_auc"].value
    assert found.figures["alert_sensitivity"].value == 0.5
    assert found.figures["alert_specificity"].value == 0.5
    assert found.precision_by_label["MEL"].value == 0.5
    assert found.confusion.tolist() == [[1, 1], [1, 1]]
    assert found.missed == (("1", 0.2),)
    assert found.predictive[0.01][0].value == pytest.approx(0.01)
    assert [(group.name, group.images, group.melanomas, group.small) for group in found.groups] == [
        ("male", 3, 2, True),
        ("unknown", 1, 0, True),
    ]
    json.loads(json.dumps(found.as_json(), allow_nan=False))
    with pytest.raises(UserError, match="at least two"):
        evaluate(small_table(["NV", "NV"]), probabilities[:2], ("MEL", "NV"), 0.5)


def test_malignancy_is_judged_through_coarser_labels():
    table = small_table(["MEL", "NEVUS_OR_SK", "MEL", "NEVUS_OR_SK"])
    probabilities = np.array([[0.9, 0.1, 0.0], [0.2, 0.4, 0.4], [0.6, 0.4, 0.0], [0.1, 0.1, 0.8]])
    found = evaluate(table, probabilities, ("MEL", "NV", "BKL"), 0.5, 50)
    assert found.figures["malignant_auc"].value == 1.0  # NV and BKL are both harmless


def test_ages_fall_into_their_groups():
    groups = age_groups(pd.Series([0.0, 29, 30, 85, np.nan]))
    assert groups.tolist()[:4] == ["0 to 29", "0 to 29", "30 to 44", "75 up"]
    assert groups.isna().tolist() == [False] * 4 + [True]


def test_a_score_at_the_threshold_rings():
    codes = ("MEL", "NV", "BCC")
    probabilities = np.array([[0.5, 0.5, 0.0], [0.25, 0.75, 0.0], [0.25, 0.25, 0.5], [0.0, 0.5, 0.5]])
    table = small_table(["MEL", "MEL", "BCC", "NV"])
    found = evaluate(table, probabilities, codes, 0.5, 40, malignancy_threshold=0.75).figures
    assert found["alert_sensitivity"].value == 0.5, "0.5 of a threshold of 0.5"
    assert found["malignancy_sensitivity"].value == pytest.approx(1 / 3), "0.75 of a threshold of 0.75"


def test_the_second_alert_s_figures_by_hand():
    """Of three malignant lesions two have the second alert, of five harmless ones one; the first one more."""
    codes = ("MEL", "NV", "BCC")
    truth = ["MEL", "BCC", "BCC", *["NV"] * 5]
    malignancy = np.array([0.9, 0.8, 0.1, 0.9, 0.2, 0.1, 0.1, 0.65])
    melanoma = np.array([0.9, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.65])
    probabilities = np.stack([melanoma, 1 - malignancy, malignancy - melanoma], axis=1)
    found = evaluate(small_table(truth), probabilities, codes, 0.6, 40, malignancy_threshold=0.7)
    figures = {name: estimate.value for name, estimate in found.figures.items()}
    assert figures["malignancy_sensitivity"] == pytest.approx(2 / 3)
    assert figures["malignancy_specificity"] == pytest.approx(4 / 5)
    assert figures["either_specificity"] == pytest.approx(3 / 5)
    assert (figures["alert_sensitivity"], figures["alert_specificity"]) == (1.0, pytest.approx(6 / 7))
    assert {label: value.value for label, value in found.alerted_by_label.items()} == {
        **{"BCC": 0.5, "MEL": 1.0, "NV": pytest.approx(2 / 5)}
    }


def test_an_estimate_comes_back_from_json():
    for estimate in (Estimate(0.5, 0.25, 0.75), Estimate(0.5, np.nan, np.nan)):
        found = Estimate.from_json(json.loads(json.dumps(estimate.as_json())))
        assert str(found) == str(estimate) and found.value == estimate.value
        assert np.isnan(found.low) == np.isnan(estimate.low)
