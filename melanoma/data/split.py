"""Splits a table by lesion into `train`, `calibration` (temperature and thresholds) and `test`."""

import hashlib
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from sklearn.model_selection import StratifiedGroupKFold

from melanoma.errors import UserError

FOLDS = 10
"""One fold, a tenth of the lesions, is `calibration`, another one `test`."""
SPLITS = ("train", "calibration", "test")


@dataclass(frozen=True)
class Sides:
    """A split for comparing networks: what is fitted, what judges, and a test side outside of both.

    With all fields None, everything but the test side is fitted, and nothing judges.
    """

    test_lesions: frozenset[str]
    """The test lesions of a finished model."""
    known: frozenset[str]
    """All lesions of that model. Of others, a tenth by a hash of their name is tested."""
    folds: int | None = None
    fold: int | None = None
    """Of so many parts by lesion, stratified by diagnosis and source, this one judges, 0, 1, …"""
    left_out: tuple[str, ...] = ()
    """Sources that judge instead, so that none of their images is fitted. Lesions that another source shows
    too take part in neither."""

    @property
    def judging(self) -> bool:
        """True if something is left out that judges."""
        return self.folds is not None or bool(self.left_out)

    @property
    def test_side(self) -> str:
        """A short hash of the lesions that decide what is tested.

        Not the version of the model, which changes with any of its files.
        """
        lesions = [",".join(sorted(names)) for names in (self.test_lesions, self.known)]
        return hashlib.sha256("\n".join(lesions).encode()).hexdigest()[:12]

    @property
    def suffix(self) -> str:
        """What a run's name ends with."""
        if self.folds is not None:
            return f"-fold-{self.fold}-of-{self.folds}"
        return "".join(f"-without-{source.replace(' ', '-')}" for source in self.left_out)

    def as_json(self) -> dict[str, Any]:
        """Return what tells this split from others, for plans and bundles."""
        return {
            "test_side": self.test_side,
            "folds": self.folds,
            "fold": self.fold,
            "left_out": [*self.left_out],
        }

    def split(self, table: pd.DataFrame, seed: int) -> pd.Series:
        """Return `train`, `calibration` (what judges) or `test` for each row, on its index.

        Missing for images that take part in nothing. Raises UserError if a diagnosis is missing from what is
        fitted, or from a fold, or if there is no such fold or source.
        """
        self._require_sound(table)
        lesions = table["lesion_id"]
        held_out = table.groupby("lesion_id")["held_out"].transform("any")
        fresh = ~lesions.isin(self.known) & lesions.map(_in_tenth)
        split = pd.Series("train", index=table.index, dtype=object)
        split[held_out | lesions.isin(self.test_lesions) | fresh] = "test"
        rest = table[split != "test"]
        if self.folds is not None:
            fold = pd.Series(_folds(rest, self.folds, seed), index=rest.index)
            split[fold.index[fold == self.fold]] = "calibration"
            _require_all(split, table, ("train", "calibration"), f"of fold {self.fold} of {self.folds}")
        elif self.left_out:
            chosen = rest["source"].isin(self.left_out)
            elsewhere = rest["lesion_id"].isin(rest.loc[~chosen, "lesion_id"])
            split[rest.index[chosen & ~elsewhere]] = "calibration"
            split[rest.index[chosen & elsewhere]] = None
            _require_all(split, table, ("train",), f"without {', '.join(self.left_out)}")
        return split

    def _require_sound(self, table: pd.DataFrame) -> None:
        if self.folds is not None and self.left_out:
            raise UserError("Folds and sources that are left out are two ways to judge. Choose one.")
        if (self.folds is None) != (self.fold is None):
            raise UserError("A fold needs both --folds and --fold: how many, and which, from 0.")
        if self.folds is not None and self.fold is not None:
            if self.folds < 2:
                raise UserError("There have to be at least two folds.")
            if not 0 <= self.fold < self.folds:
                raise UserError(f"Of {self.folds} folds the first is 0 and the last {self.folds - 1}.")
        sources = set(table["source"])
        for source in self.left_out:
            if source not in sources:
                raise UserError(
                    f"No image is of the source “{source}”. The sources are {', '.join(sorted(sources))}."
                )


