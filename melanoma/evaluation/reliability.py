"""Calibration error, Brier score, coverage of prediction sets, and the reliability curve of melanoma."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from melanoma.evaluation.metrics import (
    Estimate,
    Statistic,
    bootstrap,
    brier_score,
    calibration_error,
    share,
)
from melanoma.model.bundle import Bundle
from melanoma.model.calibration import class_weights
from melanoma.model.log_odds import Calibration

NAMES = {
    "calibration_error_before": "expected calibration error before scaling",
    "calibration_error": "expected calibration error after scaling",
    "calibration_error_as_found": "the same, on the images as they come",
    "brier_score_before": "Brier score before scaling",
    "brier_score": "Brier score after scaling",
    "coverage": "prediction sets that hold the truth",
    "coverage_as_found": "the same, on the images as they come",
    "set_size": "diagnoses in a prediction set, mean",
    "median_set_size": "diagnoses in a prediction set, median",
}
"""The title of each figure."""
EDGES = (0.0, 0.02, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1.0 + 1e-9)
"""Of the ranges of the reliability curve: finer where most probabilities, and the alert's threshold, lie."""


def judge_calibration(
    logits: np.ndarray,
    truth: np.ndarray,
    lesions: np.ndarray,
    bundle: Bundle,
) -> dict[str, Estimate]:
    """Return how reliable probabilities and prediction sets are, on images that were used for neither.

    `calibration_error` and `brier_score`, and the same with `_before`, at temperature 1; classes are weighted
    to the bundle's mix, which the probabilities are meant for, but for what ends in `_as_found`.
    `coverage` is the share of images whose prediction set holds the truth, `set_size` the mean number of
    diagnoses in a set, and `median_set_size` the median.
    """
    balance = class_weights(truth, np.array(bundle.prior))
    after = bundle.calibration.probabilities(logits)
    before = Calibration(1.0, bundle.prior).probabilities(logits)
    in_set = bundle.in_sets(after)
    covered, size = in_set[np.arange(len(truth)), truth], in_set.sum(axis=1)

    def weighted_mean(values: np.ndarray) -> Statistic:
        return lambda weights: float(np.average(values, weights=weights * balance))

    statistics: dict[str, Statistic] = {
        "calibration_error_before": lambda weights: calibration_error(before, truth, weights * balance),
        "calibration_error": lambda weights: calibration_error(after, truth, weights * balance),
        "calibration_error_as_found": lambda weights: calibration_error(after, truth, weights),
        "brier_score_before": lambda weights: brier_score(before, truth, weights * balance),
        "brier_score": lambda weights: brier_score(after, truth, weights * balance),
        "coverage": weighted_mean(covered),
        "coverage_as_found": lambda weights: float(np.average(covered, weights=weights)),
        "set_size": weighted_mean(size),
        "median_set_size": lambda weights: _weighted_median(size, weights * balance),
    }
    return {name: bootstrap(statistics[name], lesions) for name in NAMES}


def coverage_by_diagnosis(predictions: pd.DataFrame, bundle: Bundle) -> dict[str, Estimate]:
    """Return how often the set holds the truth, of the images of each diagnosis that there is.

    `predictions` are rows of `predictions.parquet`.
    """
    codes = list(bundle.codes)
    sets = bundle.in_sets(predictions[codes].to_numpy(dtype=float))
    truth = np.array([codes.index(code) for code in predictions["diagnosis"]])
    covered, lesions = sets[np.arange(len(truth)), truth], predictions["lesion_id"].to_numpy()

    def within(index: int) -> Estimate:
        return bootstrap(lambda weights: share(covered, truth == index, weights), lesions)

    return {code: within(index) for index, code in enumerate(codes) if (truth == index).any()}


def _weighted_median(values: np.ndarray, weights: np.ndarray) -> float:
    """Return the least value that, with all below it, has half of the weight."""
    order = np.argsort(values, kind="stable")
    gathered = np.cumsum(weights[order])
    return float(values[order][np.searchsorted(gathered, gathered[-1] / 2)])


BIN_REPLICATES = 300
"""Resamples for the interval of one bin: an error bar needs less precision than a printed figure."""


@dataclass(frozen=True)
class Bin:
    """The images whose probability of melanoma lies in one range."""

    mean: float
    """Mean probability that the network gave them, 0..1."""
    share: Estimate
    """Share of them that are melanomas, with a 95% interval by bootstrap over lesions."""
    images: int


def melanoma_bins(
    score: np.ndarray,
    melanoma: np.ndarray,
    lesions: np.ndarray,
    weights: np.ndarray,
    replicates: int | None = None,
) -> list[Bin]:
    """Return the reliability curve of the melanoma probability, in the ranges `EDGES` that are not empty.

    `score` is float (n,), `melanoma` bool (n,); `weights` (n,) bring the classes into the mix that the
    probabilities are meant for (`class_weights`).
    """
    bins = []
    for low, high in zip(EDGES[:-1], EDGES[1:], strict=True):
        rows = (score >= low) & (score < high)
        if rows.any():
            ill, weight = melanoma[rows], weights[rows]

            def statistic(drawn: np.ndarray, ill: np.ndarray = ill, weight: np.ndarray = weight) -> float:
                total = (drawn * weight).sum()
                return float((drawn * weight)[ill].sum() / total) if total else float("nan")

            mean = float(np.average(score[rows], weights=weight))
            bins.append(
                Bin(mean, bootstrap(statistic, lesions[rows], replicates or BIN_REPLICATES), int(rows.sum()))
            )
    return bins
