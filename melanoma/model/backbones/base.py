"""The interface of a backbone: one object with everything that differs between backbones."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import keras

from melanoma.errors import UserError
from melanoma.model.layer_names import FEATURES as FEATURES


class Builder(Protocol):
    """Builds the layers of a backbone."""

    def __call__(self, pixels: Any, *, synchronized: bool = False, dense: bool = True) -> Any:
        """Return the last feature map, (n, h, w, c), of pixels uint8 (n, H, W, 3); H and W may be None.

        Preprocessing is included. All layers are added to the caller's graph one by one, with the same names
        in each build, the last one `FEATURES`; the weights are random.

        `dense` removes the last stride and dilates the layers after it (Yu and Koltun 2015,
        arXiv:1511.07122): a cell every 16 pixels rather than 32, with the same weights and the same receptive
        fields, so that a heatmap has four times the cells. `synchronized` computes batch statistics over all
        workers.
        """


def load_keras_file(features: keras.Model, file: Path) -> None:
    """Load weights that Keras saved of the same layers; raises OSError or ValueError."""
    features.load_weights(file)


@dataclass(frozen=True)
class Backbone:
    """A network from pixels to the last feature map."""

    name: str
    """Identifier in commands, recipes and bundles."""
    title: str
    """Name for sentences."""
    citation: str
    """Authors, year and arXiv number."""
    build: Builder
    load_imagenet: Callable[[keras.Model], None]
    """Loads the complete ImageNet weights into the layers; raises UserError if they are not available."""
    imagenet: str
    """The source of those weights, in words."""
    licence: str
    """Of those weights."""
    in_distribution: str
    """The layer whose mean maps the in-distribution check compares: the last activation before the removed
    stride, at two thirds of the depth. Later layers only separate the diagnoses (see
    `melanoma.model.in_distribution`)."""
    depths: tuple[str, ...]
    """The layers that the lesson shows, from first to last: the last activation at each resolution, and
    `FEATURES`. The rest of the network must be a function of their maps, so none lies within a residual
    block."""
    blocks: tuple[str, ...]
    """The last layer of each block that can be frozen, from first to last."""
    frozen_blocks: int
    """Default number of frozen first blocks."""
    load_file: Callable[[keras.Model, Path], None] = load_keras_file
    """Loads a weights file into the layers; raises OSError, ValueError or UserError."""
    stride: int = 16
    """Pixels from one cell of the dense map to the next."""

    def load_weights(self, features: keras.Model, source: str) -> None:
        """Load `imagenet`, `none`, or a weights file into a model of this backbone's layers, in place.

        `none` leaves the random weights. Raises UserError if the weights are not available or do not fit.
        """
        if source == "none":
            return
        if source == "imagenet":
            self.load_imagenet(features)
            return
        file = Path(source)
        if not file.is_file():
            raise UserError(f"The backbone weights {source}: the file does not exist.")
        try:
            self.load_file(features, file)
        except (OSError, ValueError) as error:
            raise UserError(
                f"The backbone weights {source}: the file does not fit {self.title} without its top."
            ) from error

    def describe_weights(self, source: str) -> str:
        """Return in words which weights `load_weights` takes."""
        known = {"imagenet": self.imagenet, "none": "random weights"}
        return known.get(source, f"backbone weights of {Path(source).name}")

    def freeze(self, network: keras.Model, blocks: int | None = None) -> None:
        """Freeze the first blocks, with their batch statistics, and train the rest; 0 freezes nothing.

        None stands for `frozen_blocks`. Takes effect when the network is compiled next. Raises ValueError for
        more blocks than there are.
        """
        count = self.frozen_blocks if blocks is None else blocks
        if not 0 <= count <= len(self.blocks):
            raise ValueError(f"{self.title} has {len(self.blocks)} blocks, so {count} cannot be frozen")
        # Layer by layer: Keras ignores `trainable = True` on a network that already says so.
        names = [layer.name for layer in network.layers]
        first_trained = names.index(self.blocks[count - 1]) + 1 if count else 0
        for place, layer in enumerate(network.layers):
            layer.trainable = place >= first_trained
