"""The forward pass of a network: pixels in; logits, class maps and features out.

Two implementations give the same numbers: `keras_pass` by the Keras network, `litert_pass` by the same
network converted to LiteRT, which needs no TensorFlow (the import alone takes seconds and 400 MB).
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from melanoma.model.layer_names import FEATURES
from melanoma.phrases import Sentence


@dataclass(frozen=True)
class Outputs:
    """What a pass returns for n images."""

    logits: np.ndarray
    """float32 (n, classes)."""
    class_maps: np.ndarray | None
    """float32 (n, h, w, classes), logit units: their sum over (h, w) plus the bias is the logit. None if the
    network is not additive."""
    features: np.ndarray
    """float32 (n, channels), the mean maps of the backbone's layer for the in-distribution check."""
    last_features: np.ndarray
    """float32 (n, channels), the means of the last feature map: what the head sees, where pooling comes
    before it."""

    def class_maps_of(self, row: int) -> np.ndarray | None:
        """Return one image's class maps (h, w, classes), or None."""
        return None if self.class_maps is None else self.class_maps[row]


@dataclass(frozen=True)
class NetworkFacts:
    """What is known of a network without running it."""

    size: int
    """Side of the input, pixels."""
    additive: bool
    """True if the logits are sums over the regions of the last feature map."""
    grid: tuple[int, int]
    """Rows and columns of the last feature map."""
    convolutions: int
    """How many layers convolve."""
    layers: dict[str, int]
    """The layers that a map can be read from, and how many channels each has, from the pixels up
    (`network.convolutional_layers`); the last is `FEATURES`."""
    bias: np.ndarray
    """float32 (classes,), the head's."""

    @property
    def channels(self) -> int:
        """How many maps the last feature map has."""
        return self.layers[FEATURES]


class ForwardPass(ABC):
    """A network's forward pass. Safe to call from several threads."""

    engine: ClassVar[str]
    """What computes it."""
    facts: NetworkFacts
    instead: Sentence | None = None
    """Why no other engine computes it; None for the one that was wanted."""

    @abstractmethod
    def run(self, pixels: np.ndarray) -> Outputs:
        """Return the outputs for uint8 (n, S, S, 3)."""

    def freeze(self) -> None:  # noqa: B027 - there may be nothing to do
        """Make later passes quicker, at the price of a longer start."""
