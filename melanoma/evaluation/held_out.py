"""A bundle's predictions for its held-out test lesions, prepared for evaluation at any threshold."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from melanoma.errors import UserError
from melanoma.evaluation.effort import GainCurve, effort, gain_curve
from melanoma.evaluation.metrics import Estimate, confusion_matrix
from melanoma.evaluation.operating_points import Part, RocCurve, parts_of, roc_curve
from melanoma.evaluation.reliability import Bin, melanoma_bins
from melanoma.model.bundle import Bundle
from melanoma.model.calibration import class_weights

REPLICATES = 300
"""Resamples for the interval of what a list saves."""


@dataclass(frozen=True)
class Worklist:
    """What it saves to read the photos sorted by a probability, until the sought ones are seen."""

    malignancy: bool
    """Malignant lesions are sought, by the probability of any malignancy; else melanomas, by theirs."""
    sought: int
    curve: GainCurve
    to_read: Estimate
    """The share of the list that holds `effort.SOUGHT` of the sought photos."""


@dataclass(frozen=True)
class HeldOut:
    """The held-out predictions of a bundle: counts, ROC curve, confusion matrix, reliability curve."""

    images: int
    lesions: int
    everyone: Part
    groups: tuple[Part, ...]
    curve: RocCurve
    codes: tuple[str, ...]
    confusion: np.ndarray
    """int (codes, codes): images of each true diagnosis (rows) by the likeliest one (columns)."""
    bins: list[Bin]
    """The reliability curve of the melanoma probability, in the bundle's mix of diagnoses."""
    worklists: tuple[Worklist, ...]
    """Of melanoma, and of any malignancy if the bundle knows other malignant diagnoses."""


def judge_held_out(bundle: Bundle) -> HeldOut:
    """Return the evaluation on the held-out lesions; raises UserError without both melanomas and others."""
    if "MEL" not in bundle.codes or "predictions.parquet" not in bundle.files:
        raise UserError("The model {name} says nothing of melanoma on held-back lesions.", name=bundle.name)
    table = bundle.load_predictions()
    table = table[(table["split"] == "test") & table["diagnosis"].isin(bundle.codes)]
    melanoma = (table["diagnosis"] == "MEL").to_numpy()
    if not melanoma.any() or melanoma.all():
        raise UserError(
            "Among the held-back lesions of {name} there are no melanomas, or nothing else.", name=bundle.name
        )
    everyone, *groups = parts_of(table)
    probabilities = table[list(bundle.codes)].to_numpy(dtype=float)
    truth = np.array([bundle.codes.index(code) for code in table["diagnosis"]])
    return HeldOut(
        images=len(table),
        lesions=table["lesion_id"].nunique(),
        everyone=everyone,
        groups=tuple(groups),
        curve=roc_curve(everyone),
        codes=bundle.codes,
        confusion=confusion_matrix(truth, probabilities.argmax(axis=1), len(bundle.codes)),
        bins=melanoma_bins(
            table["MEL"].to_numpy(dtype=float),
            melanoma,
            table["lesion_id"].to_numpy(),
            class_weights(truth, np.asarray(bundle.prior)),
        ),
        worklists=tuple(_worklists(bundle, probabilities, truth, table["lesion_id"].to_numpy())),
    )


def _worklists(
    bundle: Bundle, probabilities: np.ndarray, truth: np.ndarray, lesions: np.ndarray
) -> Iterator[Worklist]:
    melanoma = [bundle.codes.index("MEL")]
    for indices in (melanoma, bundle.malignant):
        sought = np.isin(truth, indices)
        if sought.all() or (indices is not melanoma and indices == melanoma):
            continue
        score = probabilities[:, indices].sum(axis=1)
        to_read = effort(score, sought, lesions, replicates=REPLICATES)
        yield Worklist(indices is not melanoma, int(sought.sum()), gain_curve(score, sought), to_read)
