"""Dermoscopic photos pass, and other pictures do not."""

import dataclasses

import numpy as np
import pytest

from melanoma.errors import UserError
from melanoma.evaluation import non_dermoscopic
from melanoma.evaluation.non_dermoscopic import accepted_non_dermoscopic, non_dermoscopic_pictures
from melanoma.model.bundle import load_bundle
from melanoma.model.in_distribution import (
    LEAST,
    NEIGHBOUR,
    References,
    choose_references,
    distance,
    load_references,
    threshold_for,
    unit,
)


def test_the_distance_is_to_the_tenth_nearest():
    angles = np.radians(np.arange(20.0))
    references = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    found = distance(np.array([[5.0, 0.0]]), references, NEIGHBOUR)
    assert found[0] == pytest.approx(2 * np.sin(np.radians(NEIGHBOUR - 1) / 2), abs=1e-5)


def test_length_does_not_count():
    references = choose_references(np.random.default_rng(0).random((30, 4)), seed=1)
    features = np.random.default_rng(1).random((3, 4))
    known = References(references)
    assert known.novelty(features) == pytest.approx(known.novelty(7 * features), abs=1e-5)
    assert np.linalg.norm(unit(features), axis=1) == pytest.approx(1)


def test_few_references_are_enough():
    assert distance(np.array([[1.0, 0.0]]), np.array([[0.0, 1.0]]), 3) == pytest.approx(np.sqrt(2))


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
    known = References(choose_references(same, 0))
    threshold = threshold_for(known.novelty(same), ["one"] * 20)
    assert threshold > 0, "a bundle with 0 is not sound"
    assert (known.novelty(same) <= threshold).all()


def test_where_close_ups_are_nearer_a_picture_is_unlike_a_dermoscopic_one(tmp_path):
    dermoscopic = np.tile([[1.0, 0.0]], (12, 1)).astype(np.float16)
    close_ups = np.tile([[0.0, 1.0]], (4, 1)).astype(np.float16)
    References(dermoscopic, close_ups).save(tmp_path / "features.npz")
    known = load_references(tmp_path / "features.npz")
    found = known.novelty(np.array([[3.0, 0.0], [0.0, 2.0], [1.0, 1.0]]))
    assert found == pytest.approx([-np.sqrt(2), np.sqrt(2), 0], abs=1e-3)
    assert threshold_for(found[:1], ["one"]) == pytest.approx(-np.sqrt(2), abs=1e-3), "it may lie below 0"
    alone = References(dermoscopic)
    alone.save(tmp_path / "features.npz")
    assert load_references(tmp_path / "features.npz").close_ups is None


def test_each_source_passes_as_often_unless_it_has_few():
    near, far, few = np.full(5000, 0.2), np.linspace(0.5, 1.0, LEAST), np.full(LEAST - 1, 3.0)
    sources = ["near"] * 5000 + ["far"] * LEAST
    threshold = threshold_for(np.concatenate([near, far]), sources)
    assert np.mean(far <= threshold) == pytest.approx(0.95, abs=0.01)
    with_few = threshold_for(np.concatenate([near, far, few]), [*sources, *["few"] * (LEAST - 1)])
    assert with_few < 3


def test_a_threshold_below_0_is_none_without_close_ups(small_bundle):
    for threshold in (0.0, -0.5):
        with pytest.raises(UserError, match="in_distribution.threshold.*a number above 0"):
            dataclasses.replace(load_bundle(small_bundle), distance_threshold=threshold).load_references()
