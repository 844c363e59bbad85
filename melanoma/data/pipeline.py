"""From a table to batches: decoded once, sampled by class, augmented while the network computes."""

import hashlib
import json
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import tensorflow as tf
from rich.progress import track

from melanoma.data.augment import Augmentation, augment
from melanoma.errors import UserError
from melanoma.images import frame, read_image


def decode_all(table: pd.DataFrame, size: int, cache: Path) -> tuple[np.ndarray, dict[str, str]]:
    """Return all images framed, uint8 (n, size, size, 3), and the sentences about those that cannot be read.

    The pixels live in a memory-mapped file `cache`, written once and used again as long as the table names
    the same files in the same order, so a data set larger than memory works and every bad file is known
    before the first step. Rows that cannot be read stay black.
    """
    listed = f"{size} px\n" + table[["image_id", "path"]].to_csv(index=False)
    contents = hashlib.sha256(listed.encode()).hexdigest()
    note = cache.with_suffix(".json")
    if cache.exists() and note.exists():
        written = json.loads(note.read_text(encoding="utf-8"))
        if written["contents"] == contents:
            return np.load(cache, mmap_mode="r"), written["failed"]
    note.unlink(missing_ok=True)
    unfinished = cache.with_suffix(".unfinished")
    pixels = np.lib.format.open_memmap(
        unfinished, mode="w+", dtype=np.uint8, shape=(len(table), size, size, 3)
    )
    failed: dict[str, str] = {}

    def decode(row: int) -> None:
        try:
            pixels[row] = frame(read_image(table["path"].iloc[row]), size)[0]
        except UserError as error:
            failed[table["image_id"].iloc[row]] = str(error)

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for _ in track(pool.map(decode, range(len(table))), "Reading images", total=len(table)):
            pass
    pixels.flush()
    os.replace(unfinished, cache)
    note.write_text(json.dumps({"contents": contents, "failed": failed}), encoding="utf-8")
    return np.load(cache, mmap_mode="r"), failed


@dataclass(frozen=True)
class Sampler:
    """Draws training samples: everything about sample k of epoch e follows from (seed, e, k).

    So a run that was killed and resumed sees the very images that it would have seen.
    """

    pixels: np.ndarray
    """uint8 (n, P, P, 3)."""
    labels: np.ndarray
    """int (n,), the index of each image's diagnosis."""
    rows: np.ndarray
    """The rows of `pixels` that may be fitted."""
    power: float
    """A class is drawn in proportion to its count to this power: 0 draws all alike, 1 as they come."""
    how: Augmentation
    seed: int

    def class_shares(self) -> np.ndarray:
        """Return how often each class is drawn, float (classes,), summing to 1."""
        counts = np.bincount(self.labels[self.rows]).astype(float)
        weights = np.where(counts > 0, counts**self.power, 0.0)
        return weights / weights.sum()

    def draw(self, epoch: int, samples: int) -> np.ndarray:
        """Return the rows that an epoch shows, int (samples,)."""
        labels = self.labels[self.rows]
        weights = (self.class_shares() / np.maximum(np.bincount(labels), 1))[labels]
        return np.random.default_rng([self.seed, epoch]).choice(self.rows, samples, p=weights / weights.sum())

    def batches(self, epochs: range, samples: int, size: int, batch: int) -> tf.data.Dataset:
        """Return batches (uint8 (batch, size, size, 3), one-hot float32) for these epochs on end."""
        classes = int(self.labels.max()) + 1

        def make(epoch: int, sample: int, row: int) -> tuple[np.ndarray, np.ndarray]:
            rng = np.random.default_rng([self.seed, int(epoch), int(sample)])
            target = np.zeros(classes, np.float32)
            target[self.labels[row]] = 1
            return augment(self.pixels[row], size, rng, self.how), target

        def decorate(*indices: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            image, target = tf.numpy_function(make, indices, (tf.uint8, tf.float32))
            return tf.ensure_shape(image, (size, size, 3)), tf.ensure_shape(target, (classes,))

        def plan(epoch: int) -> np.ndarray:
            drawn = self.draw(int(epoch), samples)
            return np.stack([np.full(samples, int(epoch)), np.arange(samples), drawn], axis=1).astype(
                np.int64
            )

        indices = tf.data.Dataset.range(epochs.start, epochs.stop).flat_map(
            lambda epoch: tf.data.Dataset.from_tensor_slices(
                tf.ensure_shape(tf.numpy_function(plan, [epoch], tf.int64), (samples, 3))
            )
        )
        images = indices.map(lambda index: decorate(*tf.unstack(index)), num_parallel_calls=tf.data.AUTOTUNE)
        return images.batch(batch, drop_remainder=True).prefetch(4)


def plain_batches(pixels: np.ndarray, rows: np.ndarray, size: int, batch: int = 64) -> Any:
    """Yield uint8 (<=batch, size, size, 3) of unchanged images, in the order of `rows`."""
    for start in range(0, len(rows), batch):
        yield np.stack([frame(pixels[row], size)[0] for row in rows[start : start + batch]])
