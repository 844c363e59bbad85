"""Runs all steps of the audit."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from melanoma.data.audit import leaks as leaking
from melanoma.data.audit import shortcuts, truth
from melanoma.data.audit.confidence import Doubt, doubtful_labels
from melanoma.data.audit.duplicates import Duplicates, find_duplicates
from melanoma.data.audit.files import Readings, read_files, read_from_disk
from melanoma.data.audit.listing import Listing, Problem, list_images
from melanoma.data.audit.tables import NO_LABEL
from melanoma.photos.decoding import IN_THIS_PROCESS, PhotoDecoder

Progress = Callable[[str, float], None]
"""Called with the name of a step and the share of it that is done, 0 to 1."""


@dataclass(frozen=True)
class Audit:
    """All findings. Rows are rows of `table`."""

    data: str
    table: pd.DataFrame
    """One row a file: the listing's columns, readable, brightness, size (bytes) and dimensions."""
    problems: list[Problem]
    duplicates: Duplicates
    spreads: list[leaking.Spread]
    overlaps: list[leaking.Overlap]
    id_conflicts: list[leaking.IdConflict]
    short_names: int
    """Names with two labels that are too short to be ids, with different pictures."""
    marked_copies: list[leaking.MarkedCopy]
    leaks: list[leaking.Leak]
    classes: list[shortcuts.ClassFigures]
    source_is_guessed: bool
    """True if the sources were inferred from the ids."""
    guesses: list[shortcuts.Guess]
    doubts: list[Doubt]
    doubts_checked: int
    """Images whose labels were checked."""
    doubts_wrong: int | None
    """The number of doubts where the truth differs from the label; None without a truth."""
    truth: truth.Truth | None

    @property
    def pictures(self) -> int:
        """Return the number of distinct pictures."""
        return len(np.unique(self.duplicates.picture))

    def as_json(self) -> dict[str, Any]:
        """Return everything as JSON's types; files appear by their names."""
        names = self.table["name"].tolist()
        groups = {
            "same_bytes": [[names[row] for row in group] for group in self.duplicates.same_bytes],
            "same_pixels": [[names[row] for row in group] for group in self.duplicates.same_pixels],
            "near": [
                {
                    "files": [names[pair.first], names[pair.second]],
                    "bits_of_256": pair.distance,
                    "turned": pair.turned,
                }
                for pair in self.duplicates.near
            ],
        }
        doubts = [{"file": names[doubt.row], **asdict(doubt)} for doubt in self.doubts]
        for doubt in doubts:
            del doubt["row"]
        return {
            "data": self.data,
            "images": len(names),
            "readable": int(self.table["readable"].sum()),
            "different_pictures": self.pictures,
            "problems": [asdict(problem) for problem in self.problems],
            "copies": [asdict(spread) for spread in self.spreads],
            "duplicates": groups,
            "overlaps": [asdict(overlap) for overlap in self.overlaps],
            "ids_under_two_labels": [asdict(conflict) for conflict in self.id_conflicts],
            "short_names_under_two_labels": self.short_names,
            "marked_copies": [asdict(copy) for copy in self.marked_copies],
            "leaks": [asdict(leak) for leak in self.leaks],
            "classes": [asdict(figures) for figures in self.classes],
            "source_is_guessed": self.source_is_guessed,
            "guesses": [asdict(guess) for guess in self.guesses],
            "doubtful_labels": doubts,
            "labels_checked": self.doubts_checked,
            "doubtful_labels_wrong_by_truth": self.doubts_wrong,
            "truth": asdict(self.truth) if self.truth else None,
        }


def audit(
    data: Path,
    images: Path | None = None,
    truth_labels: Path | None = None,
    progress: Progress = lambda step, done: None,
    decoder: PhotoDecoder = IN_THIS_PROCESS,
) -> Audit:
    """Return the findings on a folder of class folders or a labels CSV.

    `images` is where the CSV's files lie, `truth_labels` a labels CSV of true diagnoses, joined by id. Raises
    UserError for an input without images; single unreadable files are findings.
    """
    progress("Listing", 0.0)
    true = truth.read_truth(truth_labels) if truth_labels else None
    return audit_listing(list_images(data, images), data.name or str(data), true, progress, decoder=decoder)


