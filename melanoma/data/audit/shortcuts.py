"""Shortcuts: how well source, size, brightness and thumbnails predict the class without the lesion."""

import re
from dataclasses import dataclass

import cv2
import numpy as np
import pandas as pd
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedGroupKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

from melanoma.data.audit.files import THUMBNAIL

FOLDS = 5
_FEWEST = 3  # groups of a class below which nothing can be cross-validated
_COMPONENTS = 60  # of a thumbnail's 824 features: 100 did not classify the real set better
_IMAGES_A_COMPONENT = 10  # small sets have fewer components, to avoid overfitting
_REGULARISATION = 20.0
"""scikit-learn's C times the images fitted.

A compromise: on 1,900 real images C = 0.01 (60 components) had a better balanced accuracy than 0.003 (40),
0.44 against 0.39, and found fewer wrong labels, 37 against 46 among the first 100. 64 drawn ones needed 0.3.
"""
_RESAMPLES = 1000
_ISIC_NUMBER = re.compile(r"^ISIC_(\d{7})$", re.IGNORECASE)
_HAM10000 = (24306, 34320)
"""The ISIC ids of HAM10000 (Tschandl et al. 2018): all 10,015 numbers between, and no other image."""


@dataclass(frozen=True)
class ClassFigures:
    """Size, brightness, source and split of the images of one class."""

    label: str
    images: int
    by_split: dict[str, int]
    sources: dict[str, int]
    sizes: dict[str, int]
    """The three commonest sizes, width x height."""
    brightness: float
    """Mean grey level, 0 to 255."""
    brighter: float
    """Chance that an image of the class is brighter than one of another class; 0.5: no difference."""
    kilobytes: float
    """Median size of a file."""
    larger: float
    """Chance that a file of the class is larger than one of another class."""


@dataclass(frozen=True)
class Guess:
    """How well a feature other than the lesion predicts the class or the source."""

    target: str
    """`class` or `source`."""
    from_what: str
    balanced_accuracy: float
    """Mean over the classes of the share recognised."""
    interval: tuple[float, float] | None
    """95%, by bootstrap over groups of one picture or lesion; None if no model was fitted."""
    chance: float
    """Balanced accuracy of random guesses: one over the number of classes."""
    recall: dict[str, float]
    left_out: dict[str, int]
    """Classes with too few different pictures to cross-validate, and their images."""


def source_by_id(image_id: str) -> str | None:
    """Return which part of the ISIC Archive an id belongs to, or None if it is not such an id."""
    number = _ISIC_NUMBER.match(image_id)
    if number is None:
        return None
    first, last = _HAM10000
    value = int(number[1])
    if first <= value <= last:
        return "HAM10000 (by id)"
    return "ISIC Archive before HAM10000 (by id)" if value < first else "ISIC Archive after HAM10000 (by id)"


def class_figures(table: pd.DataFrame) -> list[ClassFigures]:
    """Return the figures of each class, for a table of readable images with the readings' columns."""
    figures = []
    for label, rows in table.groupby("label", sort=True):
        here = (table["label"] == label).to_numpy()
        figures.append(
            ClassFigures(
                str(label),
                len(rows),
                _counts(rows["split"][rows["split"] != ""]),
                _counts(rows["source"].dropna()),
                _counts(rows["dimensions"], 3),
                float(rows["brightness"].mean()),
                _chance_above(table["brightness"].to_numpy(), here),
                float(rows["size"].median() / 1024),
                _chance_above(table["size"].to_numpy(), here),
            )
        )
    return figures


def guess_from_column(labels: np.ndarray, column: np.ndarray, what: str) -> Guess:
    """Return the best balanced accuracy that a rule “this value means that class” reaches on these images.

    With the shares P(value | class) it is the sum over the values of the largest share, over the number of
    classes. Not cross-validated, so it is too high if many values are rare.
    """
    shares = pd.crosstab(pd.Series(column), pd.Series(labels), normalize="columns")
    rule = shares.to_numpy().argmax(axis=1)
    recall = {
        str(label): float(shares.to_numpy()[rule == number, number].sum())
        for number, label in enumerate(shares.columns)
    }
    return Guess("class", what, float(np.mean(list(recall.values()))), None, 1 / len(recall), recall, {})


