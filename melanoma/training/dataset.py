"""The images of a training run, decoded and split."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from melanoma.data.labels.read import require_trainable
from melanoma.data.pipeline import Images, contents_of, decode_all
from melanoma.data.split import SPLITS
from melanoma.errors import UserError

SMALL = 200
"""Lesions from which on a source has a mix of its own."""


@dataclass(frozen=True)
class Dataset:
    """Images with their labels and split, in the same order in `table`, `pixels` and `labels`."""

    table: pd.DataFrame
    """One row an image, with its `split`, which is missing where the file cannot be read."""
    codes: tuple[str, ...]
    """The diagnoses, in the order of the network's outputs."""
    pixels: np.ndarray
    """uint8 (n, P, P, 4), as `decode_all` returns them."""
    sides: np.ndarray
    """int (n,), the shorter side of each photo before it was resized, pixels."""
    labels: np.ndarray
    """int (n,), the index of each image's diagnosis in `codes`."""
    teacher: np.ndarray | None = None
    """float (n, classes), as in `pipeline.Images`."""

    @property
    def melanoma(self) -> int:
        """The index of melanoma among the outputs."""
        return self.codes.index("MEL")

    def images(self, by_source: bool = True) -> Images:
        """Return what a sampler draws from.

        Sources of fewer than `SMALL` lesions are one together: their own mixes would be chance. Without
        `by_source` all are one.
        """
        sources = self.table["source"] if by_source else pd.Series("all", index=self.table.index)
        lesions = self.table.groupby(sources)["lesion_id"].nunique()
        return Images(
            self.pixels,
            self.labels,
            pd.factorize(sources.where(sources.map(lesions) >= SMALL, "others"))[0],
            pd.factorize(self.table["lesion_id"])[0],
            self.sides,
            self.teacher,
        )

    @property
    def readable(self) -> pd.DataFrame:
        """The rows of the images that could be read."""
        return self.table[self.table["split"].notna()]

    def rows(self, split: str) -> np.ndarray:
        """Return the rows of a split, int (m,)."""
        return np.flatnonzero(self.table["split"] == split)

    def summary(self) -> str:
        """Return the number of images in each split, and of those left out, in words."""
        counts = ", ".join(f"{split}: {len(self.rows(split))} images" for split in SPLITS)
        return f"{counts} | {len(self.table) - len(self.readable)} left out"


def rows_with_alternatives(images: Images, rows: np.ndarray) -> np.ndarray:
    """Return the rows of sources with at least two diagnoses among them; prints how many are left out.

    Where a source has a single diagnosis, its look says it, and nothing can be learned of the lesion: in that
    source's mix the answer is certain. Raises UserError if no source has two.
    """
    labels, sources = images.labels[rows], images.sources[rows]
    several = pd.Series(labels).groupby(sources).transform("nunique").to_numpy() > 1
    if not several.any():
        raise UserError(
            "Each source has images of one diagnosis only, so the sources could be told apart instead of the "
            "lesions. Add images of another diagnosis to one of them, or take the column of sources out."
        )
    if not several.all():
        print(f"{(~several).sum()} images are not fitted: their source has a single diagnosis")
    return rows[several]


def decode_dataset(
    table: pd.DataFrame, size: int, framing: str, split: Callable[[pd.DataFrame], pd.Series], run: Path
) -> Dataset:
    """Return the dataset of a table of `read_labels`, its images at `size` pixels a side.

    Files that cannot be read are printed with the reason, and `split` gets the other rows. The pixels stay
    beside the folder `run`, for all runs on the same images. Raises UserError if there is no room for them,
    if the diagnoses cannot be fitted, or if all images of a diagnosis are unreadable.
    """
    codes = require_trainable(table)
    cache = run.parent / f"pixels-{contents_of(table, size, framing)[:16]}.npy"
    decoded = decode_all(table, size, framing, cache)
    for image_id, problem in decoded.failed.items():
        print(f"left out: {image_id}: {problem}")
    readable = table[~table["image_id"].isin(decoded.failed)]
    _require_all_diagnoses(readable, codes, decoded.failed)
    table = table.assign(split=split(readable))
    labels = np.array([codes.index(code) for code in table["diagnosis"]])
    return Dataset(table, tuple(codes), decoded.pixels, decoded.sides, labels)


def _require_all_diagnoses(readable: pd.DataFrame, codes: list[str], failed: dict[str, str]) -> None:
    """Raise UserError if unreadable files leave a diagnosis without an image."""
    missing = [code for code in codes if code not in set(readable["diagnosis"])]
    if readable.empty:
        raise UserError(
            f"None of the {len(failed)} images can be read. The first: {next(iter(failed.values()))}"
        )
    if missing:
        raise UserError(
            f"No image of {', '.join(missing)} can be read, so none can be learned. Replace the files listed "
            "above, or take their rows out of the labels."
        )
