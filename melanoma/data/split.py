"""Splits a table by lesion into `train`, `calibration` (temperature and thresholds) and `test`."""

import numpy as np
import pandas as pd
from sklearn.model_selection import StratifiedGroupKFold

from melanoma.errors import UserError

FOLDS = 10
"""One fold, a tenth of the lesions, is `calibration`, another one `test`."""
SPLITS = ("train", "calibration", "test")


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
    for name in SPLITS:
        absent = set(table["diagnosis"]) - set(table.loc[split == name, "diagnosis"])
        if absent:
            raise UserError(
                f"No lesion of {', '.join(sorted(absent))} is in the split “{name}”. Add images of it."
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


def _one_split_each(split: pd.Series, lesions: pd.Series) -> pd.Series:
    """Return the split with each lesion in the last of its splits, in the order of `SPLITS`.

    Only a lesion with two diagnoses, a rare and a common one, can be in two.
    """
    order = split.map({name: number for number, name in enumerate(SPLITS)})
    return order.groupby(lesions).transform("max").map(dict(enumerate(SPLITS)))
