"""The forward pass by Keras on TensorFlow."""

from typing import Any, ClassVar

import keras
import numpy as np
import tensorflow as tf
from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

from melanoma.model.backbones.base import Backbone
from melanoma.model.forward_pass import ForwardPass, NetworkFacts, Outputs
from melanoma.model.layer_names import FEATURES, HEAD, POOLING
from melanoma.model.network import convolutional_layers


class KerasPass(ForwardPass):
    """One compiled pass."""

    engine: ClassVar[str] = "Keras"

    def __init__(self, network: keras.Model, backbone: Backbone | None = None) -> None:
        """Trace the pass once for any number of images.

        `backbone` is None for a network of its own kind, whose last feature map serves the in-distribution
        check.
        """
        head = network.get_layer(HEAD)
        self.facts = _facts(network, head)
        known = network.get_layer(backbone.in_distribution if backbone else FEATURES)
        known_maps = keras.layers.GlobalAveragePooling2D()(known.output)
        parts = [network.get_layer(FEATURES).output, known_maps, network.output]
        inner = keras.Model(network.inputs, parts)
        size, additive = self.facts.size, self.facts.additive

        @tf.function(input_signature=[tf.TensorSpec((None, size, size, 3), tf.uint8)])
        def forward(pixels: tf.Tensor) -> tuple[tf.Tensor, ...]:
            maps, pooled, logits = inner(pixels, training=False)
            last = tf.reduce_mean(maps, axis=(1, 2))
            if not additive:
                return logits, pooled, last
            cells = tf.cast(tf.shape(maps)[1] * tf.shape(maps)[2], maps.dtype)
            # Pooling is a mean and the head is linear, so the head can be applied to each cell before the
            # mean: CAM (Zhou et al. 2016, arXiv:1512.04150), scaled so that cells add up to the logit.
            class_maps = tf.einsum("nhwc,ck->nhwk", maps, tf.cast(head.kernel, maps.dtype)) / cells
            return logits, pooled, last, class_maps

        self._forward = forward

    def run(self, pixels: np.ndarray) -> Outputs:
        """Return the outputs for uint8 (n, S, S, 3)."""
        parts = self._forward(tf.constant(pixels, tf.uint8))
        logits, features, last, *class_maps = (part.numpy().astype(np.float32) for part in parts)
        return Outputs(logits, class_maps[0] if class_maps else None, features, last)

    def frozen(self) -> Any:
        """Return the pass as a TensorFlow function whose weights are constants.

        It returns logits, features, last features and, of an additive network, class maps.
        """
        return convert_variables_to_constants_v2(self._forward.get_concrete_function())

    def freeze(self) -> None:
        """Run what `frozen` returns from now on, in which normalisation is folded into the convolutions.

        It takes an eighth less time, and logits change by some 1e-5 (docs/scale.md). Later changes of the
        network's weights no longer reach this object.
        """
        self._forward = self.frozen()


def _facts(network: keras.Model, head: keras.layers.Layer) -> NetworkFacts:
    last = network.get_layer(FEATURES).output.shape
    convolutions = (keras.layers.Conv2D, keras.layers.DepthwiseConv2D)
    names = dict.fromkeys((*convolutional_layers(network), FEATURES))
    return NetworkFacts(
        size=int(network.input_shape[1]),
        additive=POOLING in {layer.name for layer in network.layers},
        grid=(int(last[1]), int(last[2])),
        convolutions=sum(isinstance(layer, convolutions) for layer in network.layers),
        layers={name: int(network.get_layer(name).output.shape[-1]) for name in names},
        bias=keras.ops.convert_to_numpy(head.bias),
    )
