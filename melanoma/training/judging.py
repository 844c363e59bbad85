"""Validation after each epoch of fine-tuning, on the calibration lesions."""

import keras
import numpy as np
import tensorflow as tf

from melanoma.data.pipeline import plain_batches
from melanoma.evaluation.metrics import balanced_accuracy, roc_auc
from melanoma.training.dataset import Dataset
from melanoma.training.recipes import Judge


def judge_in_even_mix(dataset: Dataset, log_shares: np.ndarray) -> Judge:
    """Return the function that measures balanced accuracy and melanoma ROC AUC on the calibration images.

    `log_shares` (classes,) are the logarithms of the shares in which classes are drawn; they are
    subtracted from the logits, which makes the prior uniform. Nothing is chosen by these figures.
    """
    rows = dataset.rows("calibration")
    truth, even = dataset.labels[rows], np.ones(len(rows))

    def judge(network: keras.Model, size: int) -> dict[str, float]:
        answer = tf.function(lambda batch: network([batch], training=False), reduce_retracing=True)
        batches = plain_batches(dataset.pixels, rows, size)
        logits = np.concatenate([answer(batch).numpy() for batch in batches]) - log_shares
        score = keras.ops.convert_to_numpy(keras.ops.softmax(logits))[:, dataset.melanoma]
        return {
            "calibration_balanced_accuracy": balanced_accuracy(truth, logits.argmax(axis=1), even),
            "calibration_melanoma_auc": roc_auc(truth == dataset.melanoma, score, even),
        }

    return judge
