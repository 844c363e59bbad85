"""The network: uint8 pixels in, logits out, ending in global average pooling and one dense layer."""

from pathlib import Path

import keras
import numpy as np

from melanoma.errors import UserError

FEATURES = "features"
"""The layer whose maps the evidence is read from."""
FAMILIAR = "conv_pw_11_relu"
"""The layer whose mean maps the in-distribution check compares."""
POOLING = "pooling"
"""The layer that makes a network's evidence add up: one without it has no evidence map."""
HEAD = "logits"


def build_network(
    size: int | None,
    classes: int,
    backbone_weights: str = "none",
    dropout: float = 0.0,
    synchronized: bool = False,
) -> keras.Model:
    """Return a MobileNet (Howard et al. 2017, arXiv:1704.04861), uint8 (n, size, size, 3) -> logits (n,
    classes).

    `size=None` builds it for any size. `backbone_weights` is `imagenet` (fetched by Keras), `none`, or a
    weights file. The last stride of the backbone is taken out and its one convolution dilated instead, so
    that the feature map has a cell every 16 pixels rather than 32 (14x14 at 224 px) with the same weights
    and the same receptive fields (Yu and Koltun 2015, arXiv:1511.07122): a heatmap with four times the cells.
    `synchronized` takes batch statistics over all workers that share a batch, as one worker would have them.
    Raises UserError if the weights cannot be had or do not fit.
    """
    pixels = keras.Input((size, size, 3), dtype="uint8", name="pixels")
    scaled = keras.layers.Rescaling(1 / 127.5, offset=-1.0, name="scaled")(pixels)
    backbone = keras.applications.MobileNet(include_top=False, weights=None, input_tensor=scaled)
    _load_backbone(backbone, backbone_weights)
    dense = keras.models.clone_model(
        backbone, clone_function=lambda layer: _adapted(layer, synchronized=synchronized)
    )
    dense.set_weights(backbone.get_weights())
    x = keras.layers.GlobalAveragePooling2D(name=POOLING)(dense.output)
    x = keras.layers.Dropout(dropout, seed=0, name="dropout")(x)
    logits = keras.layers.Dense(classes, name=HEAD)(x)
    return keras.Model(dense.inputs, logits, name="melanoma")


def freeze(network: keras.Model, blocks: int) -> None:
    """Keep everything up to this block as it is, batch statistics too, and train the rest; 0 keeps nothing.

    Takes effect when the network is compiled next.
    """
    network.trainable = True
    if blocks == 0:
        return
    last = f"conv_pw_{blocks}_relu"
    for layer in network.layers:
        layer.trainable = False
        if layer.name == last:
            return
    raise ValueError(f"the network has no layer {last}")


def shift_bias(network: keras.Model, by: np.ndarray) -> None:
    """Add to the head's bias, in place; `by` is float (classes,)."""
    head = network.get_layer(HEAD)
    kernel, bias = head.get_weights()
    head.set_weights([kernel, (bias + by).astype(bias.dtype)])


def _load_backbone(backbone: keras.Model, weights: str) -> None:
    if weights == "none":
        return
    if weights != "imagenet":
        try:
            backbone.load_weights(weights)
        except (OSError, ValueError) as error:
            reason = (
                "does not exist" if not Path(weights).exists() else "does not fit MobileNet without its top"
            )
            raise UserError(f"The backbone weights {weights}: the file {reason}.") from error
        return
    try:
        complete = keras.applications.MobileNet(
            include_top=False, weights="imagenet", input_shape=(224, 224, 3)
        )
    except Exception as error:
        # Keras raises a bare Exception when a download fails, whatever the reason.
        raise UserError(
            "Keras could not fetch the ImageNet weights. "
            "Check the connection, or give a file with --backbone-weights."
        ) from error
    backbone.set_weights(complete.get_weights())


def _adapted(layer: keras.layers.Layer, synchronized: bool) -> keras.layers.Layer:
    """Return a copy; block 12 keeps its resolution, and block 13 reaches twice as far instead."""
    config = layer.get_config()
    if isinstance(layer, keras.layers.BatchNormalization):
        config["synchronized"] = synchronized
    if layer.name == "conv_pad_12":
        config["padding"] = ((1, 1), (1, 1))
    elif layer.name == "conv_dw_12":
        config["strides"] = (1, 1)
    elif layer.name == "conv_dw_13":
        config["dilation_rate"] = (2, 2)
    elif layer.name == "conv_pw_13_relu":
        config["name"] = FEATURES
    return layer.__class__.from_config(config)
