"""The loss's two own parts, worked out by hand."""

import keras
import numpy as np
import pytest

from melanoma.model.log_odds import Calibration
from melanoma.model.network import build_network
from melanoma.training.fine_tuning import mean_decay
from melanoma.training.loss import LesionTrainer, cross_entropy, disagreement, evidence_for, outside_share
from tests.tiny_backbone import TINY


def test_evidence_is_the_true_class_against_the_others_by_their_shares():
    # Of the others, the first has three times the odds of the last: shares 3/4 and 1/4.
    logits = np.array([[np.log(3.0), 5.0, 0.0]], np.float32)
    maps = np.array([[[[8.0, 1.0, 4.0], [0.0, 2.0, 4.0]]]], np.float32)
    label = np.array([[0.0, 1.0, 0.0]], np.float32)
    found = keras.ops.convert_to_numpy(evidence_for(maps, logits, label))
    assert found == pytest.approx(np.array([[[1 - 6 - 1, 2 - 0 - 1]]]), abs=1e-5)
    shared = np.full((1, 1, 2, 1), 70.0, np.float32)
    again = keras.ops.convert_to_numpy(evidence_for(maps + shared, logits + 140, label))
    assert again == pytest.approx(found, abs=1e-4), "a map that all classes share changes nothing"


def test_the_evidence_of_training_is_that_of_the_page_at_temperature_1_and_an_even_mix():
    rng = np.random.default_rng(0)
    logits = rng.normal(size=(1, 4)).astype(np.float32)
    maps = rng.normal(size=(1, 2, 3, 4)).astype(np.float32)
    slopes = Calibration(1.0, (0.25,) * 4).slopes(logits[0])
    label = np.eye(4, dtype=np.float32)[2:3]
    found = keras.ops.convert_to_numpy(evidence_for(maps, logits, label))
    assert found[0] == pytest.approx(maps[0] @ slopes[2], abs=1e-5)


def test_outside_share_counts_only_what_speaks_for_it():
    evidence = np.array([[[3.0, 1.0, -9.0]]], np.float32)
    outside = np.array([[[0.0, 1.0, 1.0]]], np.float32)
    assert keras.ops.convert_to_numpy(outside_share(evidence, outside)) == pytest.approx([0.25], abs=1e-5)


def test_no_evidence_has_no_share_outside():
    share = outside_share(-np.ones((1, 2, 2), np.float32), np.ones((1, 2, 2), np.float32))
    assert keras.ops.convert_to_numpy(share).tolist() == [0.0]


def test_disagreement_of_a_fair_and_a_loaded_coin():
    loaded = np.log([0.8, 0.2])
    logits = np.array([[0.0, 0.0], loaded, loaded, loaded + 7], np.float32)
    expected = 0.5 * ((0.5 - 0.8) * np.log(0.5 / 0.8) + (0.5 - 0.2) * np.log(0.5 / 0.2))
    found = keras.ops.convert_to_numpy(disagreement(logits))
    assert found == pytest.approx([expected, 0.0], abs=1e-6)


def test_the_mean_of_the_class_maps_and_the_bias_are_the_logits():
    network = build_network(TINY, 64, 3)
    outputs = LesionTrainer(network, 0.03, 1.0, 1.0)(np.full((2, 64, 64, 3), 90, np.uint8))
    logits, maps = (keras.ops.convert_to_numpy(outputs[name]) for name in ("logits", "class_maps"))
    bias = keras.ops.convert_to_numpy(network.get_layer("logits").bias)
    assert maps.mean(axis=(1, 2)) + bias == pytest.approx(logits, abs=1e-5)


LOGITS = np.array([[1.0, -0.5, 0.25], [0.0, 2.0, -1.0]], np.float32)
SHARES = np.log(np.array([[0.7, 0.2, 0.1], [0.1, 0.3, 0.6]], np.float32))


def by_hand(logits: np.ndarray, target: np.ndarray, log_shares: np.ndarray) -> np.ndarray:
    """Cross-entropy of softmax(logits + log shares), written out."""
    odds = np.exp(logits) * np.exp(log_shares)
    return -(target * np.log(odds / odds.sum(axis=1, keepdims=True))).sum(axis=1)


