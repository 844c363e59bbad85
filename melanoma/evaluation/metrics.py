"""Figures that describe a classifier, each with an interval by bootstrap over lesions."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from sklearn.metrics import roc_auc_score

Statistic = Callable[[np.ndarray], float]
"""A figure as a function of one weight an image, float (n,)."""


@dataclass(frozen=True)
class Estimate:
    """A figure with its interval."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        """Return it as a table prints it."""
        return f"{self.value:.3f} ({self.low:.3f} to {self.high:.3f})"


def balanced_accuracy(truth: np.ndarray, predicted: np.ndarray, weights: np.ndarray) -> float:
    """Return the mean over the true classes of the share of their weight that was predicted right.

    `truth` and `predicted` are int (n,). Classes whose images all have weight 0 do not count.
    """
    total = np.bincount(truth, weights)
    right = np.bincount(truth, weights * (truth == predicted))
    return float(np.mean(right[total > 0] / total[total > 0]))


def roc_auc(positive: np.ndarray, score: np.ndarray, weights: np.ndarray) -> float:
    """Return the area under the ROC curve; NaN where one side has no weight. `positive` is bool (n,)."""
    if not (weights[positive].sum() and weights[~positive].sum()):
        return float("nan")
    return float(roc_auc_score(positive, score, sample_weight=weights))


def share(chosen: np.ndarray, among: np.ndarray, weights: np.ndarray) -> float:
    """Return the weighted share of `chosen` among those in `among`, both bool (n,); NaN if none are."""
    total = weights[among].sum()
    return float(weights[among & chosen].sum() / total) if total else float("nan")


def bootstrap(
    statistic: Statistic, lesions: np.ndarray, replicates: int = 1000, level: float = 0.95, seed: int = 0
) -> Estimate:
    """Return the statistic with a percentile interval from resampling lesions, not images.

    Images of one lesion resemble each other; drawing them one by one would make the interval too narrow.
    `lesions` is (n,) of any kind that can be compared.
    """
    _, lesion = np.unique(lesions, return_inverse=True)
    count = lesion.max() + 1
    rng = np.random.default_rng(seed)
    values = []
    for _ in range(replicates):
        times_drawn = np.bincount(rng.integers(count, size=count), minlength=count)
        values.append(statistic(times_drawn[lesion].astype(float)))
    low, high = np.nanquantile(values, [(1 - level) / 2, (1 + level) / 2])
    return Estimate(statistic(np.ones(len(lesion))), float(low), float(high))
