"""The labelled lesions of a recalibration, split in two, with the network's scores."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from melanoma.data.labels.read import Paths, fingerprint, read_labels
from melanoma.diagnoses import COARSER, PARTS, members
from melanoma.errors import UserError
from melanoma.evaluation.run import seen_in_fitting
from melanoma.evaluation.scoring import score_table
from melanoma.model.bundle import Bundle
from melanoma.model.classifier import CompiledNetwork
from melanoma.model.in_distribution import References
from melanoma.training.calibrating import stored_logits
from melanoma.training.distribution import fit_references

SEED = 0
"""Of `halve_by_lesion`: the same photos are always split in the same way."""


@dataclass(frozen=True)
class Scores:
    """The network's scores of labelled lesions in the splits `calibration` and `test`."""

    rows: pd.DataFrame
    """One row an image with its `split`: of `predictions.parquet`, or of a table of labels."""
    logits: np.ndarray
    """float (n, classes), of the rows."""
    features: np.ndarray | None = None
    """float (n, channels), for the in-distribution check; None where they were not stored."""
    fingerprint: str | None = None
    """Of the labels, if they are the user's own."""
    left_out: int = 0
    """Images left out, as the network was fitted to their lesions."""
    remarks: tuple[str, ...] = ()
    """Sentences about labels that were not used."""
    references: References | None = None
    """New reference features for the in-distribution check where the framing changed."""

    def in_split(self, split: str) -> np.ndarray:
        """Return which images are in a split, bool (n,)."""
        return (self.rows["split"] == split).to_numpy()


def stored_scores(bundle: Bundle) -> Scores:
    """Return the scores that are stored in the bundle, of its calibration and its test lesions."""
    predictions = bundle.load_predictions()
    rows = predictions[predictions["diagnosis"].isin(bundle.codes)].reset_index(drop=True)
    earlier = (bundle.recalibrated or {}).get("fingerprint")
    return Scores(rows, stored_logits(rows, bundle), fingerprint=earlier)


def scores_of_photos(
    bundle: Bundle,
    network: CompiledNetwork,
    data: Paths,
    images: Paths,
    outlines: Paths,
    sensitivity: float,
) -> Scores:
    """Return the network's scores of the user's labelled photos, half of their lesions for calibration.

    Lesions that it was fitted to are left out. Raises UserError if the others are too few for a threshold of
    this sensitivity, or if the labels do not fit the model.
    """
    parts = bool({part.code for part in PARTS} & set(bundle.codes))
    labels = read_labels(data, images, outlines, parts)
    table = labels.table
    _require_own_diagnoses(table, bundle.codes)
    found = seen_in_fitting(table, bundle, ["train"])
    seen = found.any
    if seen.all():
        raise UserError("The network was fitted to all of these lesions. Give photos that it has not seen.")
    table = table[~seen]
    table = table.assign(split=halve_by_lesion(table))
    require_enough(table, bundle.codes, sensitivity)  # before minutes of work
    scored = score_table(network, table, bundle.framing)
    rows = scored.table.reset_index(drop=True)
    require_enough(rows, bundle.codes, sensitivity)
    unreadable = (f"left out: {problem}" for problem in scored.problems.values())
    return Scores(
        rows,
        scored.logits,
        scored.features,
        fingerprint(rows),
        int(seen.sum()),
        (*labels.remarks(), *found.remarks(), *unreadable),
    )


def reframed_scores(
    bundle: Bundle, network: CompiledNetwork, data: Paths, images: Paths, outlines: Paths
) -> Scores:
    """Return the scores of the bundle's own lesions in the bundle's framing, which is a new one.

    They keep their splits, and the reference features are computed anew. Raises UserError if one of the
    calibration or test images is not among the labels, or cannot be read.
    """
    parts = bool({part.code for part in PARTS} & set(bundle.codes))
    labels = read_labels(data, images, outlines, parts)
    split = bundle.load_split().set_index("image_id")["split"]
    table = labels.table.assign(split=labels.table["image_id"].map(split))
    stored = bundle.load_predictions().set_index("image_id")["diagnosis"]
    wanted = stored.index.to_series()
    held_out = table[table["split"].isin(("calibration", "test")) & table["image_id"].isin(wanted)]
    _require_all(wanted, held_out)
    _require_own_diagnoses(held_out, bundle.codes)
    other = held_out[held_out["diagnosis"] != held_out["image_id"].map(stored)]
    if len(other):
        raise UserError(
            "{count} images have another diagnosis than when the model was made, such as {example}. Another "
            "framing needs the labels of then.",
            count=len(other),
            example=other["image_id"].iloc[0],
        )
    fitted = table[table["split"] == "train"]
    if fitted.empty:
        raise UserError("None of the photos that the network was fitted to is among the labels. Add them.")
    scored = score_table(network, held_out, bundle.framing)
    _require_all(wanted, scored.table)
    seed = int(bundle.recipe.get("seed", SEED))
    references = fit_references(network, fitted, bundle.framing, seed)
    remarks = labels.remarks()
    if bundle.load_references().close_ups is not None:
        remarks = [
            *remarks,
            "the photos without a dermatoscope that the check knew are left out: they were framed otherwise",
        ]
    rows = scored.table.reset_index(drop=True)
    return Scores(rows, scored.logits, scored.features, remarks=tuple(remarks), references=references)


