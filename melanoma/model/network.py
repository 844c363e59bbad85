"""The network: uint8 pixels in, logits out, ending in global average pooling and one dense layer."""

import keras
import numpy as np

from melanoma.model.backbones.base import Backbone
from melanoma.model.layer_names import FEATURES as FEATURES
from melanoma.model.layer_names import HEAD as HEAD
from melanoma.model.layer_names import POOLING as POOLING


def build_network(
    backbone: Backbone,
    size: int | None,
    classes: int,
    backbone_weights: str = "none",
    dropout: float = 0.0,
    synchronized: bool = False,
) -> keras.Model:
    """Return a network over a backbone without its last stride, uint8 (n, size, size, 3) -> logits (n,
    classes).

    `size=None` builds it for any size. `backbone_weights` is `imagenet`, `none`, or a weights file.
    `synchronized` computes batch statistics over all workers, as one worker would have them. Raises UserError
    if the weights cannot be loaded or do not fit.
    """
    pixels = keras.Input((size, size, 3), dtype="uint8", name="pixels")
    features = backbone.build(pixels, synchronized=synchronized)
    backbone.load_weights(keras.Model([pixels], features), backbone_weights)
    x = keras.layers.GlobalAveragePooling2D(name=POOLING)(features)
    x = keras.layers.Dropout(dropout, seed=0, name="dropout")(x)
    logits = keras.layers.Dense(classes, name=HEAD)(x)
    return keras.Model([pixels], logits, name="melanoma")


def maps_on_the_only_way(network: keras.Model) -> list[keras.layers.Layer]:
    """Return the layers of maps (n, h, w, c) past which nothing goes from pixels to logits, in order."""
    operations = network.operations  # sorted: each comes after all that it takes
    last_use = {
        id(tensor): place
        for place, operation in enumerate(operations)
        for tensor in keras.tree.flatten(operation.input)
    }
    found, needed_until = [], 0
    for place, operation in enumerate(operations):
        if needed_until <= place and len(operation.output.shape) == 4:
            found.append(operation)
        needed_until = max(needed_until, last_use.get(id(operation.output), place))
    return found


def convolutional_layers(network: keras.Model) -> tuple[str, ...]:
    """Return the names of the activated convolutions that lead to the head alone, from the pixels up, and of
    the last feature map, whatever makes it.

    Those inside a residual block are left out: what goes round them counts too, so their maps do not say
    what the block saw.
    """
    return tuple(
        layer.name
        for layer in maps_on_the_only_way(network)
        if layer.name == FEATURES
        or isinstance(layer, keras.layers.ReLU | keras.layers.Activation)
        or (isinstance(layer, keras.layers.Conv2D) and layer.activation is keras.activations.relu)
    )


def shift_bias(network: keras.Model, by: np.ndarray) -> None:
    """Add to the head's bias, in place; `by` is float (classes,)."""
    head = network.get_layer(HEAD)
    kernel, bias = head.get_weights()
    head.set_weights([kernel, (bias + by).astype(bias.dtype)])
