"""Prediction sets without a hole, and the limits that make them cover."""

import numpy as np
import pytest

from melanoma.model.bundle_layout import ADAPTIVE, CLASS_CONDITIONAL
from melanoma.model.prediction_sets import adaptive_limits, conformal_quantile, in_sets, likelier_mass


def test_what_is_likelier_by_hand():
    assert likelier_mass([0.5, 0.3, 0.2]) == pytest.approx([0, 0.5, 0.8])
    assert likelier_mass([0.2, 0.5, 0.3]) == pytest.approx([0.8, 0, 0.5])
    assert likelier_mass([0.4, 0.4, 0.2]) == pytest.approx([0, 0, 0.8]), "equals stand side by side"


@pytest.mark.parametrize(
    ("limits", "expected"),
    [
        ([0.6, 0.6, 0.6], [True, True, False]),
        ([0.0, 0.0, 0.0], [True, False, False]),
        ([0.0, 0.0, 0.8], [True, True, True]),  # the third is called for, and the second comes along
        ([0.0, 0.0, 0.79], [True, False, False]),
        ([1.0, 1.0, 1.0], [True, True, True]),
    ],
)
def test_a_set_by_hand(limits, expected):
    assert in_sets([0.5, 0.3, 0.2], limits, ADAPTIVE).tolist() == expected


def test_equals_are_in_together_and_a_tie_for_the_first_place_is_no_hole():
    assert in_sets([0.5, 0.5], [0.0, 0.0], ADAPTIVE).tolist() == [True, True]
    assert in_sets([0.4, 0.3, 0.3], [0.0, 0.4, 0.0], ADAPTIVE).tolist() == [True, True, True]


def test_the_first_bundles_sets_are_as_they_were():
    assert in_sets([0.5, 0.3, 0.2], [0.4, 0.8, 0.8], CLASS_CONDITIONAL).tolist() == [False, True, True]


def test_no_set_leaves_out_a_likelier_diagnosis():
    rng = np.random.default_rng(0)
    probabilities = rng.dirichlet(np.full(8, 0.3), 2000)
    sets = in_sets(probabilities, rng.uniform(0, 1, 8), ADAPTIVE)
    least = np.where(sets, probabilities, np.inf).min(axis=1)
    most = np.where(sets, -np.inf, probabilities).max(axis=1)
    assert (least > most).all() and sets[np.arange(2000), probabilities.argmax(axis=1)].all()
    assert 1 < sets.sum(axis=1).mean() < 8


def test_a_conformal_quantile_by_hand():
    scores = np.arange(9, 0, -1) / 10
    assert conformal_quantile(scores, 0.8) == 0.8  # of 10 x 0.8 the eighth
    assert conformal_quantile(scores, 0.9) == 0.9
    assert conformal_quantile(scores, 0.91) == 1.0  # the tenth of nine
    assert conformal_quantile(np.array([]), 0.5) == 1.0


def test_a_lesion_counts_once_with_the_photo_that_asks_for_most():
    # Of the second class 4 lesions: 0.6 is likelier on one photo of each, and 0.9 on another of the last.
    probabilities = np.array([[0.6, 0.4]] * 4 + [[0.9, 0.1]])
    lesions, truth = np.array(["a", "b", "c", "d", "d"]), np.ones(5, int)
    prior, no_more = np.array([0.5, 0.5]), 1e-6
    found = adaptive_limits(probabilities, truth, lesions, prior, no_more, np.array([0.5, 0.8]))
    assert found == pytest.approx([1.0, 0.9])  # the fourth of four; the first class has no lesion
    found = adaptive_limits(probabilities, truth, lesions, prior, no_more, np.array([0.5, 0.6]))
    assert found == pytest.approx([1.0, 0.6])  # the third


def test_all_lesions_together_are_weighed_to_the_mix():
    # Nine lesions of a class that is always right, and one of a rare one that is wrong.
    probabilities = np.array([[0.9, 0.1]] * 10)
    truth, lesions = np.array([0] * 9 + [1]), np.arange(10)
    lax = np.array([1e-6, 1e-6])
    common = adaptive_limits(probabilities, truth, lesions, np.array([0.95, 0.05]), 0.8, lax)
    assert common == pytest.approx([0.0, 0.9]), "the rare one's own"
    rare = adaptive_limits(probabilities, truth, lesions, np.array([0.5, 0.5]), 0.8, lax)
    assert rare == pytest.approx([1.0, 1.0]), "half of the mix rests on one lesion"


def test_new_lesions_are_covered_as_often_as_was_aimed_at():
    rng = np.random.default_rng(1)
    prior = np.array([0.2, 0.7, 0.1])

    def draw(count):
        truth = rng.choice(3, count, p=prior)
        logits = rng.normal(size=(count, 3)) + 1.2 * np.eye(3)[truth] + np.log(prior)
        return np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True), truth

    covered = []
    for _ in range(60):
        probabilities, truth = draw(400)
        limits = adaptive_limits(probabilities, truth, np.arange(400), prior, 0.9, np.array([0.9, 0.8, 0.8]))
        new, of = draw(2000)
        inside = in_sets(new, limits, ADAPTIVE)[np.arange(2000), of]
        covered.append([inside.mean(), *(inside[of == index].mean() for index in range(3))])
    overall, first, second, third = np.mean(covered, axis=0)
    assert overall > 0.895 and first > 0.89 and second > 0.795 and third > 0.79


def test_what_is_likelier_may_amount_to_the_very_limit():
    assert in_sets([0.5, 0.25, 0.25], [0.0, 0.5, 0.0], ADAPTIVE).tolist() == [True, True, True]
    assert in_sets([0.5, 0.25, 0.25], [0.0, 0.4999, 0.0], ADAPTIVE).tolist() == [True, False, False]
    assert in_sets([[0.5, 0.25, 0.25]], [0.9, 0.0, 0.0], ADAPTIVE).tolist() == [[True, False, False]]
