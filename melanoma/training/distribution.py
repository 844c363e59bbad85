"""What the in-distribution check of a new bundle compares with, and where its line is drawn."""

import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from melanoma.errors import UserError
from melanoma.evaluation.scoring import score_table
from melanoma.model.classifier import CompiledNetwork
from melanoma.model.in_distribution import REFERENCES, References, choose_references
from melanoma.photos.recognition import is_photo_file

FEWEST = 20
"""Photos without a dermatoscope in each half, below which a share of them says nothing."""
_OF_A_SOURCE = 500


@dataclass(frozen=True)
class CloseUps:
    """Photos without a dermatoscope, in halves by a hash of their names."""

    known: pd.DataFrame
    """Those that the check compares with."""
    unseen: pd.DataFrame
    """Those that it is judged on."""


def read_close_ups(folder: Path) -> CloseUps:
    """Return the photos of a folder; raises UserError if there is none such, or if they are too few."""
    if not folder.is_dir():
        raise UserError(f"There is no folder {folder}. Name one with photos of skin without a dermatoscope.")
    paths = sorted(path for path in folder.rglob("*") if path.is_file() and is_photo_file(path))
    table = pd.DataFrame({"path": paths, "image_id": [path.stem for path in paths]}, dtype=object)
    known = np.array([zlib.crc32(name.encode()) % 2 == 0 for name in table["image_id"]], dtype=bool)
    if min(known.sum(), (~known).sum()) < FEWEST:
        raise UserError(
            f"{folder} holds {len(paths)} photos, too few: half of them are for the check to know, half to "
            f"judge it, {FEWEST} at least each."
        )
    return CloseUps(table[known], table[~known])


def fit_references(
    network: CompiledNetwork, fitted: pd.DataFrame, framing: str, seed: int, close_ups: CloseUps | None = None
) -> References:
    """Return the references drawn from the images that the network was fitted to, and from close-ups."""
    dermoscopic = choose_references(score_table(network, _drawn(fitted, seed), framing).features, seed)
    if close_ups is None:
        return References(dermoscopic)
    known = score_table(network, close_ups.known, framing).features
    return References(dermoscopic, choose_references(known, seed))


def other_fitted(fitted: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Return fitted images that `fit_references` did not take, some hundreds of each source.

    They stand in where no images are held out: the check's layer lies early, and a photo that was fitted is
    hardly nearer to the references than another one. Where it took all, all of them.
    """
    others = fitted.drop(_drawn(fitted, seed).index)
    if others.empty:
        return fitted
    return others.sample(frac=1, random_state=seed).groupby("source").head(_OF_A_SOURCE)


def _drawn(fitted: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Return the fitted images that become references."""
    return fitted.sample(min(len(fitted), REFERENCES), random_state=seed)
