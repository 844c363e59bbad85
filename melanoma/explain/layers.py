"""The layers that a map can be read from, and their maps and gradients in one compiled pass."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from melanoma.controls import Choice
from melanoma.errors import UserError
from melanoma.model.classifier import CompiledNetwork
from melanoma.model.layer_names import FEATURES

if TYPE_CHECKING:
    import tensorflow as tf

    from melanoma.explain.float_input import Tail

LayerPass = Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]


def layer_choice(network: CompiledNetwork) -> Choice:
    """Return the control that offers every convolutional layer; the last is the default."""
    return Choice("layer", "Layer", tuple(network.layers), FEATURES)


def layer_pass(network: CompiledNetwork, layer: str) -> LayerPass:
    """Return a compiled function: uint8 (n, S, S, 3) -> maps (n, h, w, c), gradients (classes, n, h, w, c).

    The gradients are those of each logit with respect to the layer's output; both are float32, whatever the
    network computes in. Built once for a network and layer. Raises UserError if the network has no such
    layer or it is no feature map.
    """
    from melanoma.explain.float_input import tail_from

    require_feature_map(network, layer)
    tail = tail_from(network, layer)
    return network.built_once(("layer_pass", layer), lambda: _build_layer_pass(tail))


def require_feature_map(network: CompiledNetwork, layer: str) -> None:
    """Raise UserError if the network has no layer of this name whose output is (n, h, w, c) and decides all
    that follows.
    """
    from melanoma.model.network import maps_on_the_only_way

    if layer not in {found.name for found in maps_on_the_only_way(network.network)}:
        offered = ", ".join(network.layers)
        raise UserError(f"“{layer}” is not a convolutional layer of this model. Choose one of {offered}.")


def _build_layer_pass(tail: "Tail") -> LayerPass:
    import tensorflow as tf

    classes = tail.model.output_shape[1]

    @tf.function(input_signature=[tf.TensorSpec(tail.model.input_shape, tf.float32)])
    def differentiate(maps: "tf.Tensor") -> "tf.Tensor":
        # The maps once for each class, so that one backward pass gives the slopes of all logits: a graph
        # that is traced in an eighth of the time that a pass for each class takes.
        copies = tf.tile(maps, (classes, 1, 1, 1))
        with tf.GradientTape() as tape:
            tape.watch(copies)
            logits = tf.reshape(tail.model(copies, training=False), (classes, -1, classes))
            target = tf.einsum("knk->", logits)
        gradients = tape.gradient(target, copies)
        return tf.reshape(gradients, tf.concat([(classes,), tf.shape(maps)], axis=0))

    def run(pixels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        maps = tail.maps(pixels)
        return maps, differentiate(maps).numpy()

    return run
