"""Feature maps at five depths of the network, the strongest first."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from melanoma.model.classifier import CompiledNetwork
from melanoma.model.keras_task import keras_task

if TYPE_CHECKING:
    import tensorflow as tf


@dataclass(frozen=True)
class Depth:
    """The strongest feature maps of one layer."""

    layer: str
    maps: np.ndarray
    """float32 (h, w, k), 0 or more, strongest first."""
    channels: tuple[int, ...]
    """Which of the layer's channels they are."""
    total: int
    """How many channels the layer has."""


@keras_task
def depths_of(network: CompiledNetwork) -> tuple[str, ...]:
    """Return the backbone's depths for the lesson, or all activated convolutions of a network without one."""
    return network.backbone.depths if network.backbone else tuple(network.layers)


@keras_task
def backbone_of(network: CompiledNetwork) -> tuple[str, str] | None:
    """Return the backbone's title and its paper; None for a network without one."""
    backbone = network.backbone
    return (backbone.title, backbone.citation) if backbone else None


@keras_task
def feature_maps(network: CompiledNetwork, pixels: np.ndarray, most: int = 12) -> tuple[Depth, ...]:
    """Return the `most` strongest maps at each of `depths_of`, for uint8 (S, S, 3), in one compiled pass."""
    found = zip(depths_of(network), all_maps(network, pixels), strict=True)
    return tuple(_strongest(layer, maps, most) for layer, maps in found)


def all_maps(network: CompiledNetwork, pixels: np.ndarray) -> list[np.ndarray]:
    """Return all maps at each of `depths_of`, float32 (h, w, channels), for uint8 (S, S, 3)."""
    return network.built_once("depths", lambda: _build(network))(pixels)


def strongest_channels(maps: np.ndarray, most: int) -> np.ndarray:
    """Return the indices of the `most` channels of (h, w, c) that vary most, int (most,).

    By the standard deviation over the cells: a channel that answers everywhere alike has the largest mean and
    shows nothing of this photo.
    """
    return np.argsort(-maps.std(axis=(0, 1)), kind="stable")[:most]


def _strongest(layer: str, maps: np.ndarray, most: int) -> Depth:
    chosen = strongest_channels(maps, most)
    return Depth(layer, maps[..., chosen], tuple(int(channel) for channel in chosen), maps.shape[-1])


def _build(network: CompiledNetwork) -> Callable[[np.ndarray], list[np.ndarray]]:
    import keras
    import tensorflow as tf

    outputs = [network.network.get_layer(name).output for name in depths_of(network)]
    inner = keras.Model(network.network.inputs, outputs)

    @tf.function(input_signature=[tf.TensorSpec((None, network.size, network.size, 3), tf.uint8)])
    def forward(pixels: "tf.Tensor") -> "list[tf.Tensor]":
        return [tf.cast(maps, tf.float32) for maps in inner(pixels, training=False)]

    return lambda pixels: [maps.numpy()[0] for maps in forward(tf.constant(pixels[None], tf.uint8))]
