"""The loss's two own parts, worked out by hand."""

import keras
import numpy as np
import pytest

from melanoma.model.network import build_network
from melanoma.training.loss import LesionTrainer, disagreement, outside_share
from tests.tiny_backbone import TINY


def test_outside_share_counts_the_true_class_and_only_what_speaks_for_it():
    evidence = np.zeros((1, 1, 3, 2), np.float32)
    evidence[0, 0, :, 1] = [3.0, 1.0, -9.0]
    evidence[0, 0, :, 0] = 50.0  # the other class
    outside = np.array([[[0.0, 1.0, 1.0]]], np.float32)
    share = outside_share(evidence, np.array([[0.0, 1.0]], np.float32), outside)
    assert keras.ops.convert_to_numpy(share) == pytest.approx([0.25], abs=1e-5)


def test_no_evidence_has_no_share_outside():
    share = outside_share(
        -np.ones((1, 2, 2, 1), np.float32), np.ones((1, 1), np.float32), np.ones((1, 2, 2), np.float32)
    )
    assert keras.ops.convert_to_numpy(share).tolist() == [0.0]


def test_disagreement_of_a_fair_and_a_loaded_coin():
    loaded = np.log([0.8, 0.2])
    logits = np.array([[0.0, 0.0], loaded, loaded, loaded + 7], np.float32)
    expected = 0.5 * ((0.5 - 0.8) * np.log(0.5 / 0.8) + (0.5 - 0.2) * np.log(0.5 / 0.2))
    found = keras.ops.convert_to_numpy(disagreement(logits))
    assert found == pytest.approx([expected, 0.0], abs=1e-6)


def test_the_mean_of_the_evidence_and_the_bias_are_the_logits():
    network = build_network(TINY, 64, 3)
    outputs = LesionTrainer(network, 0.03, 1.0, 1.0)(np.full((2, 64, 64, 3), 90, np.uint8))
    logits, evidence = (keras.ops.convert_to_numpy(outputs[name]) for name in ("logits", "evidence"))
    bias = keras.ops.convert_to_numpy(network.get_layer("logits").bias)
    assert evidence.mean(axis=(1, 2)) + bias == pytest.approx(logits, abs=1e-5)
