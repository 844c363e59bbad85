"""The feature maps that a head reads, from one compiled pass of a network."""

import keras
import numpy as np
import tensorflow as tf

from melanoma.explain.lesson.feature_maps import depths_of
from melanoma.laboratory.feature_store import LAST, Read
from melanoma.model.classifier import CompiledNetwork
from melanoma.model.layer_names import FEATURES


def layer_of(network: CompiledNetwork, depth: str) -> str:
    """Return the name of the layer at one of `feature_store.DEPTHS`."""
    if depth == LAST:
        return FEATURES
    depths = depths_of(network)
    return depths[len(depths) // 2]


def reader(network: CompiledNetwork, depth: str) -> Read:
    """Return what reads a network's feature maps at one of `feature_store.DEPTHS`; compiled once for it.

    The head that reads them does its own pooling, so the network need not end in one.
    """
    layer = layer_of(network, depth)
    return network.built_once(("laboratory", layer), lambda: _build(network, layer))


def _build(network: CompiledNetwork, layer: str) -> Read:
    inner = keras.Model(network.network.inputs, network.network.get_layer(layer).output)

    @tf.function(input_signature=[tf.TensorSpec((None, network.size, network.size, 3), tf.uint8)])
    def forward(pixels: tf.Tensor) -> tf.Tensor:
        return tf.cast(inner(pixels, training=False), tf.float32)

    def read(pixels: np.ndarray) -> np.ndarray:
        return np.asarray(forward(tf.constant(pixels, tf.uint8)).numpy())

    return read
