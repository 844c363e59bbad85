"""How far the probabilities and prediction sets of a bundle can be believed."""

import numpy as np

from melanoma.evaluation.calibration import class_weights, probabilities_from
from melanoma.evaluation.metrics import Estimate, Statistic, bootstrap, brier_score, calibration_error

NAMES = {
    "calibration_error_before": "expected calibration error before scaling",
    "calibration_error": "expected calibration error after scaling",
    "brier_score_before": "Brier score before scaling",
    "brier_score": "Brier score after scaling",
    "coverage": "prediction sets that hold the truth",
    "set_size": "diagnoses in a prediction set",
}
"""What each figure is called."""


def judge_calibration(
    logits: np.ndarray,
    truth: np.ndarray,
    lesions: np.ndarray,
    temperature: float,
    prior: np.ndarray,
    quantiles: np.ndarray,
) -> dict[str, Estimate]:
    """Return how far probabilities and prediction sets can be believed, on images that set neither.

    `calibration_error` and `brier_score`, and the same with `_before`, at temperature 1; classes are weighted
    to the mix `prior`, which the probabilities are meant for. `coverage` is the mean over the classes of the
    share of images whose prediction set holds the truth, `set_size` the mean number of diagnoses in a set.
    """
    balance = class_weights(truth, prior)
    after = probabilities_from(logits, temperature, prior.tolist())
    before = probabilities_from(logits, 1.0, prior.tolist())
    kept = 1 - after <= quantiles
    covered, size = kept[np.arange(len(truth)), truth], kept.sum(axis=1)

    def weighted_mean(values: np.ndarray) -> Statistic:
        return lambda weights: float(np.average(values, weights=weights * balance))

    statistics: dict[str, Statistic] = {
        "calibration_error_before": lambda weights: calibration_error(before, truth, weights * balance),
        "calibration_error": lambda weights: calibration_error(after, truth, weights * balance),
        "brier_score_before": lambda weights: brier_score(before, truth, weights * balance),
        "brier_score": lambda weights: brier_score(after, truth, weights * balance),
        "coverage": weighted_mean(covered),
        "set_size": weighted_mean(size),
    }
    return {name: bootstrap(statistic, lesions) for name, statistic in statistics.items()}
