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
from scipy.special import softmax

from melanoma.batches import sliced
from melanoma.data.augmentation import Augmentation, augment, resurround
from melanoma.errors import UserError
from melanoma.files import atomic_write, write_whole
from melanoma.lesion.framing import frame_photo
from melanoma.lesion.mask_files import on_photo, read_mask
from melanoma.lesion.outline import find_lesion, widen
from melanoma.photos.framing import Geometry, frame
from melanoma.photos.reading import read_image

SURE = 0.7
"""Confidence of a found outline from which it stands in for a drawn one in training."""


@dataclass(frozen=True)
class Decoded:
    """The images of a table, framed, in its order."""

    pixels: np.ndarray
    """uint8 (n, P, P, 4), memory-mapped. The fourth channel is 255 within the lesion's widened outline and 0
    outside it: the drawn outline, else the found one where it is `SURE`; all 255 where there is neither."""
    sides: np.ndarray
    """int (n,), the shorter side of each photo before it was resized, pixels."""
    failed: dict[str, str]
    """The error of each image that could not be read, by id; its pixels are black."""


def decode_all(table: pd.DataFrame, size: int, framing: str, cache: Path) -> Decoded:
    """Return all images framed, at `size` pixels a side.

    The pixels are in a memory-mapped file `cache`, which is reused if the framing is the same and the table
    names the same files in the same order; so a data set may be larger than memory, and all unreadable files
    are known before the first step. Raises UserError if the disk has too little space: writing to a mapped
    file on a full disk would kill the process.
    """
    contents = contents_of(table, size, framing)
    note = cache.with_suffix(".json")
    if cache.exists() and note.exists():
        written = json.loads(note.read_text(encoding="utf-8"))
        if written["contents"] == contents:
            return Decoded(np.load(cache, mmap_mode="r"), np.array(written["sides"]), written["failed"])
    note.unlink(missing_ok=True)
    with atomic_write(cache) as unfinished:
        sides, failed = _decode_to(unfinished, table, size, framing)
    write_whole(note, json.dumps({"contents": contents, "sides": sides.tolist(), "failed": failed}))
    return Decoded(np.load(cache, mmap_mode="r"), sides, failed)


def contents_of(table: pd.DataFrame, size: int, framing: str) -> str:
    """Return a hash of what `decode_all` makes of a table, hexadecimal."""
    listed = table[["image_id", "path", "outline"]].to_csv(index=False)
    return hashlib.sha256(f"{size} px, {framing}, with found outlines\n{listed}".encode()).hexdigest()


def _decode_to(file: Path, table: pd.DataFrame, size: int, framing: str) -> tuple[np.ndarray, dict[str, str]]:
    """Write the pixels of `decode_all` to a file, closed when this returns; returns the sides and errors."""
    needed, free = len(table) * size * size * 4, shutil.disk_usage(file.parent).free
    if needed > free:
        raise UserError(
            f"The pixels of {len(table)} images take {needed / 1e9:.1f} GB in {file.parent}, which has "
            f"{free / 1e9:.1f} GB left. Make room, or start from a disk with more."
        )
    pixels = np.lib.format.open_memmap(file, mode="w+", dtype=np.uint8, shape=(len(table), size, size, 4))
    sides = np.zeros(len(table), int)
    failed: dict[str, str] = {}

    def decode(row: int) -> None:
        try:
            photo = read_image(table["path"].iloc[row])
            framed = frame_photo(photo, size, framing)
            inside = read_widened(table["outline"].iloc[row], framed.geometry)
        except UserError as error:
            failed[table["image_id"].iloc[row]] = str(error)
            return
        if inside is None:
            inside = found_widened(framed.pixels)
        pixels[row, ..., :3], pixels[row, ..., 3] = framed.pixels, 255 * inside
        sides[row] = min(photo.shape[:2])

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for _ in track(pool.map(decode, range(len(table))), "Reading images", total=len(table)):
            pass
    pixels.flush()
    # In the order of the table: threads come to an end in any.
    return sides, {image_id: failed[image_id] for image_id in table["image_id"] if image_id in failed}


def read_widened(outline: str | None, geometry: Geometry) -> np.ndarray | None:
    """Return the widened outline of a mask file, framed like its photo, bool (size, size).

    None without a file, and for an empty mask.
    """
    if outline is None or pd.isna(outline):
        return None
    mask = geometry.cut_mask(on_photo(read_mask(outline), geometry.width, geometry.height))
    return widen(mask) if mask.any() else None


