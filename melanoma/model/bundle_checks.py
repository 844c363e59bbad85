"""Is what a bundle's description says fit to decide by? Alerts hang on a few numbers in a text file."""

import math
from collections.abc import Callable, Sequence
from typing import Any

from melanoma.errors import UserError
from melanoma.phrases import Sentence

SMALLEST_SIDE, LARGEST_SIDE = 16, 2048
"""Pixels of the network's input: nothing that a photo of a lesion needs lies outside."""
_SUM = 1e-3
"""How far the shares of a mix may be from 1 in all: they are written with rounding."""

Check = Callable[[Any], bool]


def is_number(value: Any) -> bool:
    """Return whether a value is a finite number; True and False are none."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _between(low: float, high: float) -> Check:
    return lambda value: is_number(value) and low < value < high


def _is_side(value: Any) -> bool:
    return isinstance(value, int) and is_number(value) and SMALLEST_SIDE <= value <= LARGEST_SIDE


_FIELDS: dict[str, tuple[Check, Sentence]] = {
    "image_size": (
        _is_side,
        Sentence("a whole number of pixels from {low} to {high}", low=SMALLEST_SIDE, high=LARGEST_SIDE),
    ),
    "temperature": (_between(0, math.inf), Sentence("a number above 0")),
    "alert_threshold": (_between(0, 1), Sentence("a number between 0 and 1")),
    "alert_sensitivity": (_between(0, 1), Sentence("a number between 0 and 1")),
    "conformal_coverage": (_between(0, 1), Sentence("a number between 0 and 1")),
    "novelty_threshold": (_between(0, math.inf), Sentence("a number above 0")),
}
DECIDING = (*_FIELDS, "codes", "framing", "prior", "conformal_quantiles", "backbone")
"""The fields on which an answer hangs, beside the files."""


def require_sound(content: dict[str, Any], file: object) -> None:
    """Raise UserError, naming the field, if a description holds what nothing can be decided by.

    The classes are two or more distinct codes, melanoma (MEL) among them; the mix of diagnoses has a share
    above 0 for each, 1 in all; quantiles are one each, 0..1; a number is finite and in its range. Raises
    KeyError if a field is missing.
    """
    codes = content["codes"]
    if not _is_list(codes, lambda code: isinstance(code, str) and code != "") or len(set(codes)) != len(
        codes
    ):
        _refuse(file, "codes", codes, Sentence("a list of distinct diagnoses"))
    if len(codes) < 2 or "MEL" not in codes:
        _refuse(file, "codes", codes, Sentence("two diagnoses or more, melanoma (MEL) among them"))
    for name, (check, wanted) in _FIELDS.items():
        if not check(content[name]):
            _refuse(file, name, content[name], wanted)
    prior = content["prior"]
    if not (_is_list(prior, _between(0, 1), len(codes)) and abs(sum(prior) - 1) <= _SUM):
        _refuse(file, "prior", prior, Sentence("a share above 0 for each diagnosis, 1 in all"))
    quantiles = content["conformal_quantiles"]
    if not _is_list(quantiles, lambda value: is_number(value) and 0 <= value <= 1, len(codes)):
        _refuse(file, "conformal_quantiles", quantiles, Sentence("a number from 0 to 1 for each diagnosis"))


def _is_list(values: Any, check: Check, length: int | None = None) -> bool:
    return (
        isinstance(values, Sequence)
        and not isinstance(values, str)
        and all(map(check, values))
        and length in (None, len(values))
    )


def _refuse(file: object, name: str, found: Any, wanted: Sentence) -> None:
    raise UserError(
        "{file} is not sound: “{name}” is {found} and has to be {wanted}. The model is not used. "
        "Copy it again, or train it again.",
        file=file,
        name=name,
        found=repr(found)[:80],
        wanted=wanted,
    )
