"""Which square of a photo the network sees, and how much of the lesion lies outside it.

Training, evaluation, page and commands frame by `frame_photo` alone, and a bundle names the framing.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from melanoma.errors import UserError
from melanoma.lesion.outline import LONG, diameter, find_lesion
from melanoma.photos.framing import Geometry, centred_square, square_along

CENTRE_SQUARE, LESION_SQUARE = "centre-square", "lesion-square"
FRAMINGS = (CENTRE_SQUARE, LESION_SQUARE)
"""The names that a bundle can have. The square's side is always the photo's shorter one, so that a lesion has
the size at which the network learned it; along the longer side it stands in the middle, or where the lesion
is. docs/framing.md has what a square cut closer around the lesion costs."""

MARGIN = 0.25
"""Of the lesion's diameter: skin that the square has to show beside the lesion. As long as the centred square
does, it is the one: what lies in the middle of a photo is framed as it always was."""
NOT_SEEN = 0.1
"""Share of the lesion from which its missing is a doubt; less is within the error of an outline."""
_SEARCHED = 256
"""Pixels of the shorter side in which the lesion is sought: a copy of a large photo costs less."""

PART_OUTSIDE = "Part of the lesion lies outside the square that the network saw."
MIDDLE_ONLY = (
    "No lesion was surely found in this long photo, and the network saw only the square in its middle. "
    "Crop the photo to the lesion."
)
REST_NOT_JUDGED = "The network saw only a square of this long photo; what else it shows was not judged."


@dataclass(frozen=True)
class Framed:
    """A photo as the network sees it."""

    pixels: np.ndarray
    """uint8 (S, S, 3)."""
    geometry: Geometry
    lesion_not_seen: float | None
    """Share of the lesion's area outside the square, 0..1, by the outline that is found; 0 where the whole
    photo was seen, and None where part of it was not and no outline is trusted."""

    @property
    def flags(self) -> tuple[str, ...]:
        """Sentences about what the network may have missed; empty if nothing."""
        flags = []
        if (self.lesion_not_seen or 0) >= NOT_SEEN:
            flags.append(PART_OUTSIDE)
        if max(self.geometry.width, self.geometry.height) > LONG * self.geometry.side:
            flags.append(MIDDLE_ONLY if self.lesion_not_seen is None else REST_NOT_JUDGED)
        return tuple(flags)


def frame_photo(photo: np.ndarray, size: int, framing: str) -> Framed:
    """Return what the network sees of a photo, uint8 (H, W, 3) RGB, at `size` pixels a side.

    `centre-square` takes the middle of the longer side. `lesion-square` does too where that holds the found
    lesion with `MARGIN`, or where no outline is trusted; else its square is centred upon the lesion, as far
    as the photo goes. An outline drawn by hand counts in neither. Raises UserError for another framing.
    """
    if framing not in FRAMINGS:
        raise UserError(
            "The framing “{framing}” is unknown. This version knows {known}.",
            framing=framing,
            known=", ".join(FRAMINGS),
        )
    height, width = photo.shape[:2]
    geometry = centred_square(width, height, size)
    if not geometry.crops:
        return Framed(geometry.cut(photo), geometry, 0.0)
    small = _for_search(photo)
    outline = find_lesion(small)
    if not outline.trusted:
        return Framed(geometry.cut(photo), geometry, None)
    # Only the longer side matters: the square has all of the shorter one.
    area = outline.mask.sum(axis=0 if width > height else 1)
    pixel = max(width, height) / len(area)
    if framing == LESION_SQUARE:
        within = np.flatnonzero(area)
        margin = MARGIN * diameter(outline.mask)
        first, last = within[0] - margin, within[-1] + 1 + margin
        start = _start(first * pixel, last * pixel, geometry.side, max(width, height))
        geometry = square_along(width, height, start, size)
    return Framed(geometry.cut(photo), geometry, _outside(area, pixel, geometry))


def _start(first: float, last: float, side: int, length: int) -> int:
    """Return where a square along `length` pixels begins that has to show those from `first` to `last`."""
    centred = (length - side) // 2
    if max(first, 0) >= centred and min(last, length) <= centred + side:
        return centred
    return int(np.clip(round((first + last - side) / 2), 0, length - side))


def _outside(area: np.ndarray, pixel: float, geometry: Geometry) -> float:
    """Return the share of `area`, (n,) along the longer side in steps of `pixel`, outside the square."""
    edges = np.arange(len(area) + 1) * pixel
    until = np.concatenate([[0], np.cumsum(area)]) / area.sum()
    start = max(geometry.left, geometry.top)
    return float(1 - np.diff(np.interp([start, start + geometry.side], edges, until))[0])


def _for_search(photo: np.ndarray) -> np.ndarray:
    height, width = photo.shape[:2]
    scale = _SEARCHED / min(height, width)
    if scale >= 1:
        return photo
    size = (round(width * scale), round(height * scale))
    return cv2.resize(photo, size, interpolation=cv2.INTER_AREA)
