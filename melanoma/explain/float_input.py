"""What tf-keras-vis needs of a network, built once: a twin that takes float pixels, and its upper ends.

tf-keras-vis watches the input, and TensorFlow differentiates nothing that starts at whole numbers. The twin
computes in float32 even where the network runs in mixed precision, so small gradients do not vanish.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from melanoma.batches import sliced
from melanoma.model.classifier import CompiledNetwork
from melanoma.pause_points import in_steps, pause


class FloatTwin(keras.Model):
    """The network for float32 pixels (n, S, S, 3) in 0..255, run as compiled functions.

    tf-keras-vis calls its model eagerly, which takes eight times as long, and calls `predict`, which prints
    a progress bar. Both are replaced by one compiled pass; gradients go through it.
    """

    def __init__(self, inputs: Any, outputs: Any, plain: keras.Model) -> None:
        """Wrap a functional model `plain` from `inputs` to `outputs`."""
        super().__init__(inputs=inputs, outputs=outputs)
        spec = tf.TensorSpec((None, *plain.input_shape[1:]), tf.float32)
        self._compiled = tf.function(lambda pixels: plain(pixels, training=False), input_signature=[spec])

    def __call__(self, inputs: Any, training: bool = False) -> tf.Tensor:
        """Return the logits (n, classes); `inputs` is an array, or a list of one."""
        pixels = inputs[0] if isinstance(inputs, list) else inputs
        return self._compiled(tf.cast(pixels, tf.float32))

    def predict(self, inputs: Any, batch_size: int | None = 32) -> np.ndarray:
        """Return the logits (n, classes) in batches, with a pause point after each."""
        pixels = inputs[0] if isinstance(inputs, list) else inputs
        pause(0.0)  # tf-keras-vis takes as long to prepare the pixels as to ask about them
        batches = list(sliced(pixels, batch_size or len(pixels)))
        return np.concatenate([self(some).numpy() for some in in_steps(batches)])


@dataclass(frozen=True)
class Tail:
    """A network from one layer's maps up to the logits."""

    model: keras.Model
    """float32 maps (n, h, w, c) -> logits (n, classes)."""
    start: str
    """Name of the model's input layer."""
    maps: Callable[[np.ndarray], np.ndarray]
    """Compiled: uint8 (n, S, S, 3) -> the layer's maps, float32 (n, h, w, c)."""


def float_twin(network: CompiledNetwork) -> FloatTwin:
    """Return the twin of a network, with weights of its own. Built once, with a pause point after it."""
    twin = network.built_once("float_twin", lambda: _build_twin(network.network))
    pause(0.0)
    return twin


def tail_from(network: CompiledNetwork, layer: str) -> Tail:
    """Return the network above a layer, of the twin's layers. Built once for a network and layer.

    With it, methods that only differentiate down to a layer need no eager pass from the pixels.
    """
    twin = float_twin(network)
    return network.built_once(("tail", layer), lambda: _build_tail(network, twin, layer))


def _build_twin(network: keras.Model) -> FloatTwin:
    plain = keras.models.clone_model(
        network, input_tensors=[keras.Input(network.input_shape[1:])], clone_function=_in_float32
    )
    plain.set_weights(network.get_weights())
    return FloatTwin(plain.inputs, plain.outputs, plain)


def _in_float32(layer: keras.Operation) -> keras.Operation:
    if not isinstance(
        layer, keras.layers.Layer
    ):  # such as the `+` of two tensors, which computes as they come
        return layer.__class__.from_config(layer.get_config())
    return layer.__class__.from_config(layer.get_config() | {"dtype": "float32"})


def _build_tail(network: CompiledNetwork, twin: FloatTwin, layer: str) -> Tail:
    # Of the twin, not the network: Keras notes a second use on each layer of a model that starts midway.
    model = keras.Model(twin.get_layer(layer).output, twin.output)
    lower = keras.Model(network.network.inputs, network.network.get_layer(layer).output)

    @tf.function(input_signature=[tf.TensorSpec((None, network.size, network.size, 3), tf.uint8)])
    def forward(pixels: tf.Tensor) -> tf.Tensor:
        return tf.cast(lower(pixels, training=False), tf.float32)

    return Tail(model, model.layers[0].name, lambda pixels: forward(tf.constant(pixels, tf.uint8)).numpy())
