"""MobileNet of `keras.applications`: depthwise separable convolutions."""

from functools import partial
from typing import Any

import keras

from melanoma.model.backbones.base import FEATURES, Backbone
from melanoma.model.backbones.keras_applications import load_fetched, rebuild

# Block 12 without its stride, and block 13 dilated by 2 instead.
_DENSE: dict[str, dict[str, Any]] = {
    "conv_pad_12": {"padding": ((1, 1), (1, 1))},
    "conv_dw_12": {"strides": (1, 1)},
    "conv_dw_13": {"dilation_rate": (2, 2)},
}


def build(pixels: Any, *, synchronized: bool = False, dense: bool = True) -> Any:
    """Return the last feature map (n, h, w, 1024); see `base.Builder`."""
    changed = _DENSE if dense else {}
    return rebuild(keras.applications.MobileNet, pixels, synchronized=synchronized, changed=changed)


MOBILENET = Backbone(
    name="mobilenet",
    title="MobileNet",
    citation="Howard et al. 2017, arXiv:1704.04861",
    build=build,
    load_imagenet=partial(load_fetched, keras.applications.MobileNet),
    imagenet="Keras' ImageNet weights",
    licence="Apache 2.0",
    in_distribution="conv_pw_11_relu",
    depths=("conv_pw_1_relu", "conv_pw_3_relu", "conv_pw_5_relu", "conv_pw_11_relu", FEATURES),
    blocks=(*(f"conv_pw_{number}_relu" for number in range(1, 13)), FEATURES),
    # Edges and colours serve skin as well, and a step at 160 px takes 0.6 times as long.
    frozen_blocks=3,
)
