"""Sensitivity, specificity and errors of the alert at any threshold, with intervals, at a slider's pace.

The bootstrap is computed beforehand: images are sorted by score, and a table holds for every resample how
often it drew the first image, the first two, and so on. The counts at a threshold are then one row of the
table. Nothing here needs scikit-learn, which is not installed on the page's host.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from melanoma.evaluation.evaluate import FEW, GROUPS
from melanoma.evaluation.metrics import Estimate

REPLICATES = 500
"""Of the bootstrap: the ends of an interval move by less than 0.01 between 500 and 1,000."""
EVERYONE = "everyone"
_LEVEL = 0.95
_UNKNOWN = Estimate(float("nan"), float("nan"), float("nan"))


@dataclass(frozen=True)
class Ranked:
    """Images in the order of their score, highest first."""

    image_ids: np.ndarray
    """str (n,)."""
    score: np.ndarray
    """float (n,), the probability of melanoma."""
    drawn: np.ndarray
    """uint16 (n + 1, replicates): how often each resample over lesions drew the first 0, 1, … n images."""

    def above(self, threshold: float) -> int:
        """Return how many have at least this score."""
        return int(np.searchsorted(-self.score, -threshold, side="right"))

    def share_above(self, threshold: float) -> Estimate:
        """Return the share with at least this score, with its interval; NaN where there are no images."""
        total = self.drawn[-1]
        known = total > 0  # a resample may have drawn none of a small group
        if not len(self.score) or not known.any():
            return _UNKNOWN
        count = self.above(threshold)
        shares = self.drawn[count][known] / total[known]
        low, high = np.quantile(shares, [(1 - _LEVEL) / 2, (1 + _LEVEL) / 2])
        return Estimate(count / len(self.score), float(low), float(high))


@dataclass(frozen=True)
class Part:
    """A subgroup of the held-out images, or all of them, split into melanomas and other lesions."""

    kind: str
    """One of `GROUPS`, or `EVERYONE`."""
    name: str
    melanomas: Ranked
    others: Ranked

    @property
    def small(self) -> bool:
        """True for fewer than `FEW` melanomas or other lesions: the figures are uncertain."""
        return min(len(self.melanomas.score), len(self.others.score)) < FEW

    def sensitivity(self, threshold: float) -> Estimate:
        """Return the share of the melanomas with an alert."""
        return self.melanomas.share_above(threshold)

    def specificity(self, threshold: float) -> Estimate:
        """Return the share of the other lesions without an alert."""
        return self.others.share_above(threshold).complement()


@dataclass(frozen=True)
class RocCurve:
    """The ROC curve as arrays (m,), from no alert to an alert for everyone."""

    threshold: np.ndarray
    false_positive_rate: np.ndarray
    """The share of the other lesions with an alert."""
    sensitivity: np.ndarray
    """The share of the melanomas with an alert."""


def parts_of(table: pd.DataFrame, replicates: int | None = None, seed: int = 0) -> tuple[Part, ...]:
    """Return everyone and then the groups, in the order of `GROUPS` and of their names.

    The table has `image_id`, `diagnosis`, `lesion_id`, the probability `MEL`, and any columns of `GROUPS`.
    """
    table = table.sort_values("MEL", ascending=False, kind="stable")
    _, lesion = np.unique(table["lesion_id"].to_numpy(), return_inverse=True)
    count = int(lesion.max()) + 1
    rng = np.random.default_rng(seed)
    replicates = replicates or REPLICATES
    draws = np.empty((len(table), replicates), np.uint16)
    for column in range(replicates):
        draws[:, column] = np.bincount(rng.integers(count, size=count), minlength=count)[lesion]
    melanoma = (table["diagnosis"] == "MEL").to_numpy()

    def ranked(rows: np.ndarray) -> Ranked:
        counted = np.zeros((int(rows.sum()) + 1, replicates), np.uint16)
        np.cumsum(draws[rows], axis=0, dtype=np.uint16, out=counted[1:])
        chosen = table[rows]
        return Ranked(chosen["image_id"].to_numpy().astype(str), chosen["MEL"].to_numpy(float), counted)

    def part(kind: str, name: str, rows: np.ndarray) -> Part:
        return Part(kind, name, ranked(rows & melanoma), ranked(rows & ~melanoma))

    parts = [part(EVERYONE, EVERYONE, np.ones(len(table), bool))]
    for kind in GROUPS:
        if kind in table and not table[kind].isna().all():
            names = table[kind].fillna("unknown").astype(str).to_numpy()
            parts += [part(kind, name, names == name) for name in sorted(set(names.tolist()))]
    return tuple(parts)


def roc_curve(part: Part) -> RocCurve:
    """Return the curve, a point a distinct score and one for no alert; NaN for a class without images."""
    thresholds = np.unique(np.concatenate([part.melanomas.score, part.others.score]))[::-1]

    def shares(ranked: Ranked) -> np.ndarray:
        counts = np.searchsorted(-ranked.score, -thresholds, side="right")
        return np.append(0, counts) / (len(ranked.score) or np.nan)

    return RocCurve(np.append(np.inf, thresholds), shares(part.others), shares(part.melanomas))


def missed(part: Part, threshold: float, most: int = 10) -> list[tuple[str, float]]:
    """Return the melanomas without an alert as (image id, probability), the lowest probability first."""
    below = slice(part.melanomas.above(threshold), None)
    return _named(part.melanomas, below)[::-1][:most]


def false_alarms(part: Part, threshold: float, most: int = 10) -> list[tuple[str, float]]:
    """Return other lesions with an alert as (image id, probability of melanoma), the highest first."""
    return _named(part.others, slice(part.others.above(threshold)))[:most]


def _named(ranked: Ranked, rows: slice) -> list[tuple[str, float]]:
    return list(zip(ranked.image_ids[rows].tolist(), ranked.score[rows].tolist(), strict=True))
