"""What a bundle's card says of the lesions that its teachers had not seen, from the folds' answers alone."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from melanoma.diagnoses import is_malignant
from melanoma.evaluation import metrics
from melanoma.evaluation.answer_figures import FEW, Answers, Figure, figures_of
from melanoma.evaluation.effort import age_sex_and_site, share_to_read
from melanoma.evaluation.metrics import (
    Estimate,
    balanced_accuracy,
    bootstrap,
    calibration_error,
    roc_auc,
    share,
)
from melanoma.evaluation.out_of_fold import PLAIN, TURNS
from melanoma.model.bundle import Bundle
from melanoma.model.calibration import class_weights

COLUMNS = (
    "balanced accuracy",
    "melanoma ROC AUC",
    "the same over eight turns",
    "melanomas found",
    "others without an alert",
    "calibration error",
)
"""Of the table by source."""
ALL = "all"
REPLICATES = 300
"""Resamples for an interval: each takes long where there are tens of thousands of rows."""


@dataclass(frozen=True)
class FoldFigures:
    """Figures of answers about lesions that the answering networks had not seen, in the bundle's mix."""

    images: dict[str, tuple[int, int]]
    """By source, and `ALL`: images, and of melanoma."""
    by_source: dict[str, dict[str, Estimate]]
    """By source, and `ALL`: the figures of `COLUMNS`; an AUC and alerts where there are `FEW` of both."""
    others: dict[str, Estimate]
    """What is said of all together: mean recall, what other surroundings and hair change, evidence inside the
    outline, and the share of a worklist that holds 95% of what is sought, with the picture and without it."""

    def as_json(self) -> dict[str, Any]:
        """Return plain numbers."""
        return {
            "images": self.images,
            "by_source": {name: _plain(row) for name, row in self.by_source.items()},
            "others": _plain(self.others),
        }


def _plain(row: dict[str, Estimate]) -> dict[str, dict[str, float | None]]:
    return {name: found.as_json() for name, found in row.items()}


def judge_folds(folds: pd.DataFrame, bundle: Bundle, replicates: int = REPLICATES) -> FoldFigures:
    """Return the figures of the gathered answers (`gathering.gather`) with a bundle's mix and thresholds."""
    replicates = min(replicates, metrics.REPLICATES)
    codes = list(bundle.codes)
    truth = np.array([codes.index(code) for code in folds["diagnosis"]])
    melanoma, lesions = truth == codes.index("MEL"), folds["lesion_id"].to_numpy()
    sources = folds["source"].to_numpy()
    places = {ALL: np.ones(len(folds), bool)} | {name: sources == name for name in sorted(set(sources))}
    probabilities = {
        variant: bundle.calibration.probabilities(
            folds[[f"{variant} {code}" for code in codes]].to_numpy(dtype=float)
        )
        for variant in (PLAIN, TURNS)
    }
    answers = Answers(folds, bundle.codes, bundle.prior)
    others = {
        name: figure
        for name, figure in figures_of(answers).items()
        if not any(name.endswith(f", {source}") for source in places) and name != "melanoma AUC"
    }
    others |= _worklists(folds, truth, probabilities[PLAIN], bundle)
    return FoldFigures(
        images={name: (int(here.sum()), int((here & melanoma).sum())) for name, here in places.items()},
        by_source={
            name: {
                title: bootstrap(figure, lesions[here], replicates)
                for title, figure in _of_a_source(here, truth, probabilities, bundle).items()
            }
            for name, here in places.items()
        },
        others={name: bootstrap(figure, lesions, replicates) for name, figure in others.items()},
    )


def _of_a_source(
    here: np.ndarray, truth: np.ndarray, probabilities: dict[str, np.ndarray], bundle: Bundle
) -> dict[str, Figure]:
    """Return the figures of `COLUMNS` of the rows `here`, bool (n,), as functions of those rows' weights."""
    truth, shown = truth[here], probabilities[PLAIN][here]
    index = bundle.codes.index("MEL")
    melanoma, score, turned = truth == index, shown[:, index], probabilities[TURNS][here][:, index]
    predicted = shown.argmax(axis=1)
    known = np.unique(truth)
    # A source's diagnoses in the bundle's mix: those that it lacks have no images to weigh.
    mix = np.array(bundle.prior) * np.isin(np.arange(len(bundle.codes)), known)
    balance = class_weights(truth, mix / mix.sum())
    found: dict[str, Figure] = {
        "balanced accuracy": lambda weights: balanced_accuracy(truth, predicted, weights),
        "calibration error": lambda weights: calibration_error(shown, truth, weights * balance),
    }
    if min(melanoma.sum(), (~melanoma).sum()) >= FEW:
        alert = score >= bundle.alert_threshold
        found |= {
            "melanoma ROC AUC": lambda weights: roc_auc(melanoma, score, weights),
            "the same over eight turns": lambda weights: roc_auc(melanoma, turned, weights),
            "melanomas found": lambda weights: share(alert, melanoma, weights),
            "others without an alert": lambda weights: share(~alert, ~melanoma, weights),
        }
    return found


def _worklists(
    folds: pd.DataFrame, truth: np.ndarray, probabilities: np.ndarray, bundle: Bundle
) -> dict[str, Figure]:
    """Return the shares of lists that hold 95% of the melanomas, and of the malignant lesions.

    What is known without the picture is left out where other folds have none of them, or nothing else.
    """
    malignant = np.array(is_malignant(bundle.codes))
    melanoma = bundle.codes.index("MEL")
    found: dict[str, Figure] = {}
    for name, sought, score in (
        ("melanomas", truth == melanoma, probabilities[:, melanoma]),
        ("malignant lesions", malignant[truth], probabilities[:, malignant].sum(axis=1)),
    ):
        if not sought.any() or sought.all():
            continue
        found[f"share of a sorted list that holds 95% of the {name}"] = _read(score, sought)
        fold = folds["fold"].to_numpy()
        if all(len(np.unique(sought[fold != one])) == 2 for one in np.unique(fold)):
            alone = age_sex_and_site(folds, sought, fold)
            found[f"the same, {name}, sorted by age, sex and site alone"] = _read(alone, sought)
    return found


def _read(score: np.ndarray, sought: np.ndarray) -> Figure:
    return lambda weights: share_to_read(score, sought, weights)
