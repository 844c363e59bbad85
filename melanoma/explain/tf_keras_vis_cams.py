"""Grad-CAM++, LayerCAM and Score-CAM, computed by tf-keras-vis."""

from abc import abstractmethod
from typing import TYPE_CHECKING, Any

import numpy as np

from melanoma.batches import sliced
from melanoma.controls import Control, Range
from melanoma.explain.base import ExplanationRequest, Method
from melanoma.explain.layers import layer_choice
from melanoma.model.classifier import CompiledNetwork
from melanoma.pause_points import in_steps

if TYPE_CHECKING:
    import tensorflow as tf

    from melanoma.explain.target import Target

UNSCALED = {"seek_penultimate_conv_layer": False, "expand_cam": False, "normalize_cam": False}
"""Maps stay in their unit and on their grid; scaling and resizing is the plot's."""


_TINY = 1e-37  # the smallest share that float32 holds in full: its logarithm is a number
_BATCH = 4  # diagnoses at once: with an early layer the backward pass keeps about 60 MB of maps for each


class _GradientCam(Method):
    """A map from gradients at one layer, several diagnoses in a call, from the layer upwards only."""

    unit = "Logit units in each cell"
    signed = False
    cost = "one pass"

    @staticmethod
    @abstractmethod
    def computed_by() -> type[Any]:
        """Return the library's class, which is imported with TensorFlow when it is first used."""

    def controls(self, network: CompiledNetwork, codes: tuple[str, ...]) -> tuple[Control, ...]:
        """Offer every convolutional layer."""
        return (layer_choice(network),)

    def needs_keras(self, request: ExplanationRequest) -> bool:
        """Return True."""
        return True

    def maps(self, request: ExplanationRequest) -> np.ndarray:
        """Return the maps of tf-keras-vis."""
        from melanoma.explain.float_input import tail_from
        from melanoma.explain.target import log_odds_target

        tail = tail_from(request.network, str(request.settings["layer"]))
        features = tail.maps(request.pixels[None])
        library = self.computed_by()(tail.model)
        indices, cams = request.indices, []
        for some in sliced(indices, _BATCH):
            copies = np.repeat(features, len(some), axis=0)
            target = log_odds_target(request.prediction.calibration, some)
            cams.append(library(_less_its_value(target), copies, penultimate_layer=tail.start, **UNSCALED))
        return np.moveaxis(np.concatenate(cams), 0, -1)


class GradCamPlusPlus(_GradientCam):
    """Feature maps weighted by their positive gradients, cells of steep gradient more."""

    name = "grad-cam++"
    title = "Grad-CAM++"
    summary = "Like Grad-CAM, but counts only features that speak for the diagnosis, each where it is found."
    paper = "Chattopadhay et al. 2018, Grad-CAM++, arXiv:1710.11063"

    @staticmethod
    def computed_by() -> type[Any]:
        """Return tf-keras-vis' class."""
        from tf_keras_vis.gradcam_plus_plus import GradcamPlusPlus

        return GradcamPlusPlus


class LayerCam(_GradientCam):
    """Each cell of each feature map times its own positive gradient."""

    name = "layer-cam"
    title = "LayerCAM"
    summary = "Weighs every cell by itself, so that early layers show fine detail of what speaks for it."
    paper = "Jiang et al. 2021, LayerCAM, doi:10.1109/TIP.2021.3089943"

    @staticmethod
    def computed_by() -> type[Any]:
        """Return tf-keras-vis' class."""
        from tf_keras_vis.layercam import Layercam

        return Layercam


class ScoreCam(Method):
    """Feature maps weighted by the probability of the photo seen through each; no gradients."""

    name = "score-cam"
    title = "Score-CAM"
    summary = "Shows the network the photo through each feature map and asks how sure it still is."
    paper = "Wang et al. 2020, Score-CAM, arXiv:1910.01279; its fast variant with the most varied maps only"
    unit = "Feature map strength times probability"
    signed = False
    cost = "many passes"
    each_diagnosis_costs = True

    def controls(self, network: CompiledNetwork, codes: tuple[str, ...]) -> tuple[Control, ...]:
        """Offer the layer and how many of its feature maps are tried."""
        most = next(iter(network.layers.values()))
        return (
            layer_choice(network),
            Range("channels", "Feature maps tried", 4, min(64, most), min(32, most), 4),
        )

    def needs_keras(self, request: ExplanationRequest) -> bool:
        """Return True."""
        return True

    def maps(self, request: ExplanationRequest) -> np.ndarray:
        """Return the maps of tf-keras-vis, one call a diagnosis."""
        from tf_keras_vis.scorecam import Scorecam

        from melanoma.explain.float_input import float_twin
        from melanoma.explain.target import log_odds_target

        scorecam, calibration = Scorecam(float_twin(request.network)), request.prediction.calibration
        cams = [
            scorecam(
                _probability(log_odds_target(calibration, [index])),
                request.pixels[None].astype(np.float32),
                penultimate_layer=request.settings["layer"],
                max_N=int(request.settings["channels"]),
                batch_size=16,
                **UNSCALED,
            )
            for index in in_steps(request.indices)
        ]
        return np.stack([np.asarray(cam)[0] for cam in cams], axis=-1)


def _less_its_value(target: "Target") -> "Target":
    """Return a target with the same slopes, whose value is 0.

    Grad-CAM++ multiplies everything by exp(score), which overflows at 89. The slope is what counts: with the
    value taken off, the factor is 1 and the map in logit units.
    """

    import tensorflow as tf

    def slopes(logits: "tf.Tensor") -> "tf.Tensor":
        log_odds = target(logits)
        return log_odds - tf.stop_gradient(log_odds)

    return slopes


def _probability(target: "Target") -> "Target":
    """Return the probability that is shown, of the softmax that `Scorecam` makes of the logits."""

    import tensorflow as tf

    def probability(softmax: "tf.Tensor") -> "tf.Tensor":
        return tf.sigmoid(target(tf.math.log(tf.maximum(softmax, _TINY))))

    return probability
