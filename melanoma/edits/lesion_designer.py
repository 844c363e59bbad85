"""The lesion designer: the controls of a drawing, and its ABCD figures with true and found outline."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from melanoma.controls import Range
from melanoma.edits.drawn_lesions import (
    MELANOMA_LIKE,
    NEVUS_LIKE,
    LesionParameters,
    SyntheticLesion,
    draw_lesion,
)
from melanoma.lesion.abcd import Abcd, abcd
from melanoma.lesion.outline import find_lesion, overlap

CONTROLS: tuple[Range, ...] = (
    Range("asymmetry", "Asymmetry", 0, 1, MELANOMA_LIKE.asymmetry, 0.05),
    Range("border", "Ragged border", 0, 1, MELANOMA_LIKE.border, 0.05),
    Range("colours", "Number of colours", 1, 6, MELANOMA_LIKE.colours, 1),
    Range("diameter", "Size, share of the picture", 0.1, 0.95, MELANOMA_LIKE.diameter, 0.01),
    Range("network", "Pigment network", 0, 1, MELANOMA_LIKE.network, 0.05),
    Range("hairs", "Hairs", 0, 60, MELANOMA_LIKE.hairs, 1),
    Range("skin", "Skin tone, pale to dark", 0, 1, MELANOMA_LIKE.skin, 0.05),
)
"""Named as the fields of `LesionParameters`."""
EXAMPLES = {"Like a mole": NEVUS_LIKE, "Like a melanoma": MELANOMA_LIKE}
WHOLE_NUMBERS = ("colours", "hairs")


@dataclass(frozen=True)
class Measured:
    """The ABCD figures of a drawing by its true outline, and by the automatic one."""

    true_outline: Abcd
    found_outline: Abcd | None
    """None where no lesion was found."""
    overlap: float
    """Intersection over union of the two outlines, 0..1."""


def draw(settings: Mapping[str, float], seed: int) -> SyntheticLesion:
    """Return the drawing of the settings, one number for each of `CONTROLS`."""
    numbers = {name: int(value) if name in WHOLE_NUMBERS else value for name, value in settings.items()}
    return draw_lesion(LesionParameters(**numbers), seed=seed)  # type: ignore[arg-type]


def measure(drawn: SyntheticLesion) -> Measured:
    """Return the drawing's ABCD figures."""
    found: np.ndarray = find_lesion(drawn.image).mask
    return Measured(
        true_outline=abcd(drawn.image, drawn.mask),
        found_outline=abcd(drawn.image, found) if found.any() else None,
        overlap=overlap(drawn.mask, found),
    )
