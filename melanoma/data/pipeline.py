"""The input pipeline: images are decoded once, sampled by class, and augmented while the network computes."""

import hashlib
import json
import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pandas as pd
import tensorflow as tf
from rich.progress import track

from melanoma.batches import sliced
from melanoma.data.augmentation import Augmentation, augment, resurround
from melanoma.errors import UserError
from melanoma.files import atomic_write, write_whole
from melanoma.lesion.framing import frame_photo
from melanoma.lesion.mask_files import on_photo, read_mask
from melanoma.lesion.outline import widen
from melanoma.photos.framing import Geometry, frame
from melanoma.photos.reading import read_image


def decode_all(
    table: pd.DataFrame, size: int, framing: str, cache: Path
) -> tuple[np.ndarray, dict[str, str]]:
    """Return all images framed, uint8 (n, size, size, 4), and the errors of those that cannot be read.

    The fourth channel is 255 within the lesion's widened outline and 0 outside it; all 255 where no outline
    is known. The pixels are in a memory-mapped file `cache`, which is reused if the framing is the same and
    the table names the same files in the same order; so a data set may be larger than memory, and all
    unreadable files are known before the first step. Their rows stay black. Raises UserError if the disk has
    too little space: writing to a mapped file on a full disk would kill the process.
    """
    listed = f"{size} px, {framing}, with outlines\n" + table[["image_id", "path", "outline"]].to_csv(
        index=False
    )
    contents = hashlib.sha256(listed.encode()).hexdigest()
    note = cache.with_suffix(".json")
    if cache.exists() and note.exists():
        written = json.loads(note.read_text(encoding="utf-8"))
        if written["contents"] == contents:
            return np.load(cache, mmap_mode="r"), written["failed"]
    note.unlink(missing_ok=True)
    with atomic_write(cache) as unfinished:
        failed = _decode_to(unfinished, table, size, framing)
    write_whole(note, json.dumps({"contents": contents, "failed": failed}))
    return np.load(cache, mmap_mode="r"), failed


def _decode_to(file: Path, table: pd.DataFrame, size: int, framing: str) -> dict[str, str]:
    """Write the pixels of `decode_all` to a file, which is closed when this returns; returns the errors."""
    needed, free = len(table) * size * size * 4, shutil.disk_usage(file.parent).free
    if needed > free:
        raise UserError(
            f"The pixels of {len(table)} images take {needed / 1e9:.1f} GB in {file.parent}, which has "
            f"{free / 1e9:.1f} GB left. Make room, or start from a disk with more."
        )
    pixels = np.lib.format.open_memmap(file, mode="w+", dtype=np.uint8, shape=(len(table), size, size, 4))
    failed: dict[str, str] = {}

    def decode(row: int) -> None:
        try:
            framed = frame_photo(read_image(table["path"].iloc[row]), size, framing)
            pixels[row, ..., :3] = framed.pixels
            pixels[row, ..., 3] = 255 * read_widened(table["outline"].iloc[row], framed.geometry)
        except UserError as error:
            failed[table["image_id"].iloc[row]] = str(error)

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for _ in track(pool.map(decode, range(len(table))), "Reading images", total=len(table)):
            pass
    pixels.flush()
    # In the order of the table: threads come to an end in any.
    return {image_id: failed[image_id] for image_id in table["image_id"] if image_id in failed}


def read_widened(outline: str | None, geometry: Geometry) -> np.ndarray:
    """Return the widened outline of a mask file, framed like its photo, bool (size, size).

    All True without a file, or for an empty mask: then everything counts as lesion.
    """
    everything = np.ones((geometry.size, geometry.size), dtype=bool)
    if outline is None or pd.isna(outline):
        return everything
    mask = geometry.cut_mask(on_photo(read_mask(outline), geometry.width, geometry.height))
    return widen(mask) if mask.any() else everything


