"""Temperature and alert thresholds, set on lesions that the network was not fitted to."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import bdtr, betaincinv

from melanoma.errors import UserError
from melanoma.model.log_odds import Calibration


def class_weights(truth: np.ndarray, prior: np.ndarray) -> np.ndarray:
    """Return a weight for each image, float (n,), that brings the classes into the mix `prior` (classes,)."""
    counts = np.bincount(truth, minlength=len(prior))
    return (prior / np.maximum(counts, 1))[truth]


def fit_temperature(logits: np.ndarray, truth: np.ndarray, prior: np.ndarray) -> float:
    """Return the temperature T with the least cross-entropy of softmax(logits / T + log prior) (Guo 2017,
    arXiv:1706.04599).

    `logits` is float (n, classes), `truth` int (n,); images are weighted so that classes come in the mix
    `prior`, since the probabilities are meant for that mix. T lies in 0.2 to 5.
    """
    from scipy.optimize import minimize_scalar  # half a second and 10 MB: pages fit no temperature

    weights = class_weights(truth, prior)

    def loss(log_temperature: float) -> float:
        scores = Calibration(float(np.exp(log_temperature)), tuple(prior)).scores(logits)
        return float(-(weights * scores[np.arange(len(truth)), truth]).sum())

    return float(np.exp(minimize_scalar(loss, bounds=np.log([0.2, 5.0]), method="bounded").x))


LEAST_BY_GROUP = 0.9
"""Share of the lesions of each group, such as a source, that an alert has to find where it is set."""
LEAST_LESIONS = 10
"""Groups of fewer lesions have no say: with 9 the alert would have to find them all, the mislabelled too."""


@dataclass(frozen=True)
class AlertLine:
    """The threshold of an alert, and what it promises."""

    threshold: float
    """Alert from this score on."""
    bound: float
    """With the confidence asked for, at least this share of new lesions like those it was set on alert."""
    lesions: int
    """How many it was set on."""


def alert_line(
    score: np.ndarray,
    lesions: np.ndarray,
    sensitivity: float,
    confidence: float,
    groups: Sequence[np.ndarray] = (),
) -> AlertLine:
    """Return the largest threshold that promises this sensitivity for new lesions, with this confidence.

    `score` is float (n,), of images of the lesions to be found; `lesions` (n,) tells which images show the
    same one. A lesion counts once, with its lowest score, so that the promise is for an alert at each of its
    photos. The threshold is the r-th smallest of m lesions: the share of new ones below it has the
    distribution Beta(r, m - r + 1), so r is the largest for which 1 - sensitivity is not exceeded with the
    confidence (tolerance limits of Wilks 1941; the same as asking that the lower Clopper-Pearson limit of
    m - r + 1 found of m reach the sensitivity). With fewer lesions than that takes, 59 for 0.95 at 0.95, it
    is the lowest score, and `bound` says what this promises.

    Each of `groups` (n,) is one name an image, such as its source: of each group with `LEAST_LESIONS` or more
    `LEAST_BY_GROUP` are found too. Raises UserError without a lesion, or for a score that is no number.
    """
    if not len(score):
        raise UserError("There is no lesion that the alert could be set on. Add photos of such lesions.")
    if not np.isfinite(score).all():
        raise UserError("A score that the alert is to be set on is no number. Score the photos again.")
    lowest = _lowest_by_lesion(score, lesions)
    # bdtr(k, m, p) is the chance of k or fewer misses among m; it rises with k.
    chances = bdtr(np.arange(len(lowest)), len(lowest), 1 - sensitivity)
    rank = max(1, int((chances <= 1 - confidence).sum()))
    bound = 1 - float(betaincinv(rank, len(lowest) - rank + 1, confidence))
    threshold = float(lowest[rank - 1])
    for names in groups:
        for name in sorted(set(names)):
            of_group = _lowest_by_lesion(score[names == name], lesions[names == name])
            if len(of_group) >= LEAST_LESIONS:
                threshold = min(threshold, share_threshold(of_group, LEAST_BY_GROUP))
    return AlertLine(threshold, bound, len(lowest))


def floored(share: float, digits: int = 3) -> float:
    """Return a share, 0..1, cut to this many digits: rounding up would promise too much."""
    return float(np.floor(share * 10**digits + 1e-9) / 10**digits)


def share_threshold(scores: np.ndarray, share: float) -> float:
    """Return the largest threshold t for which `score >= t` holds for at least this share of `scores`."""
    needed = int(np.ceil(share * len(scores) - 1e-9))
    return float(np.sort(scores)[::-1][max(needed, 1) - 1])


def _lowest_by_lesion(score: np.ndarray, lesions: np.ndarray) -> np.ndarray:
    """Return the lowest score of each lesion, smallest first."""
    names, member = np.unique(lesions, return_inverse=True)
    lowest = np.full(len(names), np.inf)
    np.minimum.at(lowest, member, score)
    return np.sort(lowest)
