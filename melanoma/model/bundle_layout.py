"""The layout of `bundle.json`: how the fields of a `Bundle` are grouped (docs/bundle.md).

Later versions may add alerts, methods or groups. This one refuses unknown ones by name, since ignoring an
alert would give predictions without it.
"""

from typing import Any

from melanoma.errors import UserError

CLASS_CONDITIONAL = "class-conditional"
"""Sets of the first bundles: a diagnosis belongs to the set where 1 - p is up to its quantile."""
ADAPTIVE = "adaptive"
"""The likeliest diagnoses without a hole (`melanoma.model.prediction_sets`)."""
SET_METHODS = (CLASS_CONDITIONAL, ADAPTIVE)

PLACES = {
    "alert_threshold": "alerts.melanoma.threshold",
    "alert_sensitivity": "alerts.melanoma.sensitivity",
    "alert_bound": "alerts.melanoma.bound",
    "alert_lesions": "alerts.melanoma.lesions",
    "malignancy_threshold": "alerts.malignancy.threshold",
    "malignancy_bound": "alerts.malignancy.bound",
    "malignancy_lesions": "alerts.malignancy.lesions",
    "alert_confidence": "alerts.confidence",
    "conformal_method": "prediction_sets.method",
    "conformal_coverage": "prediction_sets.coverage",
    "least_coverage": "prediction_sets.least_coverage",
    "conformal_quantiles": "prediction_sets.quantiles",
    "distance_threshold": "in_distribution.threshold",
}
"""The path of a field in the file, if it is not a top-level field of the same name."""
LATER = (
    *("alert_bound", "alert_lesions", "alert_confidence", "least_coverage"),
    *("malignancy_threshold", "malignancy_bound", "malignancy_lesions"),
)
"""Fields that the first bundles of format 2 lack; where one is None, the file has none."""
FIRST_FORMAT = {"distance_threshold": "novelty_threshold"}
"""The same for format 1, which had no groups."""
_TOP = (
    *("name", "codes", "image_size", "framing", "backbone", "prior", "temperature", "recipe"),
    *("data_fingerprint", "versions", "created", "recalibrated", "figures", "files"),
)
_FIELD_AT = {name: name for name in _TOP} | {place: field for field, place in PLACES.items()}
_GROUPS = {place.rpartition(".")[0] for place in PLACES.values()} | {"alerts"}


def grouped(fields: dict[str, Any]) -> dict[str, Any]:
    """Return a `Bundle`'s fields as format 2 writes them, the alerts and sets in groups."""
    content: dict[str, Any] = {}
    for field, value in fields.items():
        if field in LATER and value is None:
            continue
        *groups, name = PLACES.get(field, field).split(".")
        within = content
        for group in groups:
            within = within.setdefault(group, {})
        within[name] = value
    return content


def ungrouped(content: dict[str, Any], file: object) -> dict[str, Any]:
    """Return the fields of a `Bundle` that format 2 wrote.

    Raises UserError, naming it, for a field or group that this version does not know.
    """
    return dict(_fields(content, "", file))


def of_the_first_format(content: dict[str, Any]) -> dict[str, Any]:
    """Return the fields of a `Bundle` that format 1 wrote: no groups, and older names."""
    older = {name: field for field, name in FIRST_FORMAT.items()}
    return {older.get(name, name): value for name, value in content.items()}


def refuse_newer(file: object, what: str) -> None:
    """Raise UserError about an unknown field, which a later version has written."""
    raise UserError(
        "{file} was made by a newer version of this project: it holds “{what}”, which this one does not "
        "know. Update the project, or train the model again.",
        file=file,
        what=what[:80],
    )


def _fields(content: dict[str, Any], above: str, file: object) -> list[tuple[str, Any]]:
    found = []
    for name, value in content.items():
        place = above + name
        if place in _GROUPS:
            if not isinstance(value, dict):
                raise TypeError(place)
            found += _fields(value, f"{place}.", file)
        elif place in _FIELD_AT:
            found.append((_FIELD_AT[place], value))
        else:
            refuse_newer(file, place)
    return found