def test_the_cross_entropy_is_that_in_the_source_s_mix():
    target = np.array([[0.0, 1.0, 0.0], [1.0, 0.0, 0.0]], np.float32)
    found = keras.ops.convert_to_numpy(cross_entropy(LOGITS, target, SHARES, 0.0))
    assert found == pytest.approx(by_hand(LOGITS, target, SHARES), abs=1e-6)
    smoothed = 0.9 * target + 0.1 * np.exp(SHARES)
    found = keras.ops.convert_to_numpy(cross_entropy(LOGITS, target, SHARES, 0.1))
    assert found == pytest.approx(by_hand(LOGITS, smoothed, SHARES), abs=1e-6)


def test_a_diagnosis_that_the_source_has_not_costs_nothing():
    absent = np.array([[np.log(0.6), np.log(0.4), -20.0]], np.float32)
    target = np.array([[1.0, 0.0, 0.0]], np.float32)
    low, high = (
        float(cross_entropy(np.array([[1.0, 0.0, third]], np.float32), target, absent, 0.05)[0])
        for third in (-3.0, 3.0)
    )
    assert low == pytest.approx(high, abs=1e-5)


def told(count: int, cells: tuple[int, int]) -> dict[str, np.ndarray]:
    label = np.eye(3, dtype=np.float32)[np.arange(count) % 3]
    outside = np.zeros((count, *cells), np.float32)
    outside[:, 0] = 1.0
    return {
        "label": label,
        "target": label,
        "log_shares": np.tile(SHARES[:1], (count, 1)),
        "outside": outside,
    }


@pytest.mark.parametrize("paired", [False, True])
def test_the_loss_is_the_sum_of_its_weighted_parts(paired):
    model = LesionTrainer(build_network(TINY, 64, 3), 0.05, outside_weight=0.7, consistency_weight=0.4)
    model.paired = paired
    rng = np.random.default_rng(0)
    logits = rng.normal(size=(4, 3)).astype(np.float32)
    maps = rng.normal(size=(4, 4, 4, 3)).astype(np.float32)
    y = told(4, (4, 4))
    found = float(model.compute_loss(y=y, y_pred={"logits": logits, "class_maps": maps}))
    smoothed = 0.95 * y["label"] + 0.05 * np.exp(y["log_shares"])
    expected = by_hand(logits, smoothed, y["log_shares"]).mean()
    positive = np.empty((4, 4, 4))
    for image, label in enumerate(y["label"]):
        truth = int(label.argmax())
        odds = np.exp(logits[image]) * (np.arange(3) != truth)
        slopes = label - odds / odds.sum()
        positive[image] = np.maximum(maps[image] @ slopes, 0)
    shares = (positive * y["outside"]).sum(axis=(1, 2)) / (positive.sum(axis=(1, 2)) + 1e-6)
    expected += 0.7 * shares.mean()
    if paired:
        p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
        gaps = [(p[row] - p[row + 1]) @ (np.log(p[row]) - np.log(p[row + 1])) / 2 for row in (0, 2)]
        expected += 0.4 * np.mean(gaps)
    assert found == pytest.approx(expected, abs=1e-5)


def test_evidence_outside_costs_and_inside_does_not():
    model = LesionTrainer(build_network(TINY, 64, 3), 0.05, outside_weight=1.0, consistency_weight=1.0)
    logits, losses = np.zeros((2, 3), np.float32), []
    for row in (0, 3):  # the first row of cells lies outside, the last inside
        maps = np.zeros((2, 4, 4, 3), np.float32)
        maps[np.arange(2), row, 1, np.arange(2)] = 5.0
        losses.append(
            float(model.compute_loss(y=told(2, (4, 4)), y_pred={"logits": logits, "class_maps": maps}))
        )
    assert losses[0] - losses[1] == pytest.approx(1.0, abs=1e-4)


def test_the_mean_network_follows_the_fitted_one():
    model = LesionTrainer(build_network(TINY, 64, 3), 0.05, 1.0, 1.0)
    before = [weight.copy() for weight in model.averaged.get_weights()]
    model.network.set_weights([weight + 1 for weight in before])
    model.average(0.75)
    for old, mean in zip(before, model.averaged.get_weights(), strict=True):
        assert mean == pytest.approx(old + (0.25 if old.dtype == np.float32 else 0), abs=1e-5)
    assert not {weight.path for weight in model.trainable_weights} & {
        weight.path for weight in model.averaged.trainable_weights
    }
    assert len(model.trainable_weights) == len(model.network.trainable_weights)


def test_the_mean_forgets_the_first_steps_quickly():
    decays = [mean_decay(step, 0.998) for step in (0, 40, 400, 40000)]
    assert decays == sorted(decays) and decays[0] == pytest.approx(0.1)
    assert decays[-1] == pytest.approx(0.998**4)
