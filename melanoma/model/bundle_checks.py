"""Validates `bundle.json`: alerts depend on a few numbers in this text file."""

import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

from melanoma.errors import UserError
from melanoma.lesion.framing import FRAMINGS
from melanoma.model.bundle_layout import LATER, SET_METHODS, refuse_newer
from melanoma.phrases import Sentence

SMALLEST_SIDE, LARGEST_SIDE = 16, 2048
"""Accepted sides of the network's input, pixels."""
_SUM_TOLERANCE = 1e-3
"""Of the sum of the prior, which is written with rounding."""

Check = Callable[[Any], bool]


def is_number(value: Any) -> bool:
    """Return whether a value is a finite number; True and False are none."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _between(low: float, high: float) -> Check:
    return lambda value: is_number(value) and low < value < high


def _is_side(value: Any) -> bool:
    return isinstance(value, int) and is_number(value) and SMALLEST_SIDE <= value <= LARGEST_SIDE


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and is_number(value) and value > 0


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and value != ""


def _are_files(value: Any) -> bool:
    return isinstance(value, dict) and all(
        isinstance(digest, str) and not PurePosixPath(name).is_absolute() and ".." not in name.split("/")
        for name, digest in value.items()
    )


_FIELDS: dict[str, tuple[Check, Sentence]] = {
    "image_size": (
        _is_side,
        Sentence("a whole number of pixels from {low} to {high}", low=SMALLEST_SIDE, high=LARGEST_SIDE),
    ),
    "temperature": (_between(0, math.inf), Sentence("a number above 0")),
    "alert_threshold": (_between(0, 1), Sentence("a number between 0 and 1")),
    "alert_sensitivity": (_between(0, 1), Sentence("a number between 0 and 1")),
    **{
        name: (_between(0, 1), Sentence("a number between 0 and 1"))
        for name in ("alert_bound", "alert_confidence", "malignancy_threshold", "malignancy_bound")
    },
    **{
        name: (_is_count, Sentence("a whole number above 0"))
        for name in ("alert_lesions", "malignancy_lesions")
    },
    "conformal_coverage": (_between(0, 1), Sentence("a number between 0 and 1")),
    "least_coverage": (_between(0, 1), Sentence("a number between 0 and 1")),
    "distance_threshold": (_between(-2, 2), Sentence("a number between -2 and 2")),
    "framing": (_is_name, Sentence("a name")),
    "conformal_method": (_is_name, Sentence("a name")),
    "backbone": (lambda value: value is None or _is_name(value), Sentence("a name")),
    "recipe": (lambda value: isinstance(value, dict), Sentence("a group of fields")),
    "files": (_are_files, Sentence("the names of files with the SHA-256 of each")),
}
_OPTIONAL = ("backbone", "conformal_method", "files", *LATER)
"""Not all are in format 1; a missing one has the default of `Bundle`."""
_KNOWN = {"framing": FRAMINGS, "conformal_method": SET_METHODS}
"""Accepted names of methods; a later version may have more of them."""
DECIDING = (
    *("codes", "image_size", "framing", "backbone", "prior", "temperature"),
    *("alert_threshold", "alert_sensitivity", "malignancy_threshold"),
    *("conformal_method", "conformal_coverage", "conformal_quantiles", "distance_threshold"),
)
"""The fields that change predictions, besides the files."""


def require_sound(content: dict[str, Any], file: object, places: Mapping[str, str]) -> None:
    """Raise UserError, naming the field, if a description holds an invalid value.

    `content` has the fields of a `Bundle`; `places` says under which name a field stands in the file, where
    that is another. The classes are two or more distinct codes, melanoma (MEL) among them; the mix of
    diagnoses has a share above 0 for each, 1 in all; quantiles are one each, 0..1; a number is finite and in
    its range; framing and set method are known. Raises KeyError if a field is missing.
    """

    def refuse(name: str, wanted: Sentence) -> None:
        raise unsound(file, places.get(name, name), content[name], wanted)

    codes = content["codes"]
    if not _is_list(codes, lambda code: isinstance(code, str) and code != "") or len(set(codes)) != len(
        codes
    ):
        refuse("codes", Sentence("a list of distinct diagnoses"))
    if len(codes) < 2 or "MEL" not in codes:
        refuse("codes", Sentence("two diagnoses or more, melanoma (MEL) among them"))
    for name, (check, wanted) in _FIELDS.items():
        if (name in content or name not in _OPTIONAL) and not check(content[name]):
            refuse(name, wanted)
    for name, known in _KNOWN.items():
        if name in content and content[name] not in known:
            refuse_newer(file, f"{places.get(name, name)}: {content[name]}")
    prior = content["prior"]
    if not (_is_list(prior, _between(0, 1), len(codes)) and abs(sum(prior) - 1) <= _SUM_TOLERANCE):
        refuse("prior", Sentence("a share above 0 for each diagnosis, 1 in all"))
    quantiles = content["conformal_quantiles"]
    if not _is_list(quantiles, lambda value: is_number(value) and 0 <= value <= 1, len(codes)):
        refuse("conformal_quantiles", Sentence("a number from 0 to 1 for each diagnosis"))


def unsound(file: object, name: str, found: object, wanted: Sentence) -> UserError:
    """Return the error of a field whose value cannot be."""
    return UserError(
        "{file} is not sound: “{name}” is {found} and has to be {wanted}. The model is not used. "
        "Copy it again, or train it again.",
        file=file,
        name=name,
        found=repr(found)[:80],
        wanted=wanted,
    )


def _is_list(values: Any, check: Check, length: int | None = None) -> bool:
    return (
        isinstance(values, Sequence)
        and not isinstance(values, str)
        and all(map(check, values))
        and length in (None, len(values))
    )
