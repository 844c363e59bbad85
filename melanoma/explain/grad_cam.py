"""Grad-CAM at any convolutional layer, for all diagnoses in one compiled pass."""

from collections.abc import Callable, Mapping

import keras
import numpy as np
import tensorflow as tf

from melanoma.classifier import CompiledNetwork
from melanoma.errors import UserError
from melanoma.explain.base import Choice, Method
from melanoma.network import FEATURES
from melanoma.prediction import Prediction

LayerPass = Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]


class GradCam(Method):
    """The positive part of the feature maps' sum, each weighted by its mean gradient."""

    name = "grad-cam"
    title = "Grad-CAM"
    summary = "The regions that speak for this diagnosis at one layer; what speaks against it is left out."
    paper = "Selvaraju et al. 2017, Grad-CAM, arXiv:1610.02391"
    signed = False
    cost = "one pass"

    def controls(self, network: CompiledNetwork) -> tuple[Choice, ...]:
        """Offer every convolutional layer; the last is the default."""
        return (Choice("layer", "Layer", convolutional_layers(network.network), FEATURES),)

    def explain(
        self, network: CompiledNetwork, prediction: Prediction, settings: Mapping[str, str] | None = None
    ) -> np.ndarray:
        """Return ReLU(sum over channels of weight times map), float32 (h, w, classes)."""
        layer = (settings or {}).get("layer", FEATURES)
        if layer == FEATURES:
            # There the gradient of a logit is the head's own weight in every cell, so the sum is the
            # evidence map.
            return np.maximum(prediction.evidence, 0)
        maps, gradients = layer_pass(network, layer)(prediction.pixels[None])
        return combine(maps[0], channel_weights(gradients[:, 0]))


def channel_weights(gradients: np.ndarray) -> np.ndarray:
    """Return each channel's mean gradient, (classes, channels), of gradients (classes, h, w, channels)."""
    return gradients.mean(axis=(1, 2))


def combine(maps: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return ReLU of the weighted sum of maps (h, w, channels), float32 (h, w, classes)."""
    return np.maximum(np.einsum("hwc,kc->hwk", maps, weights), 0).astype(np.float32)


def convolutional_layers(network: keras.Model) -> tuple[str, ...]:
    """Return the names of the activated convolutions, from the pixels to the head."""
    return tuple(layer.name for layer in network.layers if isinstance(layer, keras.layers.ReLU))


def layer_pass(network: CompiledNetwork, layer: str) -> LayerPass:
    """Return a compiled function: uint8 (n, S, S, 3) -> maps (n, h, w, c) and gradients (classes, n, h, w,
    c).

    The gradients are those of each logit with respect to the layer's output. Built once for a network and
    layer. Raises UserError if the network has no such layer or it is no feature map.
    """
    known = {found.name: found for found in network.network.layers}
    if layer not in known or len(known[layer].output.shape) != 4:
        offered = ", ".join(convolutional_layers(network.network))
        raise UserError(f"“{layer}” is not a convolutional layer of this model. Choose one of {offered}.")
    return network.built_once(("layer_pass", layer), lambda: _build_layer_pass(network, layer))


def _build_layer_pass(network: CompiledNetwork, layer: str) -> LayerPass:
    inner = keras.Model(
        network.network.inputs, [network.network.get_layer(layer).output, network.network.output]
    )
    classes = network.network.output_shape[1]

    @tf.function(input_signature=[tf.TensorSpec((None, network.size, network.size, 3), tf.uint8)])
    def forward_and_back(pixels: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        with tf.GradientTape(persistent=True) as tape:
            maps, logits = inner(pixels, training=False)
            targets = [tf.reduce_sum(logits[:, index]) for index in range(classes)]
        return maps, tf.stack([tape.gradient(target, maps) for target in targets])

    def run(pixels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        maps, gradients = forward_and_back(tf.constant(pixels, tf.uint8))
        return maps.numpy(), gradients.numpy()

    return run
