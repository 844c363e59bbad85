"""The figures from which a lesson's scenes are chosen, measured on the network in use.

A scene whose figure is not so for this network is None here, and drops out of the plan.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from melanoma.edits.perturbations import apply_changes, working_copy
from melanoma.errors import UserError
from melanoma.evaluation.held_out import HeldOut, judge_held_out
from melanoma.evaluation.metrics import Estimate
from melanoma.evaluation.patients import Patients, among
from melanoma.measures.lesion_in_view import find_lesion_in_view
from melanoma.model.bundle import Bundle
from melanoma.model.prediction import Prediction

ARTEFACTS: tuple[tuple[str, int], ...] = (
    ("hairs", 60),
    ("rulers", 4),
    ("ink", 8),
    ("stickers", 5),
    ("corners", 100),
)
"""Changes that leave the lesion as it is, as the sliders of the page What if have them, at their ends."""
PEOPLE, PREVALENCE = 1000, 0.05
"""Five in a hundred, as at a dermatologist's: fifty melanomas, which can be counted on the page."""
HALF = 0.5
"""The threshold that sounds fair."""
_LEAST_LOST = 0.1  # of the melanomas, that the fair-sounding threshold has to cost to be worth a scene
_LEAST_FLATTERY = 0.1  # by how much more the raw map has to lie on the lesion
_SURROUNDINGS = "other skin"

Ask = Callable[[np.ndarray], Prediction]
"""uint8 (H, W, 3) RGB -> what the network says of it."""


@dataclass(frozen=True)
class NoLesion:
    """What the network says of a picture that is no lesion, and that the page doubts."""

    photo: str
    """Its name in a link."""
    code: str
    probability: float
    diagnoses: int


@dataclass(frozen=True)
class Turned:
    """A photo whose answer an artefact turns: another diagnosis is likeliest, or the alert comes or goes."""

    photo: str
    change: str
    value: int
    before: tuple[str, float]
    """The likeliest diagnosis and its probability."""
    after: tuple[str, float]
    melanoma: tuple[float, float]
    """Melanoma's probability before and after."""
    alert: tuple[bool, bool]


@dataclass(frozen=True)
class Flattered:
    """A photo whose raw class map lies on the lesion more than the evidence that decides."""

    photo: str
    code: str
    probability: float
    raw: float
    """Share of what speaks for it inside the widened outline, 0..1."""
    evidence: float


@dataclass(frozen=True)
class Copies:
    """The tutorial's recipe with copies made before the split, and after it; accuracies 0..1."""

    before: float
    after: float
    new: float
    """Of the first, on photos of new lesions alone."""


@dataclass(frozen=True)
class Cost:
    """What the network's own threshold and the fair-sounding one do among `PEOPLE`."""

    own_threshold: float
    own: Patients
    half: Patients


@dataclass(frozen=True)
class LessonFigures:
    """All that the scenes of a lesson need of a network; None where it is not so."""

    no_lesion: NoLesion | None
    turned: Turned | None
    flattered: Flattered | None
    copies: Copies | None
    cost: Cost | None
    surroundings: Estimate | None
    """Share of the answers that change with another image's skin around the lesion."""


def measure_lesson(
    bundle: Bundle,
    ask: Ask,
    photos: Mapping[str, np.ndarray],
    no_lesion: tuple[str, np.ndarray],
    story: dict[str, Any],
) -> LessonFigures:
    """Return the figures of a network.

    `photos` are photos of lesions by their names in a link, the first choice first; `no_lesion` is a picture
    that is none, likewise; `story` holds the tutorial's figures (`tutorial.story.read_story`).
    """
    answers = {name: ask(working_copy(pixels)) for name, pixels in photos.items()}
    return LessonFigures(
        _no_lesion(no_lesion[0], ask(no_lesion[1])),
        _turned(ask, photos, answers),
        _flattered(ask, photos),
        _copies(story),
        _cost(bundle),
        _surroundings(bundle),
    )


def _no_lesion(name: str, prediction: Prediction) -> NoLesion | None:
    if prediction.in_distribution:
        return None
    return NoLesion(name, *prediction.ranked[0], len(prediction.codes))


def _turned(ask: Ask, photos: Mapping[str, np.ndarray], answers: dict[str, Prediction]) -> Turned | None:
    """Return the change that moves melanoma's probability most, among those that turn an answer."""
    found = []
    for photo, pixels in photos.items():
        before = answers[photo]
        if "MEL" not in before.codes or not before.in_distribution:
            continue
        for change, value in ARTEFACTS:
            after = ask(apply_changes(working_copy(pixels), {change: value}))
            alert = (before.melanoma_alert, after.melanoma_alert)
            if before.diagnosis != after.diagnosis or alert[0] != alert[1]:
                melanoma = (before.probability("MEL"), after.probability("MEL"))
                found.append(Turned(photo, change, value, before.ranked[0], after.ranked[0], melanoma, alert))
    return max(found, key=lambda one: abs(one.melanoma[0] - one.melanoma[1]), default=None)


def _flattered(ask: Ask, photos: Mapping[str, np.ndarray]) -> Flattered | None:
    """Return the photo on which the raw map flatters most, by as much as makes a scene."""
    found = []
    for photo, pixels in photos.items():
        prediction = ask(pixels)
        if prediction.class_maps is None:
            return None
        index = prediction.index(prediction.diagnosis)
        lesion = find_lesion_in_view(pixels, prediction.geometry)
        raw = lesion.share_inside(prediction.require_class_maps()[..., index])
        evidence = lesion.evidence_inside(prediction)
        if raw is not None and evidence is not None and raw - evidence >= _LEAST_FLATTERY:
            found.append(Flattered(photo, *prediction.ranked[0], raw, evidence))
    return max(found, key=lambda one: one.raw - one.evidence, default=None)


def _copies(story: dict[str, Any]) -> Copies | None:
    """Return the tutorial's figures if the copies lift its accuracy beyond both intervals."""
    results = story["results"]
    if not {"tutorial-d-before", "tutorial-d-after"} <= set(results):
        return None
    before, after = (results[f"tutorial-d-{name}"] for name in ("before", "after"))
    if before["accuracy"]["low"] <= after["accuracy"]["high"]:
        return None
    return Copies(*(one["value"] for one in (before["accuracy"], after["accuracy"], before["accuracy_new"])))


def _cost(bundle: Bundle) -> Cost | None:
    try:
        held_out = judge_held_out(bundle)
    except UserError:  # this network says nothing of melanoma on held-back lesions
        return None
    own, half = (_patients(held_out, threshold) for threshold in (bundle.alert_threshold, HALF))
    lost = (half.false_negatives - own.false_negatives) / (PEOPLE * PREVALENCE)
    return Cost(bundle.alert_threshold, own, half) if lost >= _LEAST_LOST else None


def _patients(held_out: HeldOut, threshold: float) -> Patients:
    everyone = held_out.everyone
    sensitivity, specificity = everyone.sensitivity(threshold), everyone.specificity(threshold)
    return among(PEOPLE, PREVALENCE, sensitivity.value, specificity.value)


def _surroundings(bundle: Bundle) -> Estimate | None:
    """Return the stored share, if it is not 0 within its interval and the card has it."""
    stored = (bundle.figures.get("focus") or {}).get("changed", {}).get(_SURROUNDINGS)
    if stored is None or "MODEL_CARD.md" not in bundle.files:
        return None
    found = Estimate.from_json(stored)
    return found if found.low > 0 else None
