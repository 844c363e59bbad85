"""The head by hand and by scikit-learn, and its evidence, which adds up to the logit."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from melanoma.errors import UserError
from melanoma.laboratory.head import PENALTY, Head, fit_head


def test_evidence_by_hand():
    head = Head(np.array([2.0, -1.0]), 0.5)
    maps = np.array([[[[1.0, 0.0], [0.0, 4.0]]]])  # one picture, 1 x 2 cells, two channels
    reference = np.array([[[0.0, 0.0], [0.0, 2.0]]])
    # (2 * 1 - 0) / 2 cells, and (0 - (4 - 2)) / 2
    assert head.evidence(maps, reference).tolist() == [[[1.0, -1.0]]]
    assert head.start(reference) == 2 * 0 - 1 * 1 + 0.5
    assert head.logits(maps.mean(axis=(1, 2))).tolist() == [2 * 0.5 - 2 + 0.5]


@pytest.mark.parametrize("apart", [0.0, 0.5, 5.0], ids=["random", "overlapping", "separable"])
def test_the_fit_is_scikit_learn_s(apart):
    rng = np.random.default_rng(3)
    malignant = np.arange(40) % 3 == 0
    features = rng.normal(size=(40, 60)) * rng.uniform(0.5, 3, 60) + apart * malignant[:, None]
    standard = StandardScaler().fit(features)
    other = LogisticRegression(C=1 / PENALTY, tol=1e-10, max_iter=10_000)
    other.fit(standard.transform(features), malignant)
    head = fit_head(features, malignant)
    expected = other.decision_function(standard.transform(features))
    assert np.abs(head.logits(features) - expected).max() < 1e-4


def test_the_cells_add_up_to_the_logit():
    rng = np.random.default_rng(4)
    maps = np.maximum(rng.normal(size=(12, 5, 7, 20)), 0).astype(np.float32)
    head = fit_head(maps.mean(axis=(1, 2)), np.arange(12) < 5)
    reference = maps[:4].mean(axis=0)
    sums = head.evidence(maps, reference).sum(axis=(1, 2)) + head.start(reference)
    assert np.abs(sums - head.logits(maps.mean(axis=(1, 2)))).max() < 1e-4


def test_a_channel_that_never_varies_does_no_harm():
    rng = np.random.default_rng(5)
    features = np.column_stack([rng.normal(size=20), np.zeros(20), np.full(20, 7.0)])
    head = fit_head(features, features[:, 0] > 0)
    assert head.weights[0] > 0 and head.weights[1:].tolist() == [0, 0]
    assert np.isfinite(head.bias)


def test_one_class_is_refused():
    with pytest.raises(UserError, match="of one class, so there is nothing to tell apart"):
        fit_head(np.ones((4, 2)), np.ones(4, bool))
