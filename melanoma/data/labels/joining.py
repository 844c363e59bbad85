"""Joins several tables into one: each image once, with one name for its lesion."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from melanoma.data.labels.images import ARCHIVE_ID, image_stem
from melanoma.data.labels.layouts import KNOWN, NOT_NAMED, Label
from melanoma.data.labels.records import LabelTable, Record, unlabelled, with_files
from melanoma.diagnoses import members
from melanoma.errors import UserError

Groups = dict[str, list[tuple[LabelTable, Record]]]
"""The records of each image, with their tables."""
NO_LESION = "image:"
"""What the lesion of an image that names none begins with; the image's id follows."""
NO_IMAGE = "lesion without an image in the other table"


def join_tables(tables: Sequence[LabelTable]) -> tuple[list[Record], int]:
    """Return one record an image, and the number of rows that repeat an image with the same diagnosis.

    A table without diagnoses adds metadata to the images, or lesions, of another one, as those of ISIC 2019
    and MILK10k do. Raises UserError if an image has two diagnoses, or is twice in one table.
    """
    if not any(table.labelled for table in tables):
        raise UserError(
            "{labels} needs a column “diagnosis”, or one 0/1 column a class. {known}",
            labels=tables[0].name,
            known=KNOWN,
        )
    tables = [with_files(table) for table in _with_labels_of_lesions(tables)]
    for table in tables:
        _require_one_row_each(table)
    groups: Groups = {}
    for table in sorted(tables, key=lambda table: not table.labelled):
        for record in table.records:
            key = _key(record) if len(tables) > 1 else record.image_id
            groups.setdefault(key, []).append((table, record))
    lesions = _lesions(groups)
    joined = [replace(_joined(group), lesion_id=lesions[key]) for key, group in groups.items()]
    labelled = [sum(table.labelled for table, _ in group) for group in groups.values()]
    return joined, sum(max(count - 1, 0) for count in labelled)


def joined_lesions(lesions: pd.Series, pictures: pd.Series) -> pd.Series:
    """Return one name for all lesions that are linked by a chain of shared pictures."""
    lesion, found = pd.factorize(lesions)
    picture = pd.factorize(pictures)[0] + len(found)
    count = int(picture.max()) + 1
    graph = coo_array((np.ones(len(lesion), np.int8), (lesion, picture)), shape=(count, count))
    group = connected_components(graph, directed=False)[1][lesion]
    return lesions.groupby(group).transform("min")


def _lesions(groups: Groups) -> dict[str, str]:
    """Return the name of each image's lesion.

    An image without a lesion id is a lesion of its own, to which other images may refer by its id. If tables
    give one image two lesions, these are joined.
    """
    pairs = {
        (_lesion_name(record.lesion_id), key)
        for key, group in groups.items()
        for _, record in group
        if record.lesion_id is not None
    }
    named = {lesion for lesion, _ in pairs}
    alone = {key: f"{NO_LESION}{group[0][1].image_id}" for key, group in groups.items()}
    known = {key for _, key in pairs}
    pairs |= {(name, key) for key, name in alone.items() if key not in known or f"{NO_LESION}{key}" in named}
    found = pd.DataFrame(sorted(pairs), columns=["lesion", "picture"])
    found["joined"] = joined_lesions(found["lesion"], found["picture"])
    return dict(zip(found["picture"], found["joined"], strict=True))


def _lesion_name(lesion_id: str) -> str:
    return f"{NO_LESION}{lesion_id}" if ARCHIVE_ID.match(lesion_id) else lesion_id


def _key(record: Record) -> str:
    """Return the key of an image across tables: an archive's id, also within a path, else its id."""
    stem = image_stem(record.image_id)
    return stem if ARCHIVE_ID.match(stem) else record.image_id


def _with_labels_of_lesions(tables: Sequence[LabelTable]) -> list[LabelTable]:
    """Return the tables with the labels of a table of lesions assigned to another table's images."""
    by_lesion = [table for table in tables if table.by_lesion and table.labelled]
    others = [table for table in tables if not table.by_lesion]
    labels = {record.name: record for table in by_lesion for record in table.records}
    tells_more = [record for table in others if not table.labelled for record in table.records]
    naming = {record.lesion_id for record in tells_more} & set(labels)
    if not naming:
        return list(tables)
    given = []
    for table in others:
        if not table.labelled:
            records = [
                replace(record, label=labels[record.lesion_id].label)
                if record.lesion_id in labels
                else unlabelled(record)
                for record in table.records
            ]
            table = replace(table, records=records, labelled=True)
        given.append(table)
    for table in by_lesion:
        without = [record for record in table.records if record.name not in naming]
        if without:
            rest = [replace(record, label=Label(None, NO_IMAGE)) for record in without]
            given.append(replace(table, records=rest))
    return given


def _require_one_row_each(table: LabelTable) -> None:
    """Raise UserError if a table names an image twice, with one diagnosis or with two."""
    found: dict[str, list[str]] = {}
    called: dict[object, str] = {}  # two ids, such as `a.jpg` and `A`, may stand for one file
    for record in table.records:
        name = called.setdefault(record.files[:1] or record.image_id, record.image_id)
        found.setdefault(name, []).append(_said(record))
    several = {image: sorted(set(said)) for image, said in found.items() if len(set(said)) > 1}
    if several:
        image = next(iter(several))
        raise UserError(
            "{labels} gives {image} two diagnoses, {one} and {other} ({count} such images). "
            "Find out which is right, and keep that row.",
            labels=table.name,
            image=image,
            one=several[image][0],
            other=several[image][1],
            count=len(several),
        )
    again = {image: said for image, said in found.items() if len(said) > 1}
    if again:
        raise UserError(
            "{labels} names {image} more than once ({extra} rows too many).",
            labels=table.name,
            image=next(iter(again)),
            extra=sum(len(said) - 1 for said in again.values()),
        )


def _said(record: Record) -> str:
    return "" if record.label is None else record.label.code or record.label.word


def _joined(group: list[tuple[LabelTable, Record]]) -> Record:
    """Return one record for all records of an image; missing values are filled from the later ones."""
    first = group[0][1]
    if len(group) == 1:
        return first if first.label is not None else unlabelled(first)
    label = first.label
    for table, record in group[1:]:
        if record.label is None:
            continue
        label = _finer(label, record.label)
        if label is None:
            raise UserError(
                "{image} is {one} in {first} and {other} in {second}. "
                "Find out which is right, and take the other row out.",
                image=first.image_id,
                one=_said(first),
                other=_said(record),
                first=group[0][0].name,
                second=table.name,
            )
    records = [record for _, record in group]
    filled = {
        name: next((value for record in records if _is_known(value := getattr(record, name))), None)
        for name in ("patient_id", "source", "age", "sex", "site", "framing")
    }
    kinds = [record.image_type for record in records if record.image_type != "dermoscopic"]
    return replace(
        first,
        label=label or Label(None, NOT_NAMED),
        held_out=any(record.held_out for record in records),
        image_type=kinds[0] if kinds else "dermoscopic",
        files=next((record.files for record in records if record.files), ()),
        **filled,  # type: ignore[arg-type]
    )


def _finer(one: Label | None, other: Label) -> Label | None:
    """Return the more specific label, or None if they contradict each other: AKIEC and SCC give SCC."""
    if one is None:
        return other
    if one.code is None or other.code is None:
        return one if one.code == other.code else None
    ones, others = set(members(one.code)), set(members(other.code))
    if others <= ones:
        return other
    return one if ones <= others else None


def _is_known(value: object) -> bool:
    return value is not None and value == value  # a NaN is not equal to itself
