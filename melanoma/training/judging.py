"""Validation after each epoch of fine-tuning, on the calibration lesions."""

import keras
import numpy as np
import tensorflow as tf

from melanoma.data.pipeline import plain_batches
from melanoma.evaluation.metrics import balanced_accuracy, roc_auc
from melanoma.training.dataset import Dataset
from melanoma.training.recipes import Judge

MOST = 1500
"""Images by which an epoch is judged; more are sampled, as the figures are for information."""


def judge_in_even_mix(dataset: Dataset) -> Judge:
    """Return the function that measures balanced accuracy and melanoma ROC AUC on the calibration images.

    The network's logits assume an even mix as they are. Nothing is chosen by these figures.
    """
    rows = dataset.rows("calibration")
    if len(rows) > MOST:
        rows = np.sort(np.random.default_rng(0).choice(rows, MOST, replace=False))
    truth, even = dataset.labels[rows], np.ones(len(rows))

    def judge(network: keras.Model, size: int) -> dict[str, float]:
        if not len(rows):
            return {}
        answer = tf.function(lambda batch: network([batch], training=False), reduce_retracing=True)
        batches = plain_batches(dataset.pixels, rows, size)
        logits = np.concatenate([answer(batch).numpy() for batch in batches])
        score = keras.ops.convert_to_numpy(keras.ops.softmax(logits))[:, dataset.melanoma]
        return {
            "calibration_balanced_accuracy": balanced_accuracy(truth, logits.argmax(axis=1), even),
            "calibration_melanoma_auc": roc_auc(truth == dataset.melanoma, score, even),
        }

    return judge
