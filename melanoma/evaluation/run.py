"""The evaluation of a bundle on labelled images: `melanoma evaluate`."""

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from melanoma.data.fingerprints import same_names, same_pictures
from melanoma.data.labels.read import Paths, coarsened, read_labels
from melanoma.errors import UserError
from melanoma.evaluation.evaluate import NAMES, Evaluation, age_groups, evaluate
from melanoma.evaluation.focus import Focus, judge_focus
from melanoma.evaluation.scoring import score_table, with_probabilities
from melanoma.files import write_whole
from melanoma.model.bundle import Bundle
from melanoma.model.classifier import load_compiled


@dataclass(frozen=True)
class BundleEvaluation:
    """The evaluation, with the images it is based on and those left out."""

    evaluation: Evaluation
    left_out: dict[str, int]
    """Images left out because their lesion was used for training or calibration: `total`, and those known by
    `name`, `content` or `lesion`."""
    problems: dict[str, str]
    """The error of each image that could not be read, by id."""
    threshold: float
    malignancy_threshold: float | None
    predictions: pd.DataFrame
    focus: Focus | None
    """Whether it decides by the lesion; None if no outlines are known."""
    none_of_eight: dict[str, int]
    """Images left out because they show none of the eight diagnoses, or are not dermoscopic, by reason."""
    remarks: list[str]
    """Sentences about rows of the tables that were not used."""

    def as_json(self) -> dict[str, Any]:
        """Return plain numbers and lists."""
        return self.evaluation.as_json() | {
            "left_out_as_fitted": self.left_out["total"],
            "left_out_as_fitted_by": {kind: n for kind, n in self.left_out.items() if kind != "total"},
            "left_out_of_labels": self.none_of_eight,
            "unreadable": self.problems,
            "alert_threshold": self.threshold,
            "malignancy_threshold": self.malignancy_threshold,
            "focus": self.focus.as_json() if self.focus else None,
        }

    def as_text(self) -> str:
        """Return what the command prints."""
        found = self.evaluation
        lines = [f"{found.images} images of {found.lesions} lesions, {found.melanomas} of melanoma"]
        lines += self.remarks
        if self.left_out["total"]:
            lines.append(
                f"{self.left_out['total']} images left out: their lesions were fitted or calibrated on "
                f"(known by name {self.left_out['name']}, by content {self.left_out['content']}, "
                f"by their lesion {self.left_out['lesion']})"
            )
        lines += [f"unreadable: {problem}" for problem in self.problems.values()]
        lines += [f"{NAMES[name]:<57} {estimate}" for name, estimate in found.figures.items()]
        lines.append(f"{len(found.labels)} labels; the melanoma alert rings from {self.threshold:.4f}")
        if self.malignancy_threshold is not None:
            lines.append(f"the alert for any malignancy rings from {self.malignancy_threshold:.4f}")
        lines += [
            f"  {label:<12} sensitivity {value}   precision {found.precision_by_label[label]}"
            f"   with an alert {found.alerted_by_label[label]}"
            for label, value in found.sensitivity_by_label.items()
        ]
        lines += [
            f"  where {prevalence:.0%} have melanoma: an alert is right in {alert}, silence in {silence}"
            for prevalence, (alert, silence) in found.predictive.items()
        ]
        lines += [
            f"  {group.kind} {group.name}: {group.images} images, {group.melanomas} of melanoma"
            f"{' (small group)' if group.small else ''}, ROC AUC {group.figures['melanoma_auc']}, "
            f"found {group.figures['alert_sensitivity']}"
            for group in found.groups
        ]
        if found.missed:
            missed = ", ".join(f"{image_id} {value:.3f}" for image_id, value in found.missed)
            lines.append(f"melanomas without an alert, the surest first: {missed}")
        if self.focus is not None:
            lines.append(f"on the {self.focus.images} images with an outline:")
            lines += [f"  {name:<56} {value}" for name, value in self.focus.rows().items()]
        return "\n".join([*lines, "95% intervals by bootstrap over lesions"])

    def write(self, folder: Path) -> None:
        """Write `evaluation.json` and `predictions.csv`."""
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in (
            ("evaluation.json", json.dumps(self.as_json(), indent=2, ensure_ascii=False) + "\n"),
            ("predictions.csv", self.predictions.to_csv(index=False)),
        ):
            write_whole(folder / name, text)


