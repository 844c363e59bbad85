"""The feature maps that a head reads, from one compiled pass of a network."""

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from melanoma.explain.lesson.feature_maps import depths_of
from melanoma.laboratory.feature_store import LAST, Read
from melanoma.model.classifier import CompiledNetwork
from melanoma.model.keras_task import keras_task
from melanoma.model.layer_names import FEATURES

if TYPE_CHECKING:
    import tensorflow as tf


def layer_of(network: CompiledNetwork, depth: str) -> str:
    """Return the name of the layer at one of `feature_store.DEPTHS`."""
    if depth == LAST:
        return FEATURES
    depths = depths_of(network)
    return depths[len(depths) // 2]


def reader(network: CompiledNetwork, depth: str) -> Read:
    """Return what reads a network's feature maps at one of `feature_store.DEPTHS`.

    The head that reads them does its own pooling, so the network need not end in one.
    """
    return partial(_read, network, depth)


@keras_task
def _read(network: CompiledNetwork, depth: str, pixels: np.ndarray) -> np.ndarray:
    layer = layer_of(network, depth)
    read = network.built_once(("laboratory", layer), lambda: _build(network, layer))
    return read(pixels)


def _build(network: CompiledNetwork, layer: str) -> Read:
    import keras
    import tensorflow as tf

    inner = keras.Model(network.network.inputs, network.network.get_layer(layer).output)

    @tf.function(input_signature=[tf.TensorSpec((None, network.size, network.size, 3), tf.uint8)])
    def forward(pixels: "tf.Tensor") -> "tf.Tensor":
        return tf.cast(inner(pixels, training=False), tf.float32)

    def read(pixels: np.ndarray) -> np.ndarray:
        return np.asarray(forward(tf.constant(pixels, tf.uint8)).numpy())

    return read
