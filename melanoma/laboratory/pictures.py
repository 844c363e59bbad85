"""The pictures that a head sees: a lesion's square, with or without a shortcut, masked, or as a twin."""

from dataclasses import dataclass, replace

import numpy as np

from melanoma.edits import surroundings
from melanoma.laboratory.lesions import Lesions
from melanoma.laboratory.shortcuts import plant, planted_cells

PLAIN_SKIN = (222, 182, 164)
"""RGB of the skin around a masked lesion. It is the same for all: each picture's own mean would be darker
where corners are dark, and yellow under a yellow lamp, and so would tell what was masked."""


@dataclass(frozen=True)
class Picture:
    """What is made of a lesion; equal ones are the same pixels."""

    lesion: int
    shortcut: str | None = None
    """What is planted in it, a name of `SHORTCUTS`."""
    masked: bool = False
    """True if all outside the lesion is plain skin."""
    around: tuple[int, str | None] | None = None
    """Another lesion and what is planted there, if this one lies in the surroundings of that."""


def render(lesions: Lesions, picture: Picture) -> np.ndarray:
    """Return its pixels, uint8 (S, S, 3) RGB."""
    pixels, inside = lesions.look(picture.lesion)
    if picture.shortcut is not None:
        pixels = plant(pixels, picture.shortcut, picture.lesion)
    if picture.around is not None:
        other = Picture(*picture.around)
        _, other_inside = lesions.look(other.lesion)
        skin = surroundings.painted_out(render(lesions, other), other_inside.astype(np.float32))
        pixels = surroundings.compose(pixels, skin, inside.astype(np.float32))
    if picture.masked:
        plain = np.full_like(pixels, PLAIN_SKIN)
        pixels = surroundings.compose(pixels, plain, inside.astype(np.float32))
    return pixels


def touched_cells(lesions: Lesions, picture: Picture, grid: tuple[int, int]) -> np.ndarray:
    """Return the cells where what was planted can still be seen, bool (h, w): masking takes it away."""
    clean = render(lesions, replace(picture, shortcut=None))
    return planted_cells(render(lesions, picture), clean, grid)
