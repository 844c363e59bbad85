"""The names of columns in label files, and the values of all columns but the diagnosis."""

import math
import re
from collections.abc import Collection, Iterable

from melanoma.diagnoses import canonical
from melanoma.diagnosis_words import OTHER_CLASSES
from melanoma.errors import UserError

FILE_COLUMNS = (
    *("path", "file_path", "filepath", "image_path", "file", "filename", "file_name", "datei", "dateiname"),
)
ID_COLUMNS = (*FILE_COLUMNS, "isic_id", "image_id", "image_name", "image", "img", "bild", "id")
"""Columns that name the image, by its file or its id; the first one present counts."""
DIAGNOSIS_COLUMNS = ("diagnosis", "diagnose", "label", "dx", "class")
LEVEL_COLUMNS = tuple(f"diagnosis_{level}" for level in (5, 4, 3, 2, 1))
"""Of the ISIC Archive's current export, the most specific first."""
LESION, PATIENT, IMAGE_TYPE = "lesion_id", "patient_id", "image_type"
HELD_OUT_COLUMNS = ("in_seed_test", "held_out")
MALIGNANT, TARGET = "benign_malignant", "target"
"""Of ISIC 2020; older exports of the Archive have the first one too."""
OPTIONAL: dict[str, tuple[str, ...]] = {
    "source": ("dataset", "source", "attribution", "quelle"),
    "age": ("age", "age_approx", "age_approximate", "alter"),
    "sex": ("sex", "gender", "geschlecht"),
    "site": (
        *("site", "anatom_site_general", "anatom_site_general_challenge", "anatom_site_special"),
        *("anatom_site_1", "localization", "location", "lokalisation"),
    ),
    "framing": ("image_framing", "framing"),
}
"""Further metadata of an image: our name, and the columns; the first column with a value counts."""

MISSING = frozenset(("", "na", "n/a", "#n/a", "nan", "none", "null", "-", "unknown", "unbekannt"))
"""Cells that stand for a missing value, in lower case."""
TRUE = frozenset(("true", "yes", "y", "x", "t", "ja", "j", "wahr"))
FALSE = frozenset(("false", "no", "n", "f", "nein", "falsch"))
_SEXES = {
    **dict.fromkeys(("m", "male", "man", "männlich", "maennlich", "mann"), "male"),
    **dict.fromkeys(("f", "w", "female", "woman", "weiblich", "frau"), "female"),
}
OLDEST = 120
"""Years; an age above it, or below 0, is a typing error and counts as missing."""
_APART = re.compile(r"[\s\-]+")
_KNOWN = {
    *(*ID_COLUMNS, *DIAGNOSIS_COLUMNS, *LEVEL_COLUMNS, *HELD_OUT_COLUMNS, *OTHER_CLASSES),
    *(LESION, PATIENT, IMAGE_TYPE, MALIGNANT, TARGET),
    *(column for columns in OPTIONAL.values() for column in columns),
}


def fold_header(name: str) -> str:
    """Return the normalised name of a column: `" Image-ID "` -> `"image_id"`."""
    return _APART.sub("_", name.strip(" \t\r\n\"'\ufeff\u00a0").lower())


def is_known_column(name: str) -> bool:
    """Return whether a column is used here."""
    folded = fold_header(name)
    return folded in _KNOWN or is_class(folded)


def is_class(column: str) -> bool:
    """Return whether a column is named like a diagnosis, or like a challenge's class for other diseases."""
    return canonical(column) is not None or column in OTHER_CLASSES


def first(columns: Collection[str], candidates: Iterable[str]) -> str | None:
    """Return the first candidate that is among the columns, or None."""
    return next((name for name in candidates if name in columns), None)


def flag(text: str) -> bool | None:
    """Return the value of a 0/1 cell, or None for any other cell, also an empty one."""
    word = text.strip().lower()
    if word in TRUE or word in FALSE:
        return word in TRUE
    try:
        return {0.0: False, 1.0: True}.get(float(word.replace(",", ".")))
    except ValueError:
        return None


def known(text: str) -> str | None:
    """Return a cell's text, or None if it stands for a missing value."""
    return None if text.lower() in MISSING else text


def age(text: str) -> float:
    """Return an age in years, also with a decimal comma; NaN if the cell is not an age."""
    try:
        years = float(text.replace(",", "."))
    except ValueError:
        return math.nan
    return years if 0 <= years <= OLDEST else math.nan


def sex(text: str) -> str | None:
    """Return `male` or `female` for the usual words and letters; another word as it is written."""
    return _SEXES.get(text.lower(), known(text))


def require_id_column(columns: Collection[str], labels: str) -> str:
    """Return the column that names the image; raises UserError if there is none."""
    column = first(columns, ID_COLUMNS)
    if column is None:
        raise UserError(
            "{labels} needs a column that names the image: one of {columns}.",
            labels=labels,
            columns=", ".join(ID_COLUMNS),
        )
    return column
