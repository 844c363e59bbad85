"""The verdict of a prediction: each sentence is true of the bundle that it is made from."""

from dataclasses import replace

import numpy as np
import pytest

from melanoma.diagnoses import CODES
from melanoma.model.bundle import load_bundle
from melanoma.model.mix import mix_of
from melanoma.model.verdict_wording import (
    alert_words,
    cost_words,
    exactly,
    is_grave,
    kind_of,
    likeliest_words,
    missed_words,
    mix_words,
    promise_words,
    rounded,
    set_words,
    shown_mix_words,
)
from melanoma.phrases import Sentence
from tests.model.test_log_odds import prediction_of

EIGHT = ("MEL", "NV", "BKL", "BCC", "AK", "SCC", "DF", "VASC")


@pytest.fixture
def bundle(small_bundle):
    """Eight diagnoses equally often, a low alarm line, and figures of a test."""
    figures = {
        **{"alert_sensitivity": {"value": 0.95}, "alert_specificity": {"value": 0.4}, "melanomas": 40},
        **{"malignancy_sensitivity": {"value": 0.9}, "malignancy_specificity": {"value": 0.7}},
        "reliability": {"coverage": {"value": 0.93}},
    }
    return replace(
        load_bundle(small_bundle),
        **{"codes": EIGHT, "prior": (0.125,) * 8, "figures": figures},
        **{"alert_threshold": 0.03, "alert_sensitivity": 0.95, "alert_bound": 0.9599, "alert_lesions": 126},
        **{"malignancy_threshold": 0.1, "malignancy_bound": 0.951, "malignancy_lesions": 178},
        **{"alert_confidence": 0.95, "conformal_coverage": 0.9},
    )


def predicted(bundle, **shares):
    """A prediction with these probabilities, the rest shared evenly, and the alerts that the bundle gives."""
    rest = (1 - sum(shares.values())) / (8 - len(shares))
    found = prediction_of(np.log([shares.get(code, rest) for code in EIGHT]))
    return replace(
        found,
        melanoma_alert=found.probability("MEL") >= bundle.alert_threshold,
        malignancy_alert=found.malignancy >= bundle.malignancy_threshold,
    )


def said(prediction, bundle):
    return " ".join(f"{headline} {reason}" for headline, reason in alert_words(prediction, bundle))


def test_a_sure_carcinoma_is_a_warning_and_no_melanoma_alert(bundle):
    found = predicted(bundle, BCC=0.96, MEL=0.002)
    assert likeliest_words(found) == "Likeliest: basal cell carcinoma, 96%, a skin cancer."
    assert is_grave(found) and not found.melanoma_alert
    words = said(found, bundle)
    assert "No melanoma alert: melanoma has 0.2%, below the alarm line (3.0%)" in words
    assert "Alert for any skin cancer: all of them, and what can turn into one, have 97.5% together" in words
    assert "rang at 90% of those, and at 30% of the harmless lesions" in words
    assert "A dermatologist should look at it soon." in words and "All the same" not in words


def test_what_can_turn_into_cancer_is_called_so(bundle):
    found = predicted(bundle, AK=0.7)
    assert likeliest_words(found) == "Likeliest: actinic keratosis, 70%, can turn into skin cancer."
    assert is_grave(found)
    assert [code for code in CODES if "harmless" in kind_of(code)] == ["NV", "BKL", "DF", "VASC"]


def test_an_alert_beside_a_likelier_mole_gives_its_true_reason(bundle):
    found = predicted(bundle, NV=0.7, MEL=0.26)
    assert likeliest_words(found) == "Likeliest: mole (nevus), 70%, harmless if it is that."
    words = said(found, bundle)
    assert "melanoma is not the likeliest, but it reaches the alarm line (26.0%, line 3.0%)" in words
    assert "low on purpose, so that few are missed" in words and "resembles" not in words
    assert "rang at 95% of the melanomas, and at 60% of the other lesions" in words
    high = replace(bundle, alert_threshold=0.26)
    assert "low on purpose" not in said(found, high), "a line of 26% is not low"
    lax = replace(bundle, alert_sensitivity=0.5)
    assert "low on purpose" not in said(found, lax), "half of them are missed"


def test_a_likeliest_melanoma_is_told_as_that(bundle):
    words = said(predicted(bundle, MEL=0.8), bundle)
    assert "melanoma is the likeliest diagnosis (80.0%, alarm line 3.0%)" in words and "low on" not in words