def audit_listing(
    listing: Listing,
    name: str,
    true: pd.DataFrame | None = None,
    progress: Progress = lambda step, done: None,
    read: Callable[[str], bytes] = read_from_disk,
    decoder: PhotoDecoder = IN_THIS_PROCESS,
) -> Audit:
    """Return the findings on listed images.

    `read` returns the content of a path of the listing, and `decoder` decodes it.

    `true` is what `truth.read_truth` returns.
    """
    table = listing.table
    if true is not None:
        table = truth.join_truth(table, true)
    readings = read_files(table["path"], table["name"], lambda done: progress("Reading", done), read, decoder)
    duplicates = find_duplicates(readings, lambda done: progress("Comparing", done))
    table, guessed = _with_readings(table, readings)
    progress("Fitting", 0.0)
    guesses, doubts, checked = _shortcuts(table, readings, duplicates)
    progress("Fitting", 1.0)
    conflicts, short_names = leaking.id_conflicts(replace(listing, table=table), duplicates.picture)
    wrong = None
    if true is not None:
        pairs = zip(table["label"], table["true"], strict=True)
        is_wrong = [pd.notna(there) and not truth.agrees(label, there) for label, there in pairs]
        wrong = sum(is_wrong[doubt.row] for doubt in doubts)
    near = [(pair.first, pair.second) for pair in duplicates.near]
    return Audit(
        data=name,
        table=table,
        problems=listing.problems + readings.problems,
        duplicates=duplicates,
        spreads=[
            leaking.spread("groups of files with the same bytes", duplicates.same_bytes, table),
            leaking.spread("groups with the same pixels in other bytes", duplicates.same_pixels, table),
            leaking.spread("pairs with nearly the same pixels", near, table),
            leaking.spread("groups of one picture, all three joined", duplicates.groups(), table),
        ],
        overlaps=leaking.overlaps(table, duplicates.picture, readings.byte_digest),
        id_conflicts=conflicts,
        short_names=short_names,
        marked_copies=leaking.marked_copies(table, duplicates.picture),
        leaks=leaking.leaks(table, duplicates.picture),
        classes=shortcuts.class_figures(table[table["readable"]]),
        source_is_guessed=guessed,
        guesses=guesses,
        doubts=doubts,
        doubts_checked=checked,
        doubts_wrong=wrong,
        truth=truth.compare(table, readings.byte_digest) if true is not None else None,
    )


def _with_readings(table: pd.DataFrame, readings: Readings) -> tuple[pd.DataFrame, bool]:
    """Return the table with columns of the readings, and whether the source was inferred from the ids."""
    guessed = bool(table["source"].isna().all())
    if guessed:
        table = table.assign(source=[shortcuts.source_by_id(image_id) for image_id in table["image_id"]])
    sizes = [f"{w}x{h}" for w, h in zip(readings.width, readings.height, strict=True)]
    return (
        table.assign(
            readable=readings.readable,
            brightness=readings.brightness,
            size=readings.size,
            dimensions=sizes,
        ),
        guessed and bool(table["source"].notna().any()),
    )


def _shortcuts(
    table: pd.DataFrame, readings: Readings, duplicates: Duplicates
) -> tuple[list[shortcuts.Guess], list[Doubt], int]:
    groups = leaking.lesion_groups(table, duplicates.picture)
    labelled = (table["readable"] & (table["label"] != NO_LABEL)).to_numpy()
    with_source = labelled & table["source"].notna().to_numpy()
    guesses: list[shortcuts.Guess] = []
    doubts: list[Doubt] = []
    checked = 0
    for column, use in (("label", labelled), ("source", with_source)):
        at = np.flatnonzero(use)
        target = table[column].to_numpy()[at].astype(str)
        features = shortcuts.describe_thumbnails(readings.thumbnails[at])
        predicted = shortcuts.predict_out_of_fold(features, target, groups[at])
        if predicted is None:
            continue
        rows, probabilities, classes, left_out = predicted
        what = "class" if column == "label" else "source"
        guess = shortcuts.score(what, target[rows], probabilities, classes, groups[at][rows])
        guesses.append(replace(guess, left_out=left_out))
        if column == "label":
            doubts, checked = doubtful_labels(at[rows], target[rows], probabilities, classes), len(rows)
    for column, what, use in (
        ("source", "the source alone", with_source),
        ("dimensions", "the size alone", labelled),
    ):
        values, labels = table[column].to_numpy()[use].astype(str), table["label"].to_numpy()[use].astype(str)
        if len(set(values)) > 1 and len(set(labels)) > 1:
            guesses.append(shortcuts.guess_from_column(labels, values, what))
    return guesses, doubts, checked
