"""The thresholds of the alerts: what they promise, for whom, and what they are set on."""

import numpy as np
import pytest
from scipy.stats import binomtest

from melanoma.errors import UserError
from melanoma.model.calibration import alert_line, floored, share_threshold


def line(scores, sensitivity=0.95, confidence=0.95, lesions=None, groups=()):
    scores = np.asarray(scores, float)
    names = np.arange(len(scores)) if lesions is None else np.asarray(lesions)
    return alert_line(scores, names, sensitivity, confidence, groups)


@pytest.mark.parametrize(
    ("lesions", "rank"), [(58, 1), (59, 1), (92, 1), (93, 2), (123, 2), (124, 3), (126, 3)]
)
def test_the_order_of_the_score_is_that_of_the_tables(lesions, rank):
    # One-sided tolerance limits for 0.95 at 0.95: 59, 93, 124 for the first, second and third smallest.
    found = line(np.arange(1, lesions + 1) / 1000)
    assert found.threshold == rank / 1000
    assert (found.bound >= 0.95) == (lesions >= 59) and found.lesions == lesions


@pytest.mark.parametrize("lesions", [10, 59, 126, 500])
def test_the_bound_is_the_lower_limit_of_clopper_and_pearson(lesions):
    scores = np.arange(1, lesions + 1) / 1000
    found = line(scores)
    hits = int((scores >= found.threshold).sum())
    interval = binomtest(hits, lesions, alternative="greater").proportion_ci(0.95, "exact")
    assert found.bound == pytest.approx(interval.low)


def test_the_promise_is_kept_for_new_lesions_as_often_as_it_says():
    rng = np.random.default_rng(3)
    kept = [(1 - line(rng.uniform(size=126)).threshold) >= 0.95 for _ in range(2000)]
    # Of uniform scores the threshold itself is the share below it; the chance for 126 lesions is 0.953.
    assert 0.935 < np.mean(kept) < 0.97


def test_a_lesion_counts_once_with_its_lowest_score():
    lesions = [0, 0, *range(1, 59)]
    found = line([0.9, 0.2, *np.full(58, 0.5)], lesions=lesions)
    assert (found.threshold, found.lesions) == (0.2, 59)


def test_of_each_large_source_nine_of_ten_are_found():
    scores = np.concatenate([np.full(200, 0.9), np.arange(1, 11) / 100, [0.001]])
    sources = np.array(["a"] * 200 + ["b"] * 10 + ["c"])
    free = line(scores, 0.9)
    assert free.threshold == 0.9
    held = line(scores, 0.9, groups=[sources])
    assert held.threshold == 0.02, "9 of the 10 of b; c is one lesion alone"
    assert held.bound == free.bound


def test_equal_scores_are_all_found():
    assert line(np.full(59, 0.3)).threshold == 0.3


def test_nothing_to_set_an_alert_on_is_a_sentence():
    with pytest.raises(UserError, match="no lesion that the alert could be set on"):
        line([])
    with pytest.raises(UserError, match="is no number"):
        line([0.1, np.nan])


def test_the_largest_threshold_that_finds_a_share():
    score = np.arange(1, 21) / 20
    assert (score >= share_threshold(score, 0.95)).sum() == 19


def test_a_promise_is_never_rounded_up():
    assert floored(0.9499) == 0.949 and floored(0.95) == 0.95 and floored(0.959, 2) == 0.95
