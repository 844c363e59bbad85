"""The weights of an evidence map's channels: the head's own, or Grad-CAM's mean gradients.

Both are those of the log-odds: a diagnosis' own weights less those of the others, each by its share.
"""

import numpy as np

from melanoma.explain.grad_cam import channel_weights
from melanoma.explain.layers import layer_pass
from melanoma.explain.lesson.contributions import Contributions, contributions
from melanoma.explain.lesson.feature_maps import all_maps
from melanoma.model.classifier import CompiledNetwork
from melanoma.model.keras_task import keras_task
from melanoma.model.layer_names import HEAD
from melanoma.model.prediction import Prediction


@keras_task
def by_weights(network: CompiledNetwork, prediction: Prediction, code: str) -> Contributions:
    """Return the evidence map of one diagnosis by channel.

    The head's weight over the number of cells times the last feature map (Zhou et al. 2016,
    arXiv:1512.04150).
    """
    import keras

    maps = all_maps(network, prediction.pixels)[-1]
    kernel = keras.ops.convert_to_numpy(network.network.get_layer(HEAD).kernel)
    cells = maps.shape[0] * maps.shape[1]
    return contributions(maps, kernel @ _slopes(prediction, code) / cells)


@keras_task
def by_gradients(network: CompiledNetwork, prediction: Prediction, code: str, layer: str) -> Contributions:
    """Return Grad-CAM's sum for one diagnosis at a layer by channel, before its ReLU.

    The log-odds' mean gradient times the map (Selvaraju et al. 2017, arXiv:1610.02391). Raises UserError for
    an unknown layer.
    """
    maps, gradients = layer_pass(network, layer)(prediction.pixels[None])
    return contributions(maps[0], _slopes(prediction, code) @ channel_weights(gradients[:, 0]))


def _slopes(prediction: Prediction, code: str) -> np.ndarray:
    return prediction.slopes[prediction.index(code)]