@dataclass(frozen=True)
class Seen:
    """Which images of a table are known from the fitting of a bundle. All are bool on the table's index."""

    by_name: pd.Series
    """By an id in their names, or by their lesion's."""
    by_content: pd.Series
    """By their pictures alone."""
    by_lesion: pd.Series
    """Since the table says that they show the lesion of one of these."""
    has_fingerprints: bool

    @property
    def any(self) -> pd.Series:
        """All of them."""
        return self.by_name | self.by_content | self.by_lesion

    def counts(self) -> dict[str, int]:
        """Return how many there are of each, and in all as `total`."""
        kinds = {"name": self.by_name, "content": self.by_content, "lesion": self.by_lesion}
        return {"total": int(self.any.sum())} | {kind: int(seen.sum()) for kind, seen in kinds.items()}

    def remarks(self) -> list[str]:
        """Return a sentence where copies under other names could not be looked for."""
        return [] if self.has_fingerprints else [_NO_FINGERPRINTS]


_NO_FINGERPRINTS = (
    "This model has no fingerprints of the pictures that it was fitted to, so they are known by their names "
    "alone: copies under other names may be among the images. Add them with "
    "“python -m melanoma.training.additions fingerprints”."
)


def seen_in_fitting(table: pd.DataFrame, bundle: Bundle, splits: Sequence[str] | None = None) -> Seen:
    """Return which images of a table show lesions that a bundle was fitted to or calibrated on.

    Under whatever name: by the id inside the name, by lesion, and by content (`data.fingerprints`). `splits`
    are those that count, by default all but the test side.
    """
    known = bundle.load_split()
    fitted = known[known["split"].isin(splits) if splits else known["split"] != "test"]
    by_name = (
        table["lesion_id"].isin(fitted["lesion_id"])
        | same_names(table["image_id"], fitted["image_id"].tolist())
        | same_names(table["path"].map(os.path.basename), fitted["image_id"].tolist())
    )
    stored = bundle.load_fingerprints()
    by_content = pd.Series(False, index=table.index)
    if stored is not None and not by_name.all():
        of_fitted = stored[stored["image_id"].isin(fitted["image_id"])].reset_index(drop=True)
        by_content[~by_name] = same_pictures(table[~by_name], of_fitted).notna()
    direct = by_name | by_content
    by_lesion = direct.groupby(table["lesion_id"]).transform("any") & ~direct
    return Seen(by_name, by_content, by_lesion, stored is not None)


def evaluate_bundle(
    bundle: Bundle,
    data: Paths,
    images: Paths = None,
    outlines: Paths = None,
    include_fitted: bool = False,
) -> BundleEvaluation:
    """Return the evaluation of a bundle on labels CSVs or folders, several being one table.

    Labels that a coarser label of the data covers are replaced by it: beside AKIEC, AK becomes AKIEC. Raises
    UserError if no image is left.
    """
    labels = read_labels(data, images, outlines)
    table = labels.table.assign(diagnosis=coarsened(labels.table["diagnosis"]))
    found = None if include_fitted else seen_in_fitting(table, bundle)
    seen = pd.Series(False, index=table.index) if found is None else found.any
    if seen.all():
        raise UserError(
            "The model was fitted or calibrated on all of these images. Give others, or --include-fitted."
        )
    network = load_compiled(bundle)
    scored = score_table(network, table[~seen], bundle.framing)
    predictions = with_probabilities(
        scored.table[["image_id", "lesion_id", "diagnosis"]], scored.logits, bundle
    )
    probabilities = predictions[list(bundle.codes)].to_numpy()
    judged = scored.table.assign(age_group=age_groups(scored.table["age"]))
    evaluation = evaluate(
        judged,
        probabilities,
        bundle.codes,
        bundle.alert_threshold,
        malignancy_threshold=bundle.malignancy_threshold,
    )
    return BundleEvaluation(
        evaluation,
        found.counts() if found else {"total": 0},
        scored.problems,
        bundle.alert_threshold,
        bundle.malignancy_threshold,
        predictions,
        judge_focus(network, scored.table, bundle),
        labels.left_out,
        [*labels.remarks(), *(found.remarks() if found else [])],
    )
