"""The weights of a class map's channels: the head's own, or Grad-CAM's mean gradients."""

import keras
import numpy as np

from melanoma.explain.grad_cam import channel_weights
from melanoma.explain.layers import layer_pass
from melanoma.explain.lesson.contributions import Contributions, contributions
from melanoma.explain.lesson.feature_maps import all_maps
from melanoma.model.classifier import CompiledNetwork
from melanoma.model.network import HEAD


def by_weights(network: CompiledNetwork, pixels: np.ndarray, index: int) -> Contributions:
    """Return the evidence map of one diagnosis by channel, for uint8 (S, S, 3).

    The head's weight over the number of cells times the last feature map (Zhou et al. 2016,
    arXiv:1512.04150).
    """
    maps = all_maps(network, pixels)[-1]
    kernel = keras.ops.convert_to_numpy(network.network.get_layer(HEAD).kernel)
    return contributions(maps, kernel[:, index] / (maps.shape[0] * maps.shape[1]))


def by_gradients(network: CompiledNetwork, pixels: np.ndarray, index: int, layer: str) -> Contributions:
    """Return Grad-CAM's sum at a layer by channel, before its ReLU, for uint8 (S, S, 3).

    The logit's mean gradient times the map (Selvaraju et al. 2017, arXiv:1610.02391). Raises UserError for
    an unknown layer.
    """
    maps, gradients = layer_pass(network, layer)(pixels[None])
    return contributions(maps[0], channel_weights(gradients[index])[0])