@dataclass(frozen=True)
class Sampler:
    """Draws training samples: sample k of epoch e is a function of (seed, e, k).

    So a resumed run gets exactly the images that it would have got without the interruption. With `paired`,
    samples 2k and 2k + 1 are two copies of one image, the second in other surroundings.
    """

    pixels: np.ndarray
    """uint8 (n, P, P, 4), as `decode_all` returns them."""
    labels: np.ndarray
    """int (n,), the index of each image's diagnosis."""
    rows: np.ndarray
    """The rows of `pixels` that may be used for training."""
    power: float
    """A class is drawn in proportion to its count to this power: 0 is balanced, 1 keeps the data's shares."""
    augmentation: Augmentation
    seed: int
    paired: bool = False
    shard: int | None = None
    """The worker's part of the lesions, 0, 1, …, in data-parallel training."""
    cell: int = 16
    """Pixels from one cell of the network's last feature map to the next, `Backbone.stride`."""

    def class_shares(self) -> np.ndarray:
        """Return the share of each class among the samples, float (classes,), summing to 1."""
        counts = np.bincount(self.labels[self.rows], minlength=self.labels.max() + 1).astype(float)
        weights = np.where(counts > 0, counts**self.power, 0.0)
        return weights / weights.sum()

    def draw(self, epoch: int, samples: int) -> np.ndarray:
        """Return the rows of an epoch's samples, int (samples,)."""
        labels = self.labels[self.rows]
        weights = (self.class_shares() / np.maximum(np.bincount(labels), 1))[labels]
        views = 2 if self.paired else 1
        rng = self._generator(epoch)
        return np.repeat(rng.choice(self.rows, samples // views, p=weights / weights.sum()), views)

    def make(self, epoch: int, sample: int, row: int, size: int) -> tuple[np.ndarray, np.ndarray]:
        """Return a sample, uint8 (size, size, 3), and `outside`, float32 (g, g).

        That is the share of each cell of the feature map that lies outside the widened outline.
        """
        rng = self._generator(epoch, sample)
        image = self.pixels[row]
        if self.paired and sample % 2 and image[..., 3].min() == 0:
            other = self.pixels[rng.choice(self.rows)]
            inside, other_inside = (one[..., 3].astype(np.float32) / 255 for one in (image, other))
            changed = resurround(image[..., :3], inside, other[..., :3], other_inside, rng)
            image = np.concatenate([changed, image[..., 3:]], axis=-1)
        augmented = augment(image, size, rng, self.augmentation)
        cells = -(-size // self.cell)
        outside = 1 - cv2.resize(
            augmented[..., 3], (cells, cells), interpolation=cv2.INTER_AREA
        ) / np.float32(255)
        return np.ascontiguousarray(augmented[..., :3]), outside.astype(np.float32)

    def _generator(self, *numbers: int) -> np.random.Generator:
        shard = [] if self.shard is None else [self.shard]
        return np.random.default_rng([self.seed, *shard, *numbers])

    def batches(self, epochs: range, samples: int, size: int, batch: int) -> tf.data.Dataset:
        """Return the batches of these epochs, one after the other.

        They are images uint8 (batch, size, size, 3), and a dictionary of `label`, one-hot float32 (batch,
        classes), and `outside`, float32 (batch, g, g).
        """
        classes, cells = int(self.labels.max()) + 1, -(-size // self.cell)

        def make(epoch: int, sample: int, row: int) -> tuple[np.ndarray, np.ndarray]:
            return self.make(int(epoch), int(sample), int(row), size)

        def load_sample(index: tf.Tensor) -> tuple[tf.Tensor, dict[str, tf.Tensor]]:
            image, outside = tf.numpy_function(make, tf.unstack(index), (tf.uint8, tf.float32))
            label = tf.one_hot(tf.gather(tf.constant(self.labels), index[2]), classes)
            return tf.ensure_shape(image, (size, size, 3)), {
                "label": label,
                "outside": tf.ensure_shape(outside, (cells, cells)),
            }

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
        images = indices.map(load_sample, num_parallel_calls=tf.data.AUTOTUNE)
        return images.batch(batch, drop_remainder=True).prefetch(4)


def shard(sampler: Sampler, lesions: np.ndarray, count: int) -> list[Sampler]:
    """Return a sampler for each of `count` workers; all images of a lesion lie in one shard.

    `lesions` (n,) holds the lesion of each image. The lesions of each diagnosis are distributed in turn, so
    that each shard has its part of the rare diagnoses; one with fewer lesions than workers is missing from
    some shards.
    """
    if count == 1:
        return [sampler]
    dealt = pd.DataFrame({"lesion": lesions[sampler.rows], "label": sampler.labels[sampler.rows]})
    dealt = dealt.groupby("lesion")["label"].min().sort_index()
    owner = dealt.groupby(dealt).cumcount() % count
    owners = owner.loc[lesions[sampler.rows]].to_numpy()
    return [replace(sampler, rows=sampler.rows[owners == index], shard=index) for index in range(count)]


def plain_batches(pixels: np.ndarray, rows: np.ndarray, size: int, batch: int = 64) -> Any:
    """Yield batches without augmentation, uint8 (<=batch, size, size, 3), in the order of `rows`."""
    for batch_rows in sliced(rows, batch):
        yield np.stack([frame(pixels[row][..., :3], size)[0] for row in batch_rows])
