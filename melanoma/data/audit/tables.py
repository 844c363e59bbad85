"""A labels CSV of any label set -> one row an image; lenient where the catalogue is strict."""

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from melanoma.data.catalogue import TRUE
from melanoma.errors import UserError

_ID_COLUMNS = ("path", "isic_id", "image_id", "image", "file", "filename", "file_name", "id")
_LABEL_COLUMNS = ("diagnosis", "label", "dx", "class", "target")
_LESION_COLUMNS = ("lesion_id", "lesion")
_SOURCE_COLUMNS = ("dataset", "source")
_SPLIT_COLUMNS = ("split", "fold")
_HELD_OUT_COLUMNS = ("in_seed_test", "held_out")
_NOT_A_CLASS = (*_HELD_OUT_COLUMNS, "unk")
NO_LABEL = "(no label)"


def read_rows(labels: Path) -> tuple[pd.DataFrame, list[str]]:
    """Return one row an image and the files' names as written.

    The columns are `name`, `image_id`, `label`, `split`, `lesion_id`, `source` and `label_source`; labels are
    as written, or the names of the 0/1 columns that are 1, joined by “ + ”. Comma, semicolon and tab are
    understood, and Windows' cp1252 beside UTF-8. Raises UserError for what is not a table of labels.
    """
    rows = _read(labels)
    lower = {str(column).strip().lower(): column for column in rows.columns}
    id_column = _first(lower, _ID_COLUMNS)
    if id_column is None:
        raise UserError(
            "{labels} needs a column that names the image: one of {columns}.",
            labels=labels,
            columns=", ".join(_ID_COLUMNS),
        )
    rows = rows[rows[id_column].notna()].reset_index(drop=True)
    if rows.empty:
        raise UserError("{labels} has a header line and no rows that name an image.", labels=labels)
    named = [str(name).strip().replace("\\", os.sep) for name in rows[id_column]]
    table = pd.DataFrame({"name": named, "image_id": [_stem(name) for name in named]})
    table["label"] = _labels(rows, lower, labels)
    for target, candidates in (("lesion_id", _LESION_COLUMNS), ("source", _SOURCE_COLUMNS)):
        column = _first(lower, candidates)
        table[target] = rows[column].str.strip() if column is not None else None
    table["label_source"] = rows[lower["label_source"]] if "label_source" in lower else None
    table["split"] = _splits(rows, lower)
    return table.astype(object).where(table.notna(), None), named


def _read(labels: Path) -> pd.DataFrame:
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            with labels.open(encoding=encoding) as file:
                header = file.readline()
            separator = max(",;\t", key=header.count)
            return pd.read_csv(labels, dtype=str, sep=separator, encoding=encoding)
        except UnicodeDecodeError:
            continue
        except (pd.errors.ParserError, pd.errors.EmptyDataError):
            break
    raise UserError("{labels} is not a CSV file with a header line.", labels=labels)


def _labels(rows: pd.DataFrame, lower: dict[str, str], labels: Path) -> list[str]:
    column = _first(lower, _LABEL_COLUMNS)
    if column is not None:
        return [str(value).strip() if isinstance(value, str) else NO_LABEL for value in rows[column]]
    marks = {
        original: values.to_numpy() == 1
        for name, original in lower.items()
        if name not in _NOT_A_CLASS
        and (values := pd.to_numeric(rows[original], errors="coerce")).isin([0, 1]).all()
    }
    if not marks:
        raise UserError(
            "{labels} needs a column “diagnosis” or “label”, or one 0/1 column a class.", labels=labels
        )
    names = list(marks)
    return [
        " + ".join(np.array(names)[row]) or ("neither" if len(names) < 3 else NO_LABEL)
        for row in np.column_stack(list(marks.values()))
    ]


def _splits(rows: pd.DataFrame, lower: dict[str, str]) -> "pd.Series | str":
    if (column := _first(lower, _SPLIT_COLUMNS)) is not None:
        return rows[column].fillna("").str.strip().str.lower()
    if (column := _first(lower, _HELD_OUT_COLUMNS)) is not None:
        held_out = rows[column].fillna("").str.strip().str.lower().isin(TRUE)
        return held_out.map({True: "test", False: "train"})
    return ""


def _stem(name: str) -> str:
    """Return the name without folder and picture ending; an id with a dot in it stays whole."""
    path = Path(name)
    return path.stem if 2 <= len(path.suffix) <= 5 and not path.suffix[1:].isdigit() else path.name


def _first(lower: dict[str, str], candidates: Sequence[str]) -> str | None:
    return next((lower[name] for name in candidates if name in lower), None)
