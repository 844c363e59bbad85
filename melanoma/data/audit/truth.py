"""Compares the labels with true diagnoses, image by image."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from melanoma.data.audit.leaks import places
from melanoma.data.audit.listing import split_copy_marks
from melanoma.data.audit.tables import NO_LABEL, read_rows
from melanoma.diagnoses import canonical, members
from melanoma.errors import UserError


@dataclass(frozen=True)
class Checked:
    """Images with the same label and the same true diagnosis."""

    split: str
    label: str
    true: str
    label_source: str
    """The source of the truth according to its CSV; may be empty."""
    agrees: bool
    images: int
    also_in: dict[str, int]
    """For wrong labels: the number of images that are also, byte for byte, in another folder, by folder."""


@dataclass(frozen=True)
class Truth:
    """The comparison."""

    images: int
    """With a true diagnosis."""
    unknown: int
    """Without one."""
    wrong: int
    rows: list[Checked]
    """Largest disagreement first."""


def read_truth(truth: Path) -> pd.DataFrame:
    """Return a labels CSV of true diagnoses indexed by id in lower case.

    Raises UserError if it is no such file, or if it gives one id two diagnoses.
    """
    if not truth.is_file():
        raise UserError(f"{truth} does not exist. Point --truth at a labels CSV.")
    table = read_rows(truth).table
    table["id"] = table["image_id"].str.lower()
    doubtful = table.groupby("id")["label"].nunique()
    if (doubtful > 1).any():
        raise UserError(f"{truth} gives {doubtful.idxmax()} two diagnoses, so it cannot be the truth.")
    return table.drop_duplicates("id").set_index("id")


def join_truth(table: pd.DataFrame, truth: pd.DataFrame) -> pd.DataFrame:
    """Return the table with a column `true`, and with missing lesions and sources filled from the truth.

    Raises UserError if the two have no id in common.
    """
    ids = pd.Series(split_copy_marks(table["image_id"])[0]).str.lower().to_numpy()
    matched = truth.reindex(ids).set_index(table.index)
    matched = matched.astype(object).where(matched.notna(), None)
    if matched["label"].isna().all():
        raise UserError(
            f"The truth knows none of the {len(table)} images: are the files named by the same ids?"
        )
    joined = table.assign(true=matched["label"].replace(NO_LABEL, None), label_source=matched["label_source"])
    for column in ("lesion_id", "source"):
        joined[column] = joined[column].where(joined[column].notna(), matched[column])
    return joined


def agrees(label: str, true: str) -> bool:
    """Return whether a label agrees with the truth, by diagnosis if both are known, else by name."""
    code, true_code = canonical(label), canonical(true)
    if code is None or true_code is None:
        return label.strip().lower() == true.strip().lower()
    return bool(set(members(code)) & set(members(true_code)))


def compare(table: pd.DataFrame, byte_digest: np.ndarray) -> Truth:
    """Return the comparison for a table that `join_truth` made."""
    known = table["true"].notna().to_numpy()
    place = places(table)
    places_of = pd.Series(place).groupby(byte_digest).agg(set)
    sources = table["label_source"].fillna("")
    rows = []
    keys = [table["split"], table["label"], table["true"], sources]
    for (split, label, true, source), index in pd.DataFrame({"row": range(len(table))})[known].groupby(
        [key[known].to_numpy() for key in keys]
    ):
        same = agrees(label, true)
        also: dict[str, int] = {}
        for row in index["row"] if not same else ():
            for other in places_of[byte_digest[row]] - {place[row]} if byte_digest[row] else ():
                also[other] = also.get(other, 0) + 1
        rows.append(Checked(split, label, true, source, same, len(index), dict(sorted(also.items()))))
    rows.sort(key=lambda row: (row.agrees, -row.images))
    wrong = sum(row.images for row in rows if not row.agrees)
    return Truth(int(known.sum()), int((~known).sum()), wrong, rows)
