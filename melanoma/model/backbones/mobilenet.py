"""MobileNet, of depthwise separable convolutions, as Keras has it."""

from typing import Any

import keras

from melanoma.errors import UserError
from melanoma.model.backbones.base import FEATURES, Backbone


def build(pixels: Any, *, synchronized: bool = False, dense: bool = True) -> Any:
    """Return the last feature map (n, h, w, 1024); see `base.Builder`."""
    inputs = keras.Input(pixels.shape[1:], dtype="uint8", name="pixels")
    scaled = keras.layers.Rescaling(1 / 127.5, offset=-1.0, name="scaled")(inputs)
    plain = keras.applications.MobileNet(include_top=False, weights=None, input_tensor=scaled)

    def adapted(layer: keras.layers.Layer) -> keras.layers.Layer:
        config = layer.get_config()
        if isinstance(layer, keras.layers.BatchNormalization):
            config["synchronized"] = synchronized
        if layer.name == "conv_pw_13_relu":
            config["name"] = FEATURES
        if dense:
            config |= _DENSE.get(layer.name, {})
        return layer.__class__.from_config(config)

    copy = keras.models.clone_model(plain, input_tensors=[pixels], clone_function=adapted)
    copy.set_weights(plain.get_weights())
    return copy.output


# Block 12 keeps its resolution, and block 13 reaches twice as far instead.
_DENSE: dict[str, dict[str, Any]] = {
    "conv_pad_12": {"padding": ((1, 1), (1, 1))},
    "conv_dw_12": {"strides": (1, 1)},
    "conv_dw_13": {"dilation_rate": (2, 2)},
}


def load_imagenet(features: keras.Model) -> None:
    """Load the weights that Keras fetches; raises UserError where it cannot."""
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
    features.set_weights(complete.get_weights())


MOBILENET = Backbone(
    name="mobilenet",
    title="MobileNet",
    citation="Howard et al. 2017, arXiv:1704.04861",
    build=build,
    load_imagenet=load_imagenet,
    imagenet="Keras' ImageNet weights",
    licence="Apache 2.0",
    in_distribution="conv_pw_11_relu",
    depths=("conv_pw_1_relu", "conv_pw_3_relu", "conv_pw_5_relu", "conv_pw_11_relu", FEATURES),
    blocks=(*(f"conv_pw_{number}_relu" for number in range(1, 13)), FEATURES),
    # Edges and colours serve skin as well, and a step at 160 px takes 0.6 times as long.
    frozen_blocks=3,
)
