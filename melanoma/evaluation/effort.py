"""What a worklist saves: how much of it has to be read until most melanomas are seen.

A reader who takes photos in the order of a score, highest first, sees a share of all photos until a share of
the sought ones has been seen. Without a score both shares are equal.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from melanoma.evaluation.metrics import Estimate, bootstrap

SOUGHT = 0.95
"""Of the sought lesions, whose place in the list is told."""


@dataclass(frozen=True)
class GainCurve:
    """Arrays (m,), from nothing read to everything."""

    read: np.ndarray
    """The share of all photos that has been read, 0..1."""
    found: np.ndarray
    """The share of the sought ones among them, 0..1."""


def gain_curve(score: np.ndarray, sought: np.ndarray, weights: np.ndarray | None = None) -> GainCurve:
    """Return how many of the `sought` photos, bool (n,), are found as a list sorted by `score` (n,) is read.

    Photos of one score are read together. `weights` (n,) count photos more than once; by default once.
    Raises ValueError if none is sought.
    """
    weights = np.ones(len(score)) if weights is None else weights
    if not weights[sought].sum():
        raise ValueError("none of the photos is sought")
    order = np.argsort(-score, kind="stable")
    last = np.append(np.diff(score[order]) != 0, True)
    read = np.cumsum(weights[order])[last]
    found = np.cumsum((weights * sought)[order])[last]
    return GainCurve(np.append(0, read / read[-1]), np.append(0, found / found[-1]))


def share_to_read(score: np.ndarray, sought: np.ndarray, weights: np.ndarray, part: float = SOUGHT) -> float:
    """Return the share of the list that holds `part` of the sought photos, 0..1; NaN if none is sought."""
    if not weights[sought].sum():
        return float("nan")
    curve = gain_curve(score, sought, weights)
    return float(curve.read[np.argmax(curve.found >= part - 1e-12)])


def effort(
    score: np.ndarray,
    sought: np.ndarray,
    lesions: np.ndarray,
    part: float = SOUGHT,
    replicates: int | None = None,
) -> Estimate:
    """Return `share_to_read` with its interval, by bootstrap over `lesions` (n,)."""
    return bootstrap(lambda weights: share_to_read(score, sought, weights, part), lesions, replicates)


def age_sex_and_site(table: pd.DataFrame, sought: np.ndarray, folds: np.ndarray) -> np.ndarray:
    """Return a score (n,) of each row from `age`, `sex` and `site` alone, by a model of the other folds.

    A logistic regression on the age in tens of years, its square, and the other two as categories, missing
    ones included: what is known without the picture. `sought` is bool (n,), `folds` int (n,).
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    age = table["age"].astype(float)
    known = pd.get_dummies(table[["sex", "site"]].astype("string").fillna("unknown"), dtype=float)
    decades = age.fillna(age.median() if age.notna().any() else 0) / 10
    columns = known.assign(decades=decades, squared=decades**2, no_age=age.isna().astype(float)).to_numpy()
    score = np.empty(len(table))
    for fold in np.unique(folds):
        here = folds == fold
        model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
        score[here] = model.fit(columns[~here], sought[~here]).decision_function(columns[here])
    return score