def describe_thumbnails(thumbnails: np.ndarray) -> np.ndarray:
    """Return float32 (n, 824): the pixels of uint8 (n, 16, 16, 3) and their HSV histograms."""
    count = len(thumbnails)
    histograms = np.zeros((count, 56), np.float32)
    for row, thumbnail in enumerate(thumbnails):
        hsv = cv2.cvtColor(thumbnail, cv2.COLOR_RGB2HSV)
        parts = [np.bincount(hsv[..., 0].ravel() // 8, minlength=24)]
        parts += [np.bincount(hsv[..., channel].ravel() // 16, minlength=16) for channel in (1, 2)]
        histograms[row] = np.concatenate(parts) / hsv[..., 0].size
    return np.hstack(
        [thumbnails.reshape(count, THUMBNAIL**2 * 3).astype(np.float32) / 255, np.sqrt(histograms)]
    )


def predict_out_of_fold(
    features: np.ndarray, target: np.ndarray, groups: np.ndarray
) -> tuple[np.ndarray, np.ndarray, list[str], dict[str, int]] | None:
    """Return the rows used, out-of-fold probabilities (rows, classes), classes, and classes left out.

    Logistic regression on principal components; no group is in two folds. None if fewer than two classes have
    enough groups. Runs in one thread: with several, on a busy machine, it took ten times as long.
    """
    distinct = pd.Series(groups).groupby(target).nunique()
    classes = sorted(str(name) for name in distinct.index[distinct >= _FEWEST])
    counts = pd.Series(target).value_counts()
    left_out = {str(name): int(counts[name]) for name in distinct.index if name not in classes}
    if len(classes) < 2:
        return None
    rows = np.flatnonzero(np.isin(target, classes))
    codes = np.searchsorted(np.array(classes, dtype=str), target[rows].astype(str))
    folds = StratifiedGroupKFold(min(FOLDS, int(distinct[classes].min())), shuffle=True, random_state=1)
    probabilities = np.full((len(rows), len(classes)), np.nan)
    for fitted, held_out in folds.split(rows, codes, groups[rows]):
        components = min(_COMPONENTS, max(2, len(fitted) // _IMAGES_A_COMPONENT), len(fitted) - 1)
        # Both solvers give the same components up to their signs; this picks the faster one.
        solver = "covariance_eigh" if len(fitted) > features.shape[1] else "full"
        model = make_pipeline(
            StandardScaler(),
            PCA(components, whiten=True, svd_solver=solver),
            LogisticRegression(C=_REGULARISATION / len(fitted), max_iter=500),
        )
        with threadpool_limits(1):
            model.fit(features[rows[fitted]], codes[fitted])
            found = model.predict_proba(features[rows[held_out]])
        probabilities[held_out] = 0
        probabilities[np.ix_(held_out, model.classes_)] = found
    return rows, probabilities, classes, left_out


def score(
    target: str, truth: np.ndarray, probabilities: np.ndarray, classes: list[str], groups: np.ndarray
) -> Guess:
    """Return the balanced accuracy of out-of-fold probabilities, with its interval by bootstrap over groups.

    The probabilities are divided by the class frequencies first, so that rare classes are predicted too.
    """
    codes = np.searchsorted(np.array(classes, dtype=str), truth.astype(str))
    right = (probabilities / np.bincount(codes)).argmax(axis=1) == codes
    _, group = np.unique(groups, return_inverse=True)
    total = np.zeros((group.max() + 1, len(classes)))
    hit = np.zeros_like(total)
    np.add.at(total, (group, codes), 1)
    np.add.at(hit, (group, codes), right)
    rng = np.random.default_rng(1)
    resampled = []
    for _ in range(_RESAMPLES):
        weights = np.bincount(rng.integers(len(total), size=len(total)), minlength=len(total))
        drawn = weights @ total
        resampled.append(float(np.mean((weights @ hit)[drawn > 0] / drawn[drawn > 0])))
    recall = hit.sum(axis=0) / total.sum(axis=0)
    low, high = np.percentile(resampled, [2.5, 97.5])
    shares = {name: float(value) for name, value in zip(classes, recall, strict=True)}
    interval = (float(low), float(high))
    return Guess(target, "thumbnails", float(recall.mean()), interval, 1 / len(classes), shares, {})


def _chance_above(values: np.ndarray, here: np.ndarray) -> float:
    return float(roc_auc_score(here, values)) if 0 < here.sum() < len(here) else 0.5


def _counts(values: pd.Series, most: int = 20) -> dict[str, int]:
    return {str(name): int(number) for name, number in values.value_counts().head(most).items()}
