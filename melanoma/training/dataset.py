"""The images of a training run, decoded and split."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from melanoma.data.labels.read import require_trainable
from melanoma.data.pipeline import decode_all
from melanoma.data.split import SPLITS
from melanoma.errors import UserError


@dataclass(frozen=True)
class Dataset:
    """Images with their labels and split, in the same order in `table`, `pixels` and `labels`."""

    table: pd.DataFrame
    """One row an image, with its `split`, which is missing where the file cannot be read."""
    codes: tuple[str, ...]
    """The diagnoses, in the order of the network's outputs."""
    pixels: np.ndarray
    """uint8 (n, P, P, 4), as `decode_all` returns them."""
    labels: np.ndarray
    """int (n,), the index of each image's diagnosis in `codes`."""

    @property
    def melanoma(self) -> int:
        """The index of melanoma among the outputs."""
        return self.codes.index("MEL")

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


def decode_dataset(
    table: pd.DataFrame, size: int, framing: str, split: Callable[[pd.DataFrame], pd.Series], run: Path
) -> Dataset:
    """Return the dataset of a table of `read_labels`, its images at `size` pixels a side.

    Files that cannot be read are printed with the reason, and `split` gets the other rows. The pixels stay in
    the folder `run`. Raises UserError if there is no room for them, if the diagnoses cannot be fitted, or if
    all images of a diagnosis are unreadable.
    """
    codes = require_trainable(table)
    pixels, failed = decode_all(table, size, framing, run / "pixels.npy")
    for image_id, problem in failed.items():
        print(f"left out: {image_id}: {problem}")
    readable = table[~table["image_id"].isin(failed)]
    _require_all_diagnoses(readable, codes, failed)
    table = table.assign(split=split(readable))
    labels = np.array([codes.index(code) for code in table["diagnosis"]])
    return Dataset(table, tuple(codes), pixels, labels)


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
