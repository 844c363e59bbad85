"""What every method explains, the log-odds of a diagnosis, as a function that can be differentiated."""

from collections.abc import Callable

import numpy as np
import tensorflow as tf

from melanoma.model.log_odds import Calibration

Target = Callable[[tf.Tensor], tf.Tensor]


def log_odds_target(calibration: Calibration, indices: list[int]) -> Target:
    """Return a function from logits (n, classes) to log-odds (n,): of row i the diagnosis `indices[i]`.

    A score in the sense of tf-keras-vis. The same as `model.log_odds.log_odds`, in float32.
    """

    def target(logits: tf.Tensor) -> tf.Tensor:
        scores = tf.cast(logits, tf.float32) / calibration.temperature + calibration.log_prior.astype(
            np.float32
        )
        own = tf.one_hot(indices, calibration.log_prior.size, on_value=True, off_value=False, dtype=tf.bool)
        others = tf.where(own, -np.inf, scores)
        return tf.boolean_mask(scores, own) - tf.reduce_logsumexp(others, axis=-1)

    return target
