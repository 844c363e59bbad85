"""Grad-CAM at any convolutional layer, for all diagnoses in one compiled pass."""

import cv2
import numpy as np

from melanoma.controls import Choice, Control
from melanoma.explain.base import ExplanationRequest, Method
from melanoma.explain.layers import layer_choice, layer_pass
from melanoma.model.classifier import CompiledNetwork
from melanoma.model.layer_names import FEATURES
from melanoma.model.prediction import Prediction

LAST_THREE = "mean of the last three"


class GradCam(Method):
    """The positive part of the feature maps' sum, each weighted by its mean gradient."""

    name = "grad-cam"
    title = "Grad-CAM"
    summary = "The regions that speak for this diagnosis at one layer; what speaks against it is left out."
    paper = "Selvaraju et al. 2017, Grad-CAM, arXiv:1610.02391"
    unit = "Logit units in each cell"
    signed = False
    cost = "one pass"

    def controls(self, network: CompiledNetwork, codes: tuple[str, ...]) -> tuple[Control, ...]:
        """Offer every convolutional layer, and the mean of several."""
        single = layer_choice(network)
        return (Choice(single.name, single.title, (*single.values, LAST_THREE), single.default),)

    def needs_keras(self, request: ExplanationRequest) -> bool:
        """Return whether there is a layer whose map is not part of the evidence map."""
        return not all(_is_evidence(request.prediction, layer) for layer in self._layers(request))

    def maps(self, request: ExplanationRequest) -> np.ndarray:
        """Return ReLU(sum over channels of weight times map)."""
        network, prediction = request.network, request.prediction
        return mean_of([self._at(network, prediction, layer) for layer in self._layers(request)])[
            ..., request.indices
        ]

    def _layers(self, request: ExplanationRequest) -> tuple[str, ...]:
        layer = str(request.settings["layer"])
        return tuple(request.network.layers)[-3:] if layer == LAST_THREE else (layer,)

    def _at(self, network: CompiledNetwork, prediction: Prediction, layer: str) -> np.ndarray:
        if _is_evidence(prediction, layer):
            assert prediction.evidence is not None
            # There a logit's gradient is the head's own weight in every cell, so the sum is the evidence map.
            return np.maximum(prediction.evidence, 0)
        maps, gradients = layer_pass(network, layer)(prediction.pixels[None])
        # The log-odds' gradient is that of the logits, weighed by the slopes.
        return combine(maps[0], prediction.slopes @ channel_weights(gradients[:, 0]))


def _is_evidence(prediction: Prediction, layer: str) -> bool:
    return layer == FEATURES and prediction.evidence is not None


def channel_weights(gradients: np.ndarray) -> np.ndarray:
    """Return each channel's mean gradient, (classes, channels), of gradients (classes, h, w, channels)."""
    return gradients.mean(axis=(1, 2))


def combine(maps: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return ReLU of the weighted sum of maps (h, w, channels), float32 (h, w, classes)."""
    return np.maximum(np.einsum("hwc,kc->hwk", maps, weights), 0).astype(np.float32)


def mean_of(maps: list[np.ndarray]) -> np.ndarray:
    """Return the mean of maps (h, w, classes) at the finest of their grids, bilinear."""
    height, width = max(found.shape[:2] for found in maps)
    return np.mean(
        [
            cv2.resize(found, (width, height), interpolation=cv2.INTER_LINEAR).reshape(height, width, -1)
            for found in maps
        ],
        axis=0,
    )
