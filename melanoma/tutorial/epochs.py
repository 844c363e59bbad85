"""The tutorial's sampling and validation: every training image once an epoch, and plain accuracy."""

from collections.abc import Iterator
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from scipy.special import log_softmax

from melanoma.batches import sliced
from melanoma.data.augmentation import Augmentation
from melanoma.data.pipeline import Images, Sampler
from melanoma.evaluation.metrics import balanced_accuracy, roc_auc
from melanoma.training.recipes import Judge


class ShuffledSampler(Sampler):
    """Each epoch draws every training image once, unchanged, in an order that follows from seed and epoch.

    The last images, which do not fill a batch, are left out of the epoch.
    """

    @classmethod
    def over(cls, images: Images, rows: np.ndarray, seed: int) -> "ShuffledSampler":
        """Return the sampler of `rows`; the arguments are the fields of `Sampler`."""
        return cls(images, rows, power=1.0, augmentation=Augmentation(), seed=seed)

    def class_shares(self, size: int) -> np.ndarray:
        """Return the share of each class among the training images, float (classes,)."""
        labels = self.images.labels
        return np.bincount(labels[self.rows], minlength=labels.max() + 1) / len(self.rows)

    def draw(self, epoch: int, samples: int, size: int) -> np.ndarray:
        """Return the rows that an epoch shows, int (samples,), none twice."""
        return np.random.default_rng([self.seed, epoch]).permutation(self.rows)[:samples]

    def batches(self, epochs: range, samples: int, size: int, batch: int) -> tf.data.Dataset:
        """Return the batches of these epochs, one after the other.

        They are images uint8 (batch, size, size, 3) and one-hot labels (batch, classes).
        """
        pixels, labels = self.images.pixels, self.images.labels
        classes = int(labels.max()) + 1

        def images() -> Iterator[tuple[np.ndarray, np.ndarray]]:
            for epoch in epochs:
                drawn = self.draw(epoch, samples, size)
                for rows in sliced(drawn[: samples - samples % batch], batch):
                    yield pixels[rows][..., :3], np.eye(classes, dtype=np.float32)[labels[rows]]

        shapes = (
            tf.TensorSpec((batch, size, size, 3), tf.uint8),
            tf.TensorSpec((batch, classes), tf.float32),
        )
        return tf.data.Dataset.from_generator(images, output_signature=shapes).prefetch(2)


def judge_by_accuracy(pixels: np.ndarray, labels: np.ndarray, rows: np.ndarray, melanoma: int) -> Judge:
    """Return the function that evaluates a network on the validation rows; `melanoma` is that class's index.

    Accuracy and cross-entropy are the tutorial's figures, the other two those of every training run.
    """
    truth, even = labels[rows], np.ones(len(rows))

    def judge(network: keras.Model, size: int) -> dict[str, float]:
        logs = log_softmax(logits_of(network, pixels, rows), axis=1)
        return {
            "calibration_accuracy": float((logs.argmax(axis=1) == truth).mean()),
            "calibration_loss": float(-logs[np.arange(len(rows)), truth].mean()),
            "calibration_balanced_accuracy": balanced_accuracy(truth, logs.argmax(axis=1), even),
            "calibration_melanoma_auc": roc_auc(truth == melanoma, logs[:, melanoma], even),
        }

    return judge


def logits_of(network: keras.Model, pixels: np.ndarray, rows: np.ndarray, batch: int = 32) -> Any:
    """Return float (n, classes) for these rows of `pixels`, images of the network's own size."""
    batches = (pixels[batch_rows][..., :3] for batch_rows in sliced(rows, batch))
    return np.concatenate([network.predict_on_batch(one) for one in batches])
