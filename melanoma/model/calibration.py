"""Temperature, alert threshold and prediction sets, set on lesions that the network was not fitted to."""

import numpy as np
from scipy.optimize import minimize_scalar

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
    weights = class_weights(truth, prior)

    def loss(log_temperature: float) -> float:
        scores = Calibration(float(np.exp(log_temperature)), tuple(prior)).scores(logits)
        return float(-(weights * scores[np.arange(len(truth)), truth]).sum())

    return float(np.exp(minimize_scalar(loss, bounds=np.log([0.2, 5.0]), method="bounded").x))


def alert_threshold(score: np.ndarray, positive: np.ndarray, sensitivity: float) -> float:
    """Return the largest threshold t at which `score >= t` finds at least this share of the positives.

    `score` is float (n,), `positive` bool (n,) with at least one True.
    """
    found = np.sort(score[positive])[::-1]
    needed = int(np.ceil(sensitivity * len(found) - 1e-9))
    return float(found[max(needed, 1) - 1])


def conformal_quantiles(probabilities: np.ndarray, truth: np.ndarray, coverage: float) -> np.ndarray:
    """Return for each class the score up to which it belongs in a prediction set, float (classes,).

    The score is 1 - probability of the class. Quantiles are by class (Mondrian), so the coverage holds for
    each diagnosis and not only on average: the ceil((n + 1) * coverage)-th smallest score of the n images
    of the class,
    or 1 (always in the set) where n is too small (Vovk 2012, arXiv:1209.2673; Angelopoulos 2021,
    arXiv:2107.07511).
    """
    quantiles = np.ones(probabilities.shape[1])
    for index in range(probabilities.shape[1]):
        scores = np.sort(1 - probabilities[truth == index, index])
        rank = int(np.ceil((len(scores) + 1) * coverage))
        if 0 < rank <= len(scores):
            quantiles[index] = scores[rank - 1]
    return quantiles
