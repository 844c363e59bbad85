"""A small network whose maps vary, and what it says of two drawings."""

from dataclasses import dataclass

import keras
import numpy as np
import pytest

from melanoma.edits.drawn_lesions import MELANOMA_LIKE, NEVUS_LIKE, draw_lesion
from melanoma.model.backbones.base import Backbone
from melanoma.model.classifier import CompiledNetwork
from melanoma.model.log_odds import Calibration
from melanoma.model.network import HEAD, build_network
from melanoma.model.prediction import Prediction
from melanoma.photos.framing import frame
from tests.tiny_backbone import TINY

SIZE = 64
CODES = ("MEL", "NV", "BKL")
CALIBRATION = Calibration(0.8, (0.2, 0.5, 0.3))
STATES = ("built", "reloaded", "built-mixed", "reloaded-mixed")


@dataclass(frozen=True)
class Subject:
    """A network and what it says of two drawings."""

    network: CompiledNetwork
    predictions: tuple[Prediction, Prediction]


def predict(network: CompiledNetwork, pixels: np.ndarray) -> Prediction:
    outputs = network.run(pixels[None])
    _, geometry = frame(pixels, SIZE)
    return Prediction(
        codes=CODES,
        logits=outputs.logits[0],
        calibration=CALIBRATION,
        class_maps=outputs.class_maps_of(0),
        bias=network.bias,
        melanoma_alert=False,
        prediction_set=CODES,
        in_distribution=True,
        novelty=0.0,
        quality=(),
        pixels=pixels,
        geometry=geometry,
    )


def drawings() -> list[np.ndarray]:
    return [draw_lesion(kind, SIZE, SIZE, 3).image for kind in (MELANOMA_LIKE, NEVUS_LIKE)]


def lively_network(backbone: Backbone = TINY) -> keras.Model:
    """An unfitted network whose maps vary: normalised to the drawings, with a head of large weights.

    As initialised, many layers shrink every signal (MobileNet's 27 to 1e-20), and any two maps would look
    equal.
    """
    keras.utils.set_random_seed(2)
    network = build_network(backbone, SIZE, len(CODES))
    norms = [layer for layer in network.layers if isinstance(layer, keras.layers.BatchNormalization)]
    for layer in norms:
        layer.momentum = 0.0
    network({"pixels": np.stack(drawings())}, training=True)
    for layer in norms:
        layer.momentum = 0.99
    head = network.get_layer(HEAD)
    head.bias.assign([0.3, -0.2, 0.1])
    return network


def assert_close(found: np.ndarray, expected: np.ndarray, share: float = 1e-3) -> None:
    """Hold every value to a share of the largest expected one, which must not be 0."""
    largest = float(np.abs(expected).max())
    assert largest > 0
    assert found == pytest.approx(expected, abs=share * largest, rel=0)
