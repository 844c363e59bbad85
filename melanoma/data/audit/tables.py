"""A labels CSV with any label set -> one row an image, with the labels as they are written.

Uses the reader of `data.labels`; rows that training would refuse are findings here.
"""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from melanoma.data.labels import columns as names
from melanoma.data.labels.dialect import Row, Table, open_table
from melanoma.data.labels.images import image_stem
from melanoma.data.labels.layouts import RowFault, Words, layout_of
from melanoma.data.labels.records import named_image
from melanoma.errors import UserError

_LABEL_COLUMNS = (*names.DIAGNOSIS_COLUMNS, names.TARGET)
_LESION_COLUMNS = ("lesion_id", "lesion")
_SPLIT_COLUMNS = ("split", "fold")
_NOT_A_CLASS = (*names.HELD_OUT_COLUMNS, "unk")
NO_LABEL = "(no label)"


@dataclass(frozen=True)
class Rows:
    """The images of a labels CSV, and the rows that could not be read."""

    table: pd.DataFrame
    """One row an image: `name`, `image_id`, `label`, `split`, `lesion_id`, `source` and `label_source`."""
    faults: list[tuple[str, str]]
    """The rows that could not be read, each with a sentence."""


def read_rows(labels: Path) -> Rows:
    """Return one row an image.

    Labels are as written, or the names of the 0/1 columns that are 1, joined by “ + ”; of the ISIC Archive's
    levels the decisive one, as a code if it is one of the eight. Raises UserError for a file that is not a
    table of labels.
    """
    table = open_table(labels)
    names.require_id_column(table.columns, table.name)
    identifiers = [column for column in names.ID_COLUMNS if column in table.columns]
    rows, faults = [], []
    for row in table.rows():
        try:
            rows.append((row, named_image(row, identifiers)))
        except RowFault as fault:
            faults.append((f"row {row.number}", _capital(str(fault))))
    if not rows:
        raise UserError("{labels} has a header line and no rows that name an image.", labels=table.name)
    images = pd.DataFrame({"name": [name for _, name in rows]}, dtype=object)
    images["image_id"] = [image_stem(name) for name in images["name"]]
    images["label"], unread = _labels([row for row, _ in rows], table)
    images["split"] = [_split(row) for row, _ in rows]
    for target, candidates in (
        ("lesion_id", _LESION_COLUMNS),
        ("source", names.OPTIONAL["source"][:2]),
        ("label_source", ("label_source",)),
    ):
        column = names.first(table.columns, candidates)
        images[target] = pd.Series([row.get(column) or None for row, _ in rows], dtype=object)
    return Rows(images.astype(object).where(images.notna(), None), faults + unread)


def _labels(rows: list[Row], table: Table) -> tuple[list[str], list[tuple[str, str]]]:
    """Return each row's label, and the cells of 0/1 columns that are neither 0 nor 1."""
    column = names.first(table.columns, _LABEL_COLUMNS)
    if column is not None:
        return [row.get(column) or NO_LABEL for row in rows], []
    if isinstance(layout := layout_of(table), Words):
        return [_archive_label(row, layout) for row in rows], []
    classes = [column for column in table.columns if _is_class(column, rows)]
    if not classes:
        raise UserError(
            "{labels} needs a column “diagnosis” or “label”, or one 0/1 column a class.", labels=table.name
        )
    labels, unread = [], []
    for row in rows:
        marks = {column: names.flag(row.get(column) or "0") for column in classes}
        marked = [table.written[column] for column, mark in marks.items() if mark]
        wrong = [column for column, mark in marks.items() if mark is None]
        unread += [
            (f"row {row.number}", f"“{row.get(column)}” in the column “{column}” is neither yes nor no.")
            for column in wrong
        ]
        neither = "neither" if len(classes) < 3 and not wrong else NO_LABEL
        labels.append(" + ".join(marked) or neither)
    return labels, unread


def _archive_label(row: Row, layout: Words) -> str:
    try:
        label = layout.label(row)
    except RowFault:  # a word that is unknown here is a label like any other
        return next(filter(None, (row.get(level) for level in layout.levels)), NO_LABEL)
    return label.code or label.word


def _is_class(column: str, rows: list[Row]) -> bool:
    """Return whether a column is 0/1, or is named like a diagnosis and is 0/1 in some rows."""
    if column in _NOT_A_CLASS:
        return False
    cells = {cell for row in rows if (cell := row.get(column))}
    flags = [names.flag(cell) is not None for cell in cells]
    return bool(flags) and (all(flags) or (names.is_class(column) and any(flags)))


def _split(row: Row) -> str:
    if (column := names.first(row.columns, _SPLIT_COLUMNS)) is not None:
        return row.get(column).lower()
    if (column := names.first(row.columns, names.HELD_OUT_COLUMNS)) is not None:
        return "test" if names.flag(row.get(column)) else "train"
    return ""


def _capital(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]
