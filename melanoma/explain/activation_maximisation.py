"""A picture made to please one output: what the network looks for in a diagnosis."""

from typing import Any

import numpy as np
import tensorflow as tf
from tf_keras_vis.activation_maximization import ActivationMaximization
from tf_keras_vis.activation_maximization.callbacks import Callback
from tf_keras_vis.activation_maximization.regularizers import TotalVariation2D

from melanoma.explain.float_input import float_twin
from melanoma.explain.target import log_odds_target
from melanoma.model.classifier import CompiledNetwork
from melanoma.model.log_odds import Calibration

_JITTER = 8  # pixels; a shift at each step keeps the picture from noise that suits one grid of cells only
_SMOOTHNESS = 2.0  # weight of the total variation, against high frequencies that no photo has
_COMPARED_EVERY = 10  # steps; the ascent may overshoot, so its best picture need not be its last


def maximise_log_odds(
    network: CompiledNetwork,
    calibration: Calibration,
    index: int,
    steps: int = 100,
    start: np.ndarray | None = None,
    seed: int = 0,
) -> np.ndarray:
    """Return a picture, uint8 (S, S, 3), changed in `steps` steps so that the log-odds of one diagnosis grow.

    `start` is a photo, uint8 (S, S, 3), to begin with; grey noise if None. The same seed gives the same
    picture. Of the start, every tenth picture on the way and the last, the one with the highest log-odds is
    returned, so they are never below the start's. Such pictures exaggerate, and resemble no lesion: Olah
    et al. 2017, Feature visualization, doi:10.23915/distill.00007. Computed by tf-keras-vis.
    """
    rng = np.random.default_rng(seed)
    shape = (1, network.size, network.size, 3)
    first = 128 + 10 * rng.standard_normal(shape) if start is None else start[None].astype(float)

    def jitter(picture: tf.Tensor) -> tf.Tensor:
        return tf.roll(picture, shift=rng.integers(-_JITTER, _JITTER + 1, 2).tolist(), axis=(1, 2))

    path = _Path(first, steps)
    ActivationMaximization(float_twin(network))(
        log_odds_target(calibration, [index]),
        seed_input=tf.constant(first, tf.float32),
        input_modifiers=[jitter],
        regularizers=[TotalVariation2D(weight=_SMOOTHNESS)],
        steps=steps,
        callbacks=[path],
    )
    pictures = np.stack(path.pictures)
    return pictures[int(calibration.log_odds(network.run(pictures).logits)[:, index].argmax())]


class _Path(Callback):
    """Collects the pictures of an ascent that are compared in the end, each uint8 (S, S, 3)."""

    def __init__(self, first: np.ndarray, steps: int) -> None:
        self.pictures = [_as_image(first)]
        self._last = steps - 1

    def __call__(self, i: int, values: list[tf.Tensor], *_: Any, **__: Any) -> None:
        if i == self._last or (i + 1) % _COMPARED_EVERY == 0:
            self.pictures.append(_as_image(np.asarray(values[0])))


def _as_image(batch: np.ndarray) -> np.ndarray:
    return np.clip(np.rint(batch[0]), 0, 255).astype(np.uint8)
