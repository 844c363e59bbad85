"""Leaks between splits and contradicting labels, from duplicates and lesion ids."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from melanoma.data.audit.listing import Listing
from melanoma.data.labels.images import ARCHIVE_ID


@dataclass(frozen=True)
class Spread:
    """The number of groups of one kind of duplicate, and of those across classes and splits."""

    kind: str
    groups: int
    files: int
    across_classes: int
    """Groups with more than one label."""
    across_splits: int
    """Groups in more than one split."""


@dataclass(frozen=True)
class Overlap:
    """Files of one class folder whose picture is also in another one."""

    place: str
    """`split/label`, or the label where there is no split."""
    other: str
    files: int
    """Files of `place` whose picture is in `other`, near duplicates included."""
    same_bytes: int
    """Of those, the ones that are there byte for byte."""
    total: int
    """All files of `place`."""


@dataclass(frozen=True)
class IdConflict:
    """One id with two labels."""

    image_id: str
    labels: tuple[str, ...]
    names: tuple[str, ...]
    same_picture: bool


@dataclass(frozen=True)
class MarkedCopy:
    """A file named like a copy."""

    name: str
    original: bool
    """True if a file with the unmarked name is there."""
    same_picture: bool
    """True if that file shows the same picture."""


@dataclass(frozen=True)
class Leak:
    """The overlap of two splits."""

    side: str
    other: str
    pictures: int
    """Images of `side` whose picture is in `other`."""
    images: int
    """All images of `side`."""
    lesions: int
    """Images of `side` with a known lesion that `other` shows too."""
    known: int
    """Images of `side` whose lesion is known."""


def spread(kind: str, groups: Sequence[tuple[int, ...]], table: pd.DataFrame) -> Spread:
    """Return how many of the groups (of rows) join classes and splits."""
    labels, splits = table["label"].to_numpy(), table["split"].to_numpy()
    return Spread(
        kind,
        len(groups),
        len({row for group in groups for row in group}),
        sum(len(set(labels[list(group)])) > 1 for group in groups),
        sum(len(set(splits[list(group)])) > 1 for group in groups),
    )


def places(table: pd.DataFrame) -> np.ndarray:
    """Return `split/label` of each row, or its label without a split, as str (n,)."""
    return np.array(
        [f"{s}/{label}" if s else label for s, label in zip(table["split"], table["label"], strict=True)]
    )


def overlaps(table: pd.DataFrame, picture: np.ndarray, byte_digest: np.ndarray) -> list[Overlap]:
    """Return what each class folder shares with each other one, the largest share first."""
    place = places(table)
    shown_in = pd.Series(place).groupby(picture).agg(set)
    bytes_in = pd.Series(place).groupby(byte_digest).agg(set)
    counts: dict[tuple[str, str], list[int]] = {}
    for here, number, digest in zip(place, picture, byte_digest, strict=True):
        for other in shown_in[number] - {here}:
            count = counts.setdefault((str(here), str(other)), [0, 0])
            count[0] += 1
            count[1] += bool(digest) and other in bytes_in[digest]
    totals = pd.Series(place).value_counts()
    found = [Overlap(a, b, n, same, int(totals[a])) for (a, b), (n, same) in counts.items()]
    return sorted(found, key=lambda overlap: (-overlap.files / overlap.total, overlap.place, overlap.other))


def id_conflicts(listing: Listing, picture: np.ndarray) -> tuple[list[IdConflict], int]:
    """Return the ids with two labels, and how many short names have two labels by chance.

    In a folder, a name counts as an id if it is one of an archive, or if the files show the same picture:
    `melanoma/001.jpg` and `nevus/001.jpg` may be unrelated. A row that a CSV repeats with another label
    counts too.
    """
    table = listing.table.assign(picture=picture)
    known = table.set_index("path")["picture"]
    again = listing.repeated.assign(picture=listing.repeated["path"].map(known))
    rows = pd.concat([table, again]) if len(again) else table
    conflicts, by_chance = [], 0
    for image_id, same in rows.groupby(rows["image_id"].str.lower(), sort=True):
        if same["label"].nunique() < 2:
            continue
        same_picture = same["picture"].nunique() < len(same)
        if not same_picture and not ARCHIVE_ID.match(str(image_id)):
            by_chance += 1
            continue
        labels = tuple(sorted(set(same["label"])))
        shown_id = str(same["image_id"].iloc[0])
        conflicts.append(IdConflict(shown_id, labels, tuple(same["name"]), bool(same_picture)))
    return conflicts, by_chance


def marked_copies(table: pd.DataFrame, picture: np.ndarray) -> list[MarkedCopy]:
    """Return the files named “(1)” or “copy”, and whether the unmarked file is there and shows the same."""
    originals: dict[str, set[int]] = {}
    unmarked = ~table["copy_mark"].to_numpy(bool)
    for image_id, number in zip(table["image_id"][unmarked].str.lower(), picture[unmarked], strict=True):
        originals.setdefault(image_id, set()).add(int(number))
    return [
        MarkedCopy(row.name_, row.id in originals, int(number) in originals.get(row.id, set()))
        for row, number in zip(
            pd.DataFrame({"name_": table["name"], "id": table["image_id"].str.lower()})[
                ~unmarked
            ].itertuples(),
            picture[~unmarked],
            strict=True,
        )
    ]


def leaks(table: pd.DataFrame, picture: np.ndarray) -> list[Leak]:
    """Return the overlap of each two splits, as the part of the smaller one that is in the larger one."""
    splits = table["split"].value_counts()
    splits = splits[splits.index != ""]
    lesion = table["lesion_id"].to_numpy()
    found = []
    for a in range(len(splits)):
        for b in range(a + 1, len(splits)):
            there = (table["split"] == splits.index[a]).to_numpy()
            here = (table["split"] == splits.index[b]).to_numpy()
            known = here & pd.notna(lesion)
            found.append(
                Leak(
                    str(splits.index[b]),
                    str(splits.index[a]),
                    int(np.isin(picture[here], picture[there]).sum()),
                    int(here.sum()),
                    sum(one in set(lesion[there]) for one in lesion[known]),
                    int(known.sum()),
                )
            )
    return found


def lesion_groups(table: pd.DataFrame, picture: np.ndarray) -> np.ndarray:
    """Return int (n,): rows with the same number are linked by shared pictures or lesions."""
    codes = table["lesion_id"].astype("category").cat.codes.to_numpy()
    rows = np.flatnonzero(codes >= 0)
    pictures = int(picture.max(initial=0)) + 1
    ends = (picture[rows], pictures + codes[rows].astype(int))
    total = pictures + int(codes.max(initial=-1)) + 1
    graph = coo_array((np.ones(len(rows), np.int8), ends), shape=(total, total))
    return np.asarray(connected_components(graph, directed=False)[1][picture])
