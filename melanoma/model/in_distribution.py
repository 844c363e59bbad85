"""In-distribution check: how near an image's features are to training features, and to those of close-ups.

Sun et al. 2022, “Out-of-distribution detection with deep nearest neighbors”, arXiv:2204.06507. The features
are those of a layer at two thirds of the depth. With those of the last layer, as in the paper, which only
separate the diagnoses, 5% of the pictures in `evaluation.non_dermoscopic` are accepted, among them buildings
and a face; with these none. Photos of skin without a dermatoscope are the commonest wrong input and lie
among the dermoscopic ones by distance alone; what tells them apart is that others of their kind are nearer
(Hendrycks et al. 2019, “Deep anomaly detection with outlier exposure”, arXiv:1812.04606).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

REFERENCES = 1024
"""Training images in the reference set: 2 MB in half precision."""
NEIGHBOUR = 10
"""The distance to the tenth nearest counts, so that a single unusual training image has no influence."""
NEIGHBOUR_CLOSE_UP = 3
"""The same among the close-ups, of which there are few."""
RESOLUTION = 1e-3
"""Nearer features are the same in half precision, as all those of a network that was hardly fitted are."""
ACCEPTED = 0.95
"""Share of held-out dermoscopic images that the threshold accepts, of each source with `LEAST` or more."""
LEAST = 100


@dataclass(frozen=True)
class References:
    """What the features of a photo are compared with."""

    dermoscopic: np.ndarray
    """float16 (m, d), unit features of training images."""
    close_ups: np.ndarray | None = None
    """float16 (k, d), unit features of photos without a dermatoscope; None where none were at hand."""

    def novelty(self, features: np.ndarray) -> np.ndarray:
        """Return how unlike a dermoscopic photo each image is, float (n,), for features (n, d) of any length.

        The distance to the dermoscopic references, 0..2; where close-ups are known, less the distance to
        these, -2..2.
        """
        near = distance(features, self.dermoscopic, NEIGHBOUR)
        if self.close_ups is None:
            return near
        return near - distance(features, self.close_ups, NEIGHBOUR_CLOSE_UP)

    def save(self, file: Path) -> None:
        """Write `features.npz`."""
        if self.close_ups is None:
            np.savez_compressed(file, references=self.dermoscopic)
        else:
            np.savez_compressed(file, references=self.dermoscopic, close_ups=self.close_ups)


def load_references(file: Path) -> References:
    """Read what `References.save` wrote."""
    with np.load(file, allow_pickle=False) as arrays:
        return References(arrays["references"], arrays.get("close_ups"))


def unit(features: np.ndarray) -> np.ndarray:
    """Return features (n, d) scaled to length 1."""
    return features / np.maximum(np.linalg.norm(features, axis=1, keepdims=True), 1e-12)


def distance(features: np.ndarray, references: np.ndarray, neighbour: int) -> np.ndarray:
    """Return the Euclidean distance from each feature to its n-th nearest reference, float (n,) in 0..2.

    `features` is (n, d) of any length, `references` unit features (m, d).
    """
    cosine = unit(features.astype(np.float32)) @ references.astype(np.float32).T
    neighbour = min(neighbour, cosine.shape[1])
    nearest = np.partition(cosine, -neighbour, axis=1)[:, -neighbour]
    return np.sqrt(np.maximum(2 - 2 * nearest, 0))


def choose_references(features: np.ndarray, seed: int) -> np.ndarray:
    """Return at most `REFERENCES` unit features as float16, drawn from training features (n, d)."""
    rows = np.random.default_rng(seed).permutation(len(features))[:REFERENCES]
    return unit(features[rows]).astype(np.float16)


def threshold_for(novelty: np.ndarray, sources: "Sequence[str] | pd.Series") -> float:
    """Return the threshold that accepts `ACCEPTED` of these images, and of each source with `LEAST` of them.

    `novelty` is (n,), `sources` a name each. Never 0, by `RESOLUTION`.
    """
    import pandas as pd

    by_source = pd.Series(novelty).groupby(np.asarray(sources))
    lines = [float(np.quantile(novelty, ACCEPTED))]
    lines += [float(np.quantile(some, ACCEPTED)) for _, some in by_source if len(some) >= LEAST]
    highest = max(lines)
    return highest if highest < -RESOLUTION else max(highest, RESOLUTION)