def found_widened(pixels: np.ndarray) -> np.ndarray:
    """Return `surely_found` of a photo (S, S, 3), bool (S, S).

    All True where it finds none: then everything counts as lesion.
    """
    inside = surely_found(pixels)
    return np.ones(pixels.shape[:2], bool) if inside is None else inside


def surely_found(pixels: np.ndarray) -> np.ndarray | None:
    """Return the widened outline found in a photo (S, S, 3), bool (S, S); None where none is `SURE`."""
    outline = find_lesion(pixels)
    return widen(outline.mask) if outline.confidence >= SURE else None


ABSENT = -20.0
"""Stands for the logarithm of a share of 0: a diagnosis that a source has no image of."""


@dataclass(frozen=True)
class Images:
    """What a `Sampler` knows of the images of a training run, all arrays in one order."""

    pixels: np.ndarray
    """uint8 (n, P, P, 4), as `decode_all` returns them."""
    labels: np.ndarray
    """int (n,), the index of each image's diagnosis."""
    sources: np.ndarray
    """int (n,), the index of each image's source."""
    lesions: np.ndarray
    """int (n,), the index of each image's lesion."""
    sides: np.ndarray
    """int (n,), the shorter side of each photo before it was resized, pixels."""
    teacher: np.ndarray | None = None
    """float (n, classes), scores of other networks, free of any mix, to learn beside the label; NaN in the
    rows that have none."""

    @classmethod
    def of_one_source(cls, pixels: np.ndarray, labels: np.ndarray) -> "Images":
        """Return images of one source, each of a lesion of its own, none of them enlarged."""
        one = np.zeros(len(labels), int)
        return cls(pixels, labels, one, np.arange(len(labels)), one + pixels.shape[1])


