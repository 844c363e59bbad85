"""The evaluation of a bundle on labelled images: `melanoma evaluate`."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from melanoma.data.labels.images import ARCHIVE_ID, image_stem
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
    left_out: int
    """Images left out because their lesion was used for training or calibration."""
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
            "left_out_as_fitted": self.left_out,
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
        if self.left_out:
            lines.append(f"{self.left_out} images left out: their lesions were fitted or calibrated on")
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


def _archive_ids(table: pd.DataFrame) -> pd.Series:
    """Return the archive's id of each image, missing if its name is not such an id.

    In a folder of class folders an image's id is its path, in a labels CSV the archive's id alone.
    """
    stems = table["image_id"].map(image_stem)
    return stems.where(stems.str.match(ARCHIVE_ID))


def shows_lesions_of(table: pd.DataFrame, known: pd.DataFrame) -> pd.Series:
    """Return which images of a table are among the known ones or show their lesions, bool on its index."""
    return (
        table["image_id"].isin(known["image_id"])
        | table["lesion_id"].isin(known["lesion_id"])
        | _archive_ids(table).isin(set(_archive_ids(known).dropna()))
    )


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
    known = bundle.load_split()
    fitted = known[known["split"] != "test"]
    seen = shows_lesions_of(table, fitted)
    if include_fitted:
        seen[:] = False
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
        int(seen.sum()),
        scored.problems,
        bundle.alert_threshold,
        bundle.malignancy_threshold,
        predictions,
        judge_focus(network, scored.table, bundle),
        labels.left_out,
        labels.remarks(),
    )
