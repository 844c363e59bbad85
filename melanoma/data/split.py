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
    (scikit-learn's StratifiedGroupKFold). A lesion with a held-out image is always `test`. Raises UserError
    when a diagnosis has too few lesions to be on every side.
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
    strata = (free["diagnosis"] + "|" + free["source"]).to_numpy()
    fold = np.empty(len(free), dtype=int)
    folds = StratifiedGroupKFold(min(FOLDS, int(lesions.min())), shuffle=True, random_state=seed)
    for number, (_, rows) in enumerate(folds.split(strata, strata, free["lesion_id"].to_numpy())):
        fold[rows] = number
    split = pd.Series("test", index=table.index)
    split.loc[free.index] = np.select([fold == 0, fold == 1], ["test", "calibration"], "train")
    for side in SPLITS:
        absent = set(table["diagnosis"]) - set(table.loc[split == side, "diagnosis"])
        if absent:
            raise UserError(
                f"No lesion of {', '.join(sorted(absent))} fell on the side “{side}”. Add images of it."
            )
    return split
