"""How much of a sorted list has to be read, and what age, sex and site tell without a picture."""

import numpy as np
import pandas as pd
import pytest

from melanoma.evaluation.effort import age_sex_and_site, effort, gain_curve, share_to_read
from melanoma.evaluation.metrics import roc_auc


def test_a_list_by_hand():
    score = np.array([0.1, 0.9, 0.8, 0.7, 0.3])
    sought = np.array([False, True, False, True, False])
    curve = gain_curve(score, sought)
    assert curve.read == pytest.approx([0, 0.2, 0.4, 0.6, 0.8, 1])
    assert curve.found == pytest.approx([0, 0.5, 0.5, 1, 1, 1])
    weights = np.ones(5)
    assert share_to_read(score, sought, weights, 0.5) == pytest.approx(0.2)
    assert share_to_read(score, sought, weights, 0.51) == pytest.approx(0.6)
    assert share_to_read(score, sought, np.array([1, 3, 1, 0, 1.0])) == pytest.approx(0.5)


def test_photos_of_one_score_are_read_together():
    score, sought = np.zeros(4), np.array([True, False, False, False])
    assert share_to_read(score, sought, np.ones(4)) == 1.0
    assert gain_curve(score, sought).read.tolist() == [0, 1]


def test_nothing_sought_has_no_share():
    assert np.isnan(share_to_read(np.arange(3.0), np.zeros(3, bool), np.ones(3)))
    with pytest.raises(ValueError, match="none of the photos"):
        gain_curve(np.arange(3.0), np.zeros(3, bool))


def test_a_useless_score_saves_nothing_and_the_interval_is_by_lesion():
    rng = np.random.default_rng(0)
    sought = rng.random(600) < 0.2
    found = effort(rng.random(600), sought, np.arange(600))
    assert found.low < 0.95 < found.high + 0.05 and found.high - found.low < 0.15
    sure = effort(sought.astype(float), sought, np.arange(600) // 3)
    assert sure.value == pytest.approx(sought.mean(), abs=0.01), "those of score 1 are read together"


def test_age_alone_tells_where_it_does_and_nothing_is_judged_by_its_own_fold():
    rng = np.random.default_rng(1)
    count = 900
    old, folds = rng.random(count) < 0.5, np.arange(count) % 3
    sought = rng.random(count) < np.where(old, 0.6, 0.1)
    table = pd.DataFrame({"age": np.where(old, 70.0, 30.0), "sex": "male", "site": None})
    table.loc[::7, "age"] = np.nan
    score = age_sex_and_site(table, sought, folds)
    assert roc_auc(sought, score, np.ones(count)) > 0.7
    # A site that says the truth in one fold alone helps the others, and not that one.
    table["site"] = np.where(folds == 0, np.where(sought, "back", "arm"), "leg")
    leaked = age_sex_and_site(table.assign(age=50.0), sought, folds)
    here = folds == 0
    assert roc_auc(sought[here], leaked[here], np.ones(here.sum())) == pytest.approx(0.5, abs=0.02)
    nothing = age_sex_and_site(table.assign(age=np.nan, site=None), sought, folds)
    assert np.isfinite(nothing).all(), "no age is known at all"
