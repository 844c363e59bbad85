"""Dermoscopic photos pass, and other pictures do not."""

import numpy as np
import pytest

from melanoma.evaluation import non_dermoscopic
from melanoma.evaluation.non_dermoscopic import accepted_non_dermoscopic, non_dermoscopic_pictures
from melanoma.model.in_distribution import NEIGHBOUR, choose_references, distance, threshold_for, unit


def test_the_distance_is_to_the_tenth_nearest():
    angles = np.radians(np.arange(20.0))
    references = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    found = distance(np.array([[5.0, 0.0]]), references)
    assert found[0] == pytest.approx(2 * np.sin(np.radians(NEIGHBOUR - 1) / 2), abs=1e-5)


def test_length_does_not_count():
    references = choose_references(np.random.default_rng(0).random((30, 4)), seed=1)
    features = np.random.default_rng(1).random((3, 4))
    assert distance(features, references) == pytest.approx(distance(7 * features, references), abs=1e-5)
    assert np.linalg.norm(unit(features), axis=1) == pytest.approx(1)


def test_few_references_are_enough():
    assert distance(np.array([[1.0, 0.0]]), np.array([[0.0, 1.0]])) == pytest.approx(np.sqrt(2))


@pytest.mark.slow("what the shipped bundle says of other pictures, measured again")
def test_non_dermoscopic_pictures_are_rejected(shipped_classifier):
    bundle = shipped_classifier.bundle
    accepted = accepted_non_dermoscopic(
        shipped_classifier.compiled, bundle.load_references(), bundle.distance_threshold
    )
    assert np.mean(list(accepted.values())) <= 0.05, accepted
    assert accepted == pytest.approx({kind: bundle.figures["accepted"][kind] for kind in accepted}, abs=0.05)
    assert bundle.figures["accepted"]["test lesions"] > 0.9


def test_there_are_pictures_of_each_kind(monkeypatch):
    monkeypatch.setattr(non_dermoscopic, "PER_KIND", 3)
    for pictures in non_dermoscopic_pictures().values():
        assert len(pictures) == 3
        assert all(picture.dtype == np.uint8 and picture.ndim == 3 for picture in pictures)


def test_features_that_are_all_the_same_are_in_distribution():
    same = np.ones((20, 4))
    threshold = threshold_for(distance(same, choose_references(same, 0)))
    assert threshold > 0, "a bundle with 0 is not sound"
    assert (distance(same, choose_references(same, 0)) <= threshold).all()
