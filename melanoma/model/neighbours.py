"""Known lesions that a network holds to be alike: nearest neighbours among those that it was fitted to.

Example-based explanation by distance in the space of the last features (Papernot and McDaniel 2018, “Deep
k-nearest neighbors”, arXiv:1803.04765). A bundle keeps the features of public photos alone, with their ids in
the ISIC Archive and no pixels, on the axes along which they vary most (PCA).
"""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from melanoma.model.in_distribution import unit

if TYPE_CHECKING:
    import pandas as pd

AXES = 32
"""Principal axes that are kept of 1,024 or more channels, 64 bytes a lesion in half precision: the nearest
lesion is right as often as with 16 to 256 of them (docs/explanations.md)."""
FEWEST = 200
"""Lesions, below which a neighbour says nothing."""
_PUBLIC = r"ISIC_\d{7}"
_COLUMNS = ("image_id", "diagnosis", "source")


@dataclass(frozen=True)
class Neighbour:
    """A known lesion."""

    isic_id: str
    diagnosis: str
    """Its true diagnosis, a code."""
    source: str
    similarity: float
    """Cosine of the angle between its features and the photo's, -1..1."""


@dataclass(frozen=True)
class KnownCases:
    """What is known around a photo."""

    named: list[Neighbour]
    """The nearest lesions of the diagnosis that the network names, the nearest first."""
    rival: list[Neighbour]
    """Those of another one."""
    nearest: str
    """The diagnosis of the nearest of all known lesions."""


@dataclass(frozen=True)
class KnownLesions:
    """The lesions that photos are compared with, one photo each."""

    table: "pd.DataFrame"
    """`image_id`, `diagnosis`, `source`: strings, a row a lesion."""
    features: np.ndarray
    """float16 (m, axes), of length 1."""
    mean: np.ndarray
    """float32 (channels,)."""
    axes: np.ndarray
    """float32 (channels, axes)."""

    def similarities(self, features: np.ndarray) -> np.ndarray:
        """Return the cosines between features (n, channels) and all known lesions, float32 (n, m)."""
        reduced = unit((features - self.mean) @ self.axes)
        return reduced.astype(np.float32) @ self.features.astype(np.float32).T

    def nearest(self, features: np.ndarray, diagnosis: str, count: int) -> list[Neighbour]:
        """Return the known lesions of a diagnosis nearest to features (channels,), the nearest first."""
        return self._nearest(self.similarities(features[None])[0], diagnosis, count)

    def _nearest(self, similarities: np.ndarray, diagnosis: str, count: int) -> list[Neighbour]:
        rows = np.flatnonzero(self.table["diagnosis"] == diagnosis)
        similar = similarities[rows]
        chosen = np.argsort(-similar, kind="stable")[:count]
        values = self.table.iloc[rows[chosen]]
        return [
            Neighbour(row.image_id, row.diagnosis, row.source, float(similar[place]))
            for row, place in zip(values.itertuples(), chosen, strict=True)
        ]

    def around(self, features: np.ndarray, named: str, rival: str, count: int) -> "KnownCases":
        """Return the nearest known lesions for and against a diagnosis, for features (channels,)."""
        similar = self.similarities(features[None])[0]
        return KnownCases(
            self._nearest(similar, named, count),
            self._nearest(similar, rival, count),
            str(self.table["diagnosis"].iloc[int(similar.argmax())]),
        )

    def save(self, file: Path) -> None:
        """Write `neighbours.npz`."""
        columns = {name: self.table[name].to_numpy(dtype=np.str_) for name in _COLUMNS}
        np.savez_compressed(file, **columns, features=self.features, mean=self.mean, axes=self.axes)


def load_known_lesions(file: Path) -> KnownLesions:
    """Read what `KnownLesions.save` wrote."""
    import pandas as pd

    with np.load(file, allow_pickle=False) as arrays:
        table = pd.DataFrame({name: arrays[name].astype(object) for name in _COLUMNS})
        return KnownLesions(table, arrays["features"], arrays["mean"], arrays["axes"])


def public_lesions(table: "pd.DataFrame") -> "pd.DataFrame":
    """Return the rows of a label table whose photo anybody can have from the Archive, one a lesion."""
    public = table[table["image_id"].str.fullmatch(_PUBLIC)]
    return public.sort_values("image_id").drop_duplicates("lesion_id")


def fit_known_lesions(table: "pd.DataFrame", features: np.ndarray, count: int = AXES) -> KnownLesions | None:
    """Return the known lesions of a table of `public_lesions` with features (m, channels), on so many axes.

    None where they are fewer than `FEWEST`.
    """
    if len(table) < FEWEST:
        return None
    mean = features.mean(axis=0)
    _, axes = np.linalg.eigh(np.cov((features - mean).T.astype(np.float64)))
    axes = axes[:, ::-1][:, :count].astype(np.float32)
    kept = table[list(_COLUMNS)].astype(object).reset_index(drop=True)
    reduced = unit((features - mean) @ axes).astype(np.float16)
    return KnownLesions(kept, reduced, mean.astype(np.float32), axes)
