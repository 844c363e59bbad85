"""A picture made to please one output: what the network looks for in a diagnosis."""

import numpy as np
import tensorflow as tf
from tf_keras_vis.activation_maximization import ActivationMaximization
from tf_keras_vis.activation_maximization.regularizers import TotalVariation2D
from tf_keras_vis.utils.scores import CategoricalScore

from melanoma.classifier import CompiledNetwork
from melanoma.explain.twin import float_twin

_JITTER = 8  # pixels; a shift at each step keeps the picture from noise that suits one grid of cells only
_SMOOTHNESS = 2.0  # weight of the total variation, against high frequencies that no photo has


def maximise_logit(
    network: CompiledNetwork, index: int, steps: int = 100, start: np.ndarray | None = None, seed: int = 0
) -> np.ndarray:
    """Return a picture, uint8 (S, S, 3), changed in `steps` steps so that one logit grows.

    `start` is a photo, uint8 (S, S, 3), to begin with; grey noise if None. The same seed gives the same
    picture. Such pictures exaggerate, and resemble no lesion: Olah et al. 2017, Feature visualization,
    doi:10.23915/distill.00007. Computed by tf-keras-vis.
    """
    rng = np.random.default_rng(seed)
    shape = (1, network.size, network.size, 3)
    first = 128 + 10 * rng.standard_normal(shape) if start is None else start[None]

    def jitter(picture: tf.Tensor) -> tf.Tensor:
        return tf.roll(picture, shift=rng.integers(-_JITTER, _JITTER + 1, 2).tolist(), axis=(1, 2))

    picture = ActivationMaximization(float_twin(network))(
        CategoricalScore([index]),
        seed_input=tf.constant(first, tf.float32),
        input_modifiers=[jitter],
        regularizers=[TotalVariation2D(weight=_SMOOTHNESS)],
        steps=steps,
    )
    return np.clip(np.rint(np.asarray(picture)[0]), 0, 255).astype(np.uint8)