def _in_tenth(lesion: str) -> bool:
    """Return whether a lesion is in the tenth that a hash of its name chooses, whatever else there is."""
    return hashlib.sha256(lesion.encode()).digest()[0] < 256 / FOLDS


def _require_all(split: pd.Series, table: pd.DataFrame, names: tuple[str, ...], where: str) -> None:
    """Raise UserError if a diagnosis of the table is missing from one of these splits."""
    for name in names:
        absent = set(table["diagnosis"]) - set(table.loc[split == name, "diagnosis"])
        if absent:
            raise UserError(
                f"No lesion of {', '.join(sorted(absent))} is in the split “{name}” {where}. "
                "Add images of it, or take fewer folds."
            )


def without_contradictions(table: pd.DataFrame) -> tuple[pd.DataFrame, int]:
    """Return the table without lesions to which two sources give different diagnoses, and their number."""
    grouped = table.groupby("lesion_id")
    doubtful = (grouped["diagnosis"].transform("nunique") > 1) & (grouped["source"].transform("nunique") > 1)
    return table[~doubtful].reset_index(drop=True), int(table.loc[doubtful, "lesion_id"].nunique())


def split_by_lesion(table: pd.DataFrame, seed: int) -> pd.Series:
    """Return `train`, `calibration` or `test` for each row of a table of `read_labels`, on its index.

    All images of a lesion are in one split. Folds are stratified by diagnosis and source together
    (scikit-learn's StratifiedGroupKFold); a diagnosis with fewer than `FOLDS` lesions has a third of them in
    each split. A lesion with a held-out image is always `test`. Raises UserError if a diagnosis has too few
    lesions to be in every split.
    """
    held_out = table.groupby("lesion_id")["held_out"].transform("any")
    free = table[~held_out]
    lesions = free.groupby("diagnosis")["lesion_id"].nunique()
    for code in sorted(set(table["diagnosis"])):
        if lesions.get(code, 0) < len(SPLITS):
            raise UserError(
                f"{code} has {lesions.get(code, 0)} lesions to learn from, and {len(SPLITS)} are the least: "
                "one to fit, one to calibrate, one to judge. Add images, or leave the diagnosis out."
            )
    split = pd.Series("test", index=table.index)
    rare = free["diagnosis"].map(lesions) < FOLDS
    for rows, folds in ((free[~rare], FOLDS), (free[rare], len(SPLITS))):
        if len(rows):
            fold = _folds(rows, folds, seed)
            split.loc[rows.index] = np.select([fold == 0, fold == 1], ["test", "calibration"], "train")
    split = _one_split_each(split, table["lesion_id"])
    _require_all(split, table, SPLITS, "of these data")
    return split


def _folds(rows: pd.DataFrame, count: int, seed: int) -> np.ndarray:
    """Return the fold of each row, int (n,), 0 to count - 1, with the images of a lesion in one fold."""
    strata = (rows["diagnosis"] + "|" + rows["source"]).to_numpy()
    fold = np.empty(len(rows), dtype=int)
    folds = StratifiedGroupKFold(count, shuffle=True, random_state=seed)
    for number, (_, chosen) in enumerate(folds.split(strata, strata, rows["lesion_id"].to_numpy())):
        fold[chosen] = number
    return fold


def _one_split_each(split: pd.Series, lesions: pd.Series) -> pd.Series:
    """Return the split with each lesion in the last of its splits, in the order of `SPLITS`.

    Only a lesion with two diagnoses, a rare and a common one, can be in two.
    """
    order = split.map({name: number for number, name in enumerate(SPLITS)})
    return order.groupby(lesions).transform("max").map(dict(enumerate(SPLITS)))
