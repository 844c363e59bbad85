"""Which lesions are fitted, which set temperature and thresholds, and which only judge."""

import numpy as np
import pandas as pd
from sklearn.model_selection import StratifiedGroupKFold

from melanoma.errors import UserError

FOLDS = 10
"""A tenth of the lesions calibrates, another tenth judges."""
SPLITS = ("train", "calibration", "test")


def split_by_lesion(table: pd.DataFrame, seed: int) -> pd.Series:
    """Return `train`, `calibration` or `test` for each row of a catalogue, as a Series on its index.

    All images of a lesion fall on one side. Folds are stratified by diagnosis and source together
    (scikit-learn's StratifiedGroupKFold); a diagnosis with fewer than `FOLDS` lesions has a third of them on
    each side. A lesion with a held-out image is always `test`. Raises UserError when a diagnosis has too few
    lesions to be on every side.
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
    split = _one_side_each(split, table["lesion_id"])
    for side in SPLITS:
        absent = set(table["diagnosis"]) - set(table.loc[split == side, "diagnosis"])
        if absent:
            raise UserError(
                f"No lesion of {', '.join(sorted(absent))} fell on the side “{side}”. Add images of it."
            )
    return split


def _folds(rows: pd.DataFrame, count: int, seed: int) -> np.ndarray:
    """Return the fold of each row, int (n,), 0 to count - 1, with the images of a lesion in one fold."""
    strata = (rows["diagnosis"] + "|" + rows["source"]).to_numpy()
    fold = np.empty(len(rows), dtype=int)
    folds = StratifiedGroupKFold(count, shuffle=True, random_state=seed)
    for number, (_, chosen) in enumerate(folds.split(strata, strata, rows["lesion_id"].to_numpy())):
        fold[chosen] = number
    return fold


def _one_side_each(split: pd.Series, lesions: pd.Series) -> pd.Series:
    """Return the sides with each lesion on the most held back of those it fell on.

    Only a lesion with two diagnoses, a rare and a common one, can have fallen on two.
    """
    held_back = split.map({side: number for number, side in enumerate(SPLITS)})
    return held_back.groupby(lesions).transform("max").map(dict(enumerate(SPLITS)))