def _require_all(wanted: pd.Series, table: pd.DataFrame) -> None:
    missing = wanted[~wanted.isin(table["image_id"])]
    if len(missing):
        raise UserError(
            "{missing} of the {count} images that the model was set and judged on are not among the photos, "
            "such as {example}. Another framing needs them all.",
            missing=len(missing),
            count=len(wanted),
            example=missing.iloc[0],
        )


def require_enough(rows: pd.DataFrame, codes: Sequence[str], sensitivity: float) -> None:
    """Raise UserError if a table's split `calibration` or `test` has too few lesions.

    `calibration` needs a lesion of each code, for the prediction sets, and s / (1 - s) melanomas: a threshold
    at the lowest of n scores finds n of n + 1 new melanomas at best, on average, and that has to be the
    sensitivity s. `test` needs a melanoma and another lesion.
    """
    lesions = {
        split: lesions_by_diagnosis(rows[rows["split"] == split], codes) for split in ("calibration", "test")
    }
    set_on = lesions["calibration"]
    missing = [code for code in codes if not set_on[code]]
    if missing:
        raise UserError(
            "There is no lesion of {missing} to calibrate with, and prediction sets need some of each "
            "diagnosis of the model. Add photos of it.",
            missing=", ".join(missing),
        )
    least = math.ceil(sensitivity / (1 - sensitivity) - 1e-9)
    if set_on["MEL"] < least:
        raise UserError(
            "{found} melanomas to calibrate with are too few for a sensitivity of {sensitivity}: a threshold "
            "set on n of them finds n of n + 1 new ones at best, on average, so {least} are the least, and "
            "as many again to judge with. Add melanomas, or ask for less with --sensitivity.",
            found=set_on["MEL"],
            sensitivity=f"{sensitivity:.3g}",
            least=least,
        )
    if not lesions["test"]["MEL"] or sum(map(bool, lesions["test"].values())) < 2:
        raise UserError(
            "No melanoma, or nothing else, is left to judge the thresholds with. Add photos of more lesions."
        )


def lesions_by_diagnosis(rows: pd.DataFrame, codes: Sequence[str]) -> dict[str, int]:
    """Return how many lesions of each code a table shows."""
    counts = rows.groupby("diagnosis")["lesion_id"].nunique()
    return {code: int(counts.get(code, 0)) for code in codes}


def halve_by_lesion(table: pd.DataFrame, seed: int = SEED) -> pd.Series:
    """Return `calibration` or `test` for each image, on the table's index: half of each diagnosis' lesions.

    Of an odd number, `calibration` gets one more. A lesion with two diagnoses counts for its first.
    """
    lesions = table.drop_duplicates("lesion_id")[["lesion_id", "diagnosis"]].sort_values("lesion_id")
    lesions = lesions.sample(frac=1, random_state=seed)
    odd = lesions.groupby("diagnosis").cumcount() % 2
    split = dict(zip(lesions["lesion_id"], np.where(odd, "test", "calibration"), strict=True))
    return table["lesion_id"].map(split)


def _require_own_diagnoses(table: pd.DataFrame, codes: Sequence[str]) -> None:
    for label in sorted(set(table["diagnosis"]) - set(codes)):
        covered = members(label, codes)
        if label in COARSER or len(covered) > 1:
            raise UserError(
                "{label} joins {diagnoses}: such labels can be evaluated, not calibrated with. Give the "
                "diagnosis itself, or take the rows out.",
                label=label,
                diagnoses=", ".join(covered),
            )
        raise UserError(
            "The labels hold {label}, which this model does not know ({known}).",
            label=label,
            known=", ".join(codes),
        )
