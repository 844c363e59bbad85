"""Metrics of a classifier, with confidence intervals by bootstrap over lesions."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

BINS = 15
"""Of the calibration error, as in Guo et al. 2017."""

Statistic = Callable[[np.ndarray], float]
"""A metric as a function of one weight an image, float (n,)."""


@dataclass(frozen=True)
class Estimate:
    """A value with its confidence interval."""

    value: float
    low: float
    high: float

    def complement(self) -> "Estimate":
        """Return the estimate of 1 minus the value: of a specificity, the false positive rate."""
        return Estimate(1 - self.value, 1 - self.high, 1 - self.low)

    def __str__(self) -> str:
        """Return value and interval, as tables print them."""
        if np.isnan(self.value):
            return "not known"
        return f"{self.value:.3f} ({self.low:.3f} to {self.high:.3f})"

    def as_json(self) -> dict[str, float | None]:
        """Return plain numbers; null for what is not known."""
        return {name: None if np.isnan(value) else value for name, value in vars(self).items()}

    @classmethod
    def from_json(cls, stored: dict[str, float | None]) -> "Estimate":
        """Return the estimate that `as_json` made."""
        return cls(**{name: np.nan if value is None else value for name, value in stored.items()})


def balanced_accuracy(truth: np.ndarray, predicted: np.ndarray, weights: np.ndarray) -> float:
    """Return the mean over the true classes of the share of their weight that was predicted right.

    `truth` and `predicted` are int (n,). Classes whose images all have weight 0 do not count.
    """
    total = np.bincount(truth, weights)
    right = np.bincount(truth, weights * (truth == predicted))
    return float(np.mean(right[total > 0] / total[total > 0]))


def confusion_matrix(truth: np.ndarray, predicted: np.ndarray, classes: int) -> np.ndarray:
    """Return the counts, int (classes, classes), of each true class (rows) by the predicted one (columns)."""
    return np.bincount(truth * classes + predicted, minlength=classes**2).reshape(classes, classes)


def roc_auc(positive: np.ndarray, score: np.ndarray, weights: np.ndarray) -> float:
    """Return the area under the ROC curve; NaN if either class has no weight. `positive` is bool (n,)."""
    if not (weights[positive].sum() and weights[~positive].sum()):
        return float("nan")
    from sklearn.metrics import (
        roc_auc_score,  # not installed on the page's host, which needs the rest of this module
    )

    return float(roc_auc_score(positive, score, sample_weight=weights))


def average_precision(positive: np.ndarray, score: np.ndarray, weights: np.ndarray) -> float:
    """Return the area under the precision-recall curve; NaN if either class has no weight.

    A random score gives the share of positives, not 0.5.
    """
    if not (weights[positive].sum() and weights[~positive].sum()):
        return float("nan")
    from sklearn.metrics import average_precision_score

    return float(average_precision_score(positive, score, sample_weight=weights))


def calibration_error(probabilities: np.ndarray, truth: np.ndarray, weights: np.ndarray) -> float:
    """Return the expected calibration error, 0..1, of probabilities (n, classes) for truth int (n,).

    The mean distance between confidence and accuracy over `BINS` bins of equal width, by weight (Naeini et
    al. 2015; Guo et al. 2017, arXiv:1706.04599). Lower is better.
    """
    confidence, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == truth
    bin_of = np.minimum((confidence * BINS).astype(int), BINS - 1)
    gap = np.bincount(bin_of, weights * (right - confidence), minlength=BINS)
    return float(np.abs(gap).sum() / weights.sum())


def brier_score(probabilities: np.ndarray, truth: np.ndarray, weights: np.ndarray) -> float:
    """Return the mean squared distance to the one-hot truth, 0..2 (Brier 1950). Lower is better."""
    distances = ((probabilities - np.eye(probabilities.shape[1])[truth]) ** 2).sum(axis=1)
    return float((weights * distances).sum() / weights.sum())


def predictive_values(sensitivity: float, specificity: float, prevalence: float) -> tuple[float, float]:
    """Return the positive and the negative predictive value at a prevalence, each 0..1, by Bayes' rule.

    NaN for a value whose denominator is 0.
    """
    true_positive, false_positive = prevalence * sensitivity, (1 - prevalence) * (1 - specificity)
    true_negative, false_negative = (1 - prevalence) * specificity, prevalence * (1 - sensitivity)
    alerts, others = true_positive + false_positive, true_negative + false_negative
    return (
        true_positive / alerts if alerts else float("nan"),
        true_negative / others if others else float("nan"),
    )


def share(chosen: np.ndarray, among: np.ndarray, weights: np.ndarray) -> float:
    """Return the weighted share of `chosen` among those in `among`, both bool (n,); NaN if none are."""
    total = weights[among].sum()
    return float(weights[among & chosen].sum() / total) if total else float("nan")


REPLICATES = 1000
"""Default number of resamples."""


def bootstrap(
    statistic: Statistic,
    lesions: np.ndarray,
    replicates: int | None = None,
    level: float = 0.95,
    seed: int = 0,
) -> Estimate:
    """Return the statistic with a percentile interval from resampling lesions, not images.

    Images of one lesion are correlated; resampling single images would make the interval too narrow.
    `lesions` is (n,) of any kind that can be compared. Resamples in which the statistic is NaN, such as those
    without a melanoma, do not count; NaN if all are.
    """
    _, lesion = np.unique(lesions, return_inverse=True)
    count = lesion.max() + 1
    rng = np.random.default_rng(seed)
    values = []
    for _ in range(replicates or REPLICATES):
        times_drawn = np.bincount(rng.integers(count, size=count), minlength=count)
        values.append(statistic(times_drawn[lesion].astype(float)))
    known = np.array(values)[~np.isnan(values)]
    if not len(known):
        return Estimate(float("nan"), float("nan"), float("nan"))
    low, high = np.quantile(known, [(1 - level) / 2, (1 + level) / 2])
    return Estimate(statistic(np.ones(len(lesion))), float(low), float(high))