def test_beside_a_calm_answer_stands_what_to_do_all_the_same(bundle):
    found = predicted(bundle, NV=0.97)
    assert not found.alert and not is_grave(found)
    words = said(found, bundle)
    assert "All the same: It misses melanomas: in its test 2 of 40 got no melanoma alert." in words
    assert "new, changing or unlike the others, shows it to a doctor" in words


@pytest.mark.parametrize(
    ("found", "sentence"),
    [
        ({"value": 1.0}, "none of 40 melanomas was missed by the alert; of others some will be"),
        ({"value": 0.5}, "20 of 40 got no melanoma alert"),
        ({"value": None}, "It misses melanomas."),
        (None, "It misses melanomas."),
    ],
)
def test_what_was_missed_is_counted(bundle, found, sentence):
    figures = bundle.figures | {"alert_sensitivity": found}
    assert sentence in missed_words(replace(bundle, figures=figures))


def test_of_a_bundle_without_figures_nothing_is_made_up(bundle):
    bare = replace(bundle, figures={}, alert_bound=None, malignancy_bound=None)
    assert cost_words(bare, "alert") == cost_words(bare, "malignancy") == promise_words(bare) == ""
    found = replace(predicted(bundle, NV=0.5, MEL=0.4), prediction_set=("NV", "MEL"))
    assert set_words(found, bare) == (
        "2 diagnoses stay possible: mole (nevus) and melanoma. Such sets aim at holding the true one in "
        "90% of photos."
    )
    assert "test" not in said(found, bare)


def test_no_second_alert_is_told_where_there_is_none_to_tell(bundle):
    found = predicted(bundle, NV=0.9)
    assert "any skin cancer" in said(found, bundle)
    assert "any skin cancer" not in said(replace(found, malignancy_alert=None), bundle)
    two = replace(bundle, codes=("MEL", "NV"), prior=(0.5, 0.5))
    pair = replace(prediction_of(np.log([0.4, 0.6])), melanoma_alert=True, malignancy_alert=True)
    assert "any skin cancer" not in said(pair, two) and "any skin cancer" not in promise_words(two)


def test_a_promise_is_cut_and_not_rounded(bundle):
    words = promise_words(bundle)
    assert "set on 126 melanomas so that, with 95% confidence, it rings at 95% or more" in words
    assert "set on 178 such lesions, and rings at 95% or more" in words


def test_sets_of_one_of_some_and_of_all(bundle):
    found = predicted(bundle, NV=0.5)
    one = replace(found, prediction_set=("NV",))
    assert set_words(one, bundle).startswith("Only mole (nevus) stays possible. In its test such a set held")
    assert set_words(replace(found, prediction_set=EIGHT), bundle).startswith(
        "All 8 diagnoses stay possible."
    )
    assert "nothing quite like this" in set_words(replace(found, prediction_set=()), bundle)


def test_the_mix_is_named(bundle):
    uneven = replace(bundle, prior=(0.1, 0.6, 0.05, 0.05, 0.05, 0.05, 0.05, 0.05))
    assert "of 100 photos about 60 mole (nevus), 10 melanoma, 5 " in mix_words(uneven)


@pytest.mark.parametrize(
    ("share", "whole", "exact"),
    [
        (1.0, "100%", "100.0%"),
        (0.9999, "over 99%", "over 99.9%"),
        (0.994, "over 99%", "99.4%"),
        (0.99, "99%", "99.0%"),
        (0.004, "under 1%", "0.4%"),
        (0.0004, "under 1%", "under 0.1%"),
        (0.0, "0%", "0.0%"),
    ],
)
def test_no_percentage_promises_certainty(share, whole, exact):
    assert (rounded(share), exactly(share)) == (whole, exact)


def test_another_mix_is_named_by_its_commonest(bundle):
    shares = dict.fromkeys(EIGHT, 0.01) | {"NV": 0.53, "MEL": 0.1, "AK": 0.32}
    words = shown_mix_words(mix_of("mine", shares, Sentence("the file mine"), bundle), bundle)
    assert "of 100 lesions about 53 mole (nevus), 32 actinic keratosis, 10 melanoma." in words


def test_of_two_malignant_diagnoses_the_second_alert_is_told(bundle):
    three = replace(bundle, codes=("MEL", "NV", "BCC"), prior=(0.2, 0.6, 0.2))
    found = replace(prediction_of(np.log([0.1, 0.5, 0.4])), codes=three.codes)
    found = replace(found, melanoma_alert=True, malignancy_alert=True)
    assert "Alert for any skin cancer" in said(found, three)
    assert "any skin cancer was set on 178 such lesions" in promise_words(three)
