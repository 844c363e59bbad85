"""Calibration of a bundle on one split and its evaluation on another, for training and recalibration.

Works on the network's outputs and the labels alone, without pixels.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from melanoma.evaluation.evaluate import Evaluation, age_groups, evaluate
from melanoma.evaluation.focus import Focus
from melanoma.evaluation.metrics import Estimate
from melanoma.evaluation.reliability import judge_calibration, melanoma_bins
from melanoma.evaluation.scoring import with_probabilities
from melanoma.model.bundle import Bundle
from melanoma.model.calibration import (
    alert_threshold,
    class_weights,
    conformal_quantiles,
    fit_temperature,
)
from melanoma.model.log_odds import Calibration

_COLUMNS = ["image_id", "lesion_id", "split", "diagnosis", "source", "framing", "sex", "site"]


def calibrate(
    logits: np.ndarray,
    diagnoses: Sequence[str],
    codes: Sequence[str],
    prior: np.ndarray,
    sensitivity: float,
    coverage: float,
    temperature: float | None = None,
) -> dict[str, Any]:
    """Return the fields of a `Bundle` that are set on calibration images: temperature, alert and sets.

    `logits` is float (n, classes), free of any mix; `diagnoses` holds n of the `codes`, melanoma among them.
    A `temperature` that is given is used as it is.
    """
    truth = np.array([codes.index(code) for code in diagnoses])
    temperature = temperature or fit_temperature(logits, truth, prior)
    probabilities = Calibration(temperature, tuple(prior)).probabilities(logits)
    melanoma = codes.index("MEL")
    return {
        "temperature": temperature,
        "alert_threshold": alert_threshold(probabilities[:, melanoma], truth == melanoma, sensitivity),
        "alert_sensitivity": sensitivity,
        "conformal_coverage": coverage,
        "conformal_quantiles": tuple(conformal_quantiles(probabilities, truth, coverage).tolist()),
    }


def predictions_of(table: pd.DataFrame, logits: np.ndarray, bundle: Bundle) -> pd.DataFrame:
    """Return the rows of `predictions.parquet`: labels and probabilities, no pixels.

    `table` has the columns of `read_labels` and the `split` of n images; `logits` is float (n, classes).
    """
    rows = table[_COLUMNS].assign(age_group=age_groups(table["age"]))
    return with_probabilities(rows, logits, bundle)


def stored_logits(predictions: pd.DataFrame, bundle: Bundle) -> np.ndarray:
    """Return the network's logits of the rows of `predictions.parquet`, float64 (n, classes).

    The probabilities p are softmax(z / T + log prior), so z = T (log p - log prior), but for a constant that
    is the same for all classes of an image and changes no probability.
    """
    probabilities = np.maximum(predictions[list(bundle.codes)].to_numpy(dtype=float), np.finfo(float).tiny)
    return bundle.temperature * (np.log(probabilities) - np.log(np.asarray(bundle.prior)))


@dataclass(frozen=True)
class Judged:
    """How good a bundle is on held-out lesions, which neither training nor calibration used."""

    evaluation: Evaluation
    reliability: dict[str, Estimate]
    """By the names in `evaluation.reliability.NAMES`."""

    def figures(self, accepted: dict[str, float], focus: Focus | None) -> dict[str, Any]:
        """Return the `figures` of a bundle; `accepted` and `focus` are those that need pixels."""
        return self.evaluation.as_json() | {
            "accepted": accepted,
            "reliability": {name: found.as_json() for name, found in self.reliability.items()},
            "focus": focus.as_json() if focus else None,
        }

    def lines(self) -> Iterator[str]:
        """Yield one line for each figure."""
        for name, estimate in (self.evaluation.figures | self.reliability).items():
            yield f"{name}: {estimate}"


def judge(predictions: pd.DataFrame, logits: np.ndarray, bundle: Bundle) -> Judged:
    """Return how good the bundle is on n rows of `predictions.parquet`, with their logits (n, classes)."""
    codes = list(bundle.codes)
    return Judged(
        evaluate(predictions, predictions[codes].to_numpy(), bundle.codes, bundle.alert_threshold),
        judge_calibration(
            logits,
            np.array([codes.index(code) for code in predictions["diagnosis"]]),
            predictions["lesion_id"].to_numpy(),
            bundle.temperature,
            np.array(bundle.prior),
            np.array(bundle.conformal_quantiles),
        ),
    )


def draw_reliability(judged: pd.DataFrame, bundle: Bundle, path: Path) -> None:
    """Draw the reliability diagram of the melanoma probability as a PNG, of rows of `predictions.parquet`."""
    truth = judged["diagnosis"].map(bundle.codes.index).to_numpy()
    bins = melanoma_bins(
        judged["MEL"].to_numpy(),
        np.asarray(judged["diagnosis"] == "MEL"),
        judged["lesion_id"].to_numpy(),
        class_weights(truth, np.array(bundle.prior)),
    )
    figure = Figure(figsize=(4.6, 4.2), layout="constrained")
    axes = figure.subplots()
    axes.plot([0, 1], [0, 1], color="#999999", linewidth=0.8, linestyle=":")
    means, shares = [one.mean for one in bins], [one.share.value for one in bins]
    ends = np.array([[one.share.value - one.share.low, one.share.high - one.share.value] for one in bins])
    axes.errorbar(means, shares, np.maximum(ends, 0).T, marker="o", color="#d55e00", capsize=3)
    axes.set(
        xlabel="probability of melanoma given", ylabel="share that are melanomas", xlim=(0, 1), ylim=(0, 1)
    )
    figure.savefig(path, dpi=110)
