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

from melanoma.diagnoses import is_malignant
from melanoma.errors import UserError
from melanoma.evaluation.evaluate import Evaluation, age_groups, evaluate
from melanoma.evaluation.focus import Focus
from melanoma.evaluation.metrics import Estimate
from melanoma.evaluation.reliability import coverage_by_diagnosis, judge_calibration, melanoma_bins
from melanoma.evaluation.scoring import with_probabilities
from melanoma.model.bundle import Bundle
from melanoma.model.bundle_layout import ADAPTIVE
from melanoma.model.calibration import AlertLine, alert_line, class_weights, fit_temperature
from melanoma.model.log_odds import Calibration
from melanoma.model.prediction_sets import adaptive_limits

_COLUMNS = ["image_id", "lesion_id", "split", "diagnosis", "source", "framing", "sex", "site"]


CONFIDENCE = 0.95
"""With which the alerts' promise holds for new lesions."""
LEAST_COVERAGE = 0.8
"""Coverage of each diagnosis but melanoma; sets that cover the rarest as often as all lesions hold most."""
_GROUPS = ("source",)


def calibrate(
    logits: np.ndarray,
    table: pd.DataFrame,
    codes: Sequence[str],
    prior: np.ndarray,
    sensitivity: float,
    coverage: float,
    temperature: float | None = None,
) -> dict[str, Any]:
    """Return the fields of a `Bundle` that are set on calibration images: temperature, alerts and sets.

    `logits` is float (n, classes), free of any mix, of lesions that the network was not fitted to; `table`
    has n rows with the `diagnosis`, one of the `codes` with melanoma among them, the `lesion_id`, and the
    `source` if it is known. Both alerts promise the `sensitivity` for new lesions with `CONFIDENCE`
    (`calibration.alert_line`), and find 0.9 of the lesions of each source, of any malignancy also of each
    diagnosis. Sets hold the truth for `coverage` of all lesions and of melanomas, and for `LEAST_COVERAGE` of
    those of each other diagnosis, or for `coverage` where that is less. A `temperature` that is given is used
    as it is. Raises UserError for logits that are no numbers, a diagnosis that is none of the codes, or where
    no lesion is a melanoma.
    """
    diagnoses = table["diagnosis"].to_numpy()
    unknown = sorted(set(diagnoses) - set(codes))
    if unknown:
        raise UserError(
            "The labels hold {label}, which this model does not know ({known}).",
            label=unknown[0],
            known=", ".join(codes),
        )
    if not np.isfinite(logits).all():
        raise UserError("The network's answers to some of the photos are no numbers. Score them again.")
    truth = np.array([list(codes).index(code) for code in diagnoses])
    temperature = temperature or fit_temperature(logits, truth, prior)
    probabilities = Calibration(temperature, tuple(prior)).probabilities(logits)
    melanoma = list(codes).index("MEL")
    lesions = table["lesion_id"].to_numpy()
    malignant = np.array(is_malignant(codes))

    def line(score: np.ndarray, rows: np.ndarray, columns: Sequence[str]) -> AlertLine:
        groups = [table[name].fillna("unknown").astype(str).to_numpy()[rows] for name in columns]
        return alert_line(score[rows], lesions[rows], sensitivity, CONFIDENCE, groups)

    sources = [name for name in _GROUPS if name in table]
    found = line(probabilities[:, melanoma], truth == melanoma, sources)
    any_malignancy = None
    if not malignant.all():  # else every probability of malignancy is 1
        score = probabilities[:, malignant].sum(axis=1)
        any_malignancy = line(score, malignant[truth], [*sources, "diagnosis"])
    least = min(LEAST_COVERAGE, coverage)
    by_class = np.where(np.arange(len(codes)) == melanoma, coverage, least)
    limits = adaptive_limits(probabilities, truth, lesions, prior, coverage, by_class)
    return {
        "temperature": temperature,
        "alert_threshold": found.threshold,
        "alert_sensitivity": sensitivity,
        "alert_confidence": CONFIDENCE,
        "alert_bound": found.bound,
        "alert_lesions": found.lesions,
        "malignancy_threshold": any_malignancy and any_malignancy.threshold,
        "malignancy_bound": any_malignancy and any_malignancy.bound,
        "malignancy_lesions": any_malignancy and any_malignancy.lesions,
        "conformal_method": ADAPTIVE,
        "conformal_coverage": coverage,
        "least_coverage": least,
        "conformal_quantiles": tuple(limits.tolist()),
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
    coverage_by_label: dict[str, Estimate]
    """How often the prediction set holds the truth, of the images of each diagnosis."""

    def figures(self, accepted: dict[str, float], focus: Focus | None) -> dict[str, Any]:
        """Return the `figures` of a bundle; `accepted` and `focus` are those that need pixels."""
        return self.evaluation.as_json() | {
            "accepted": accepted,
            "reliability": {name: found.as_json() for name, found in self.reliability.items()},
            "coverage_by_label": {label: found.as_json() for label, found in self.coverage_by_label.items()},
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
        evaluate(
            predictions,
            predictions[codes].to_numpy(),
            bundle.codes,
            bundle.alert_threshold,
            malignancy_threshold=bundle.malignancy_threshold,
        ),
        judge_calibration(
            logits,
            np.array([codes.index(code) for code in predictions["diagnosis"]]),
            predictions["lesion_id"].to_numpy(),
            bundle,
        ),
        coverage_by_diagnosis(predictions, bundle),
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