@dataclass(frozen=True)
class Sampler:
    """Draws training samples: sample k of epoch e is a function of (seed, e, k).

    So a resumed run gets exactly the images that it would have got without the interruption. With `paired`,
    samples 2k and 2k + 1 are two copies of one image, the second in other surroundings.
    """

    images: Images
    rows: np.ndarray
    """The rows of `images` that may be used for training."""
    power: float
    """A diagnosis of a source is drawn in proportion to its number of lesions to this power: 0 is balanced
    within and across sources, 1 keeps the data's shares."""
    augmentation: Augmentation
    seed: int
    paired: bool = False
    degraded_to: int | None = None
    """Pixels a side to which every image is reduced before it is enlarged again; None leaves them as they
    are. So all sources are equally unsharp, and unsharpness is no sign of one."""
    shard: int | None = None
    """The worker's part of the lesions, 0, 1, …, in data-parallel training."""
    cell: int = 16
    """Pixels from one cell of the network's last feature map to the next, `Backbone.stride`."""

    def shares(self, size: int) -> np.ndarray:
        """Return the share of each source and diagnosis among the samples, float (sources, classes).

        They sum to 1. An image of fewer pixels than `size` counts for its part of them: enlarged, it has
        little to teach about detail.
        """
        shares = _power(self._cells(self._worth(size)), self.power)
        return shares / shares.sum()

    def log_shares(self, size: int) -> np.ndarray:
        """Return the logarithm of each diagnosis' share within its source, float32 (sources, classes).

        `ABSENT` where a source has none.
        """
        shares = self.shares(size)
        within = shares / np.maximum(shares.sum(axis=1, keepdims=True), 1e-12)
        return np.where(within > 0, np.log(np.maximum(within, 1e-12)), ABSENT).astype(np.float32)

    def class_shares(self, size: int) -> np.ndarray:
        """Return the share of each class among the samples, float (classes,), summing to 1."""
        return self.shares(size).sum(axis=0)

    def draw(self, epoch: int, samples: int, size: int) -> np.ndarray:
        """Return the rows of an epoch's samples, int (samples,).

        Within a source and diagnosis lesions are drawn alike, however many photos there are of each.
        """
        worth, labels, sources = self._worth(size), self.images.labels, self.images.sources
        cells = self._cells(worth)
        weights = worth * _power(cells, self.power - 1)[sources[self.rows], labels[self.rows]]
        views = 2 if self.paired else 1
        rng = self._generator(epoch)
        return np.repeat(rng.choice(self.rows, samples // views, p=weights / weights.sum()), views)

    def _worth(self, size: int) -> np.ndarray:
        """Return the weight of each of `rows` within its source and diagnosis, float (m,)."""
        lesions = self.images.lesions[self.rows]
        photos = np.bincount(lesions)[lesions]
        detail = np.minimum(1, self.images.sides[self.rows] / (self.degraded_to or size)) ** 2
        return detail / photos

    def _cells(self, worth: np.ndarray) -> np.ndarray:
        """Return the sum of the weights of each source and diagnosis, float (sources, classes)."""
        labels, sources = self.images.labels, self.images.sources
        cells = np.zeros((int(sources.max()) + 1, int(labels.max()) + 1))
        np.add.at(cells, (sources[self.rows], labels[self.rows]), worth)
        return cells

    def make(self, epoch: int, sample: int, row: int, size: int) -> tuple[np.ndarray, np.ndarray]:
        """Return a sample, uint8 (size, size, 3), and `outside`, float32 (g, g).

        That is the share of each cell of the feature map that lies outside the widened outline.
        """
        rng = self._generator(epoch, sample)
        image = self.images.pixels[row]
        if self.paired and sample % 2 and image[..., 3].min() == 0:
            other = self.images.pixels[rng.choice(self.rows)]
            inside, other_inside = (one[..., 3].astype(np.float32) / 255 for one in (image, other))
            changed = resurround(image[..., :3], inside, other[..., :3], other_inside, rng)
            image = np.concatenate([changed, image[..., 3:]], axis=-1)
        if self.degraded_to is not None and self.degraded_to < image.shape[0]:
            image = cv2.resize(image, (self.degraded_to,) * 2, interpolation=cv2.INTER_AREA)
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

        They are images uint8 (batch, size, size, 3), and a dictionary of float32 arrays: `label`, one-hot
        (batch, classes), `target`, the probabilities to learn (batch, classes), `log_shares`, those of its
        source (batch, classes), and `outside` (batch, g, g).
        """
        cells, log_shares = -(-size // self.cell), self.log_shares(size)
        classes = log_shares.shape[1]

        def make(epoch: int, sample: int, row: int) -> tuple[np.ndarray, ...]:
            image, outside = self.make(int(epoch), int(sample), int(row), size)
            label = np.eye(classes, dtype=np.float32)[self.images.labels[row]]
            own = log_shares[self.images.sources[row]]
            return image, outside, label, self._target(int(row), label, own), own

        def load_sample(index: tf.Tensor) -> tuple[tf.Tensor, dict[str, tf.Tensor]]:
            kinds = (tf.uint8, *(tf.float32,) * 4)
            image, outside, *rest = tf.numpy_function(make, tf.unstack(index), kinds)
            named = zip(("label", "target", "log_shares"), rest, strict=True)
            return tf.ensure_shape(image, (size, size, 3)), {
                "outside": tf.ensure_shape(outside, (cells, cells)),
                **{name: tf.ensure_shape(one, (classes,)) for name, one in named},
            }

        def plan(epoch: int) -> np.ndarray:
            drawn = self.draw(int(epoch), samples, size)
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

    def _target(self, row: int, label: np.ndarray, log_shares: np.ndarray) -> np.ndarray:
        """Return the probabilities to learn of an image, float32 (classes,), in its source's mix.

        The label's own and, by `TAUGHT`, the teacher's (Hinton et al. 2015, arXiv:1503.02531).
        """
        if self.images.teacher is None or np.isnan(self.images.teacher[row]).any():
            return label
        taught = softmax(self.images.teacher[row] + log_shares)
        return ((1 - TAUGHT) * label + TAUGHT * taught).astype(np.float32)


TAUGHT = 0.5
"""Weight of a teacher's probabilities in what is learned; the rest is the label's."""


def _power(cells: np.ndarray, power: float) -> np.ndarray:
    """Return cells to a power, 0 where they are 0."""
    return np.where(cells > 0, np.maximum(cells, 1e-12) ** power, 0.0)


def shard(sampler: Sampler, count: int) -> list[Sampler]:
    """Return a sampler for each of `count` workers; all images of a lesion lie in one shard.

    The lesions of each diagnosis are distributed in turn, so that each shard has its part of the rare
    diagnoses; one with fewer lesions than workers is missing from some shards.
    """
    if count == 1:
        return [sampler]
    lesions, labels = sampler.images.lesions[sampler.rows], sampler.images.labels[sampler.rows]
    dealt = pd.DataFrame({"lesion": lesions, "label": labels})
    dealt = dealt.groupby("lesion")["label"].min().sort_index()
    owner = dealt.groupby(dealt).cumcount() % count
    owners = owner.loc[lesions].to_numpy()
    return [replace(sampler, rows=sampler.rows[owners == index], shard=index) for index in range(count)]


def plain_batches(pixels: np.ndarray, rows: np.ndarray, size: int, batch: int = 64) -> Any:
    """Yield batches without augmentation, uint8 (<=batch, size, size, 3), in the order of `rows`."""
    for batch_rows in sliced(rows, batch):
        yield np.stack([frame(pixels[row][..., :3], size)[0] for row in batch_rows])
