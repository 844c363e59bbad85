"""The loss's two own parts, worked out by hand."""

import keras
import numpy as np
import pytest

from melanoma.model.log_odds import Calibration
from melanoma.model.network import build_network
from melanoma.training.loss import LesionTrainer, disagreement, evidence_for, outside_share
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
