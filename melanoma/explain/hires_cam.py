"""HiResCAM at layers below the last: each cell of each feature map times its own gradient."""

import numpy as np

from melanoma.controls import Choice, Control
from melanoma.explain.base import ExplanationRequest, Method
from melanoma.explain.layers import layer_pass
from melanoma.model.classifier import CompiledNetwork


class HiResCam(Method):
    """The signed sum over the feature maps, every cell weighed by its own gradient.

    At the last layer, where the gradient is the same in all cells, it is the evidence map, and Grad-CAM its
    positive part; so it is offered below it.
    """

    name = "hires-cam"
    title = "HiResCAM"
    summary = "Like the evidence map at an earlier layer: finer, and only to first order what the layer gave."
    paper = "Draelos and Carin 2020, Use HiResCAM instead of Grad-CAM, arXiv:2011.08891"
    unit = "Logit units in each cell"
    signed = True
    cost = "one pass"

    def offered(self, network: CompiledNetwork) -> bool:
        """Return whether there is a layer below the last."""
        return len(network.layers) > 1

    def controls(self, network: CompiledNetwork, codes: tuple[str, ...]) -> tuple[Control, ...]:
        """Offer every convolutional layer but the last; the one next to it is the default."""
        layers = tuple(network.layers)[:-1]
        return (Choice("layer", "Layer", layers, layers[-1]),)

    def needs_keras(self, request: ExplanationRequest) -> bool:
        """Return True."""
        return True

    def maps(self, request: ExplanationRequest) -> np.ndarray:
        """Return the sum over channels of gradient times map."""
        maps, gradients = layer_pass(request.network, str(request.settings["layer"]))(request.pixels[None])
        return (products(maps[0], gradients[:, 0]) @ request.prediction.slopes.T)[..., request.indices]


def products(maps: np.ndarray, gradients: np.ndarray) -> np.ndarray:
    """Return the sum over channels of maps (h, w, channels) times gradients (classes, h, w, channels).

    (h, w, classes), in the unit of what was differentiated.
    """
    return np.einsum("hwc,khwc->hwk", maps, gradients)
