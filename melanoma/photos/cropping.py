"""A square cut out of a photo by whoever looks at it: what is left is answered like any other photo."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from melanoma.errors import UserError
from melanoma.photos.reading import MIN_SIDE

SMALLEST = MIN_SIDE
"""Pixels a side. What is cut out is a photo, and a smaller one would be refused as a file too: of it a lesion
is a handful of pixels, and every answer a guess."""
_FURTHEST = 1_000_000_000  # pixels: no photo has as many, and no arithmetic overflows


@dataclass(frozen=True)
class Crop:
    """A square of `side` pixels of a photo, from (`left`, `top`)."""

    left: int
    top: int
    side: int

    def cut(self, photo: np.ndarray) -> np.ndarray:
        """Return the square of a photo, uint8 (H, W, 3), as a view of it."""
        return photo[self.top : self.top + self.side, self.left : self.left + self.side]

    def __str__(self) -> str:
        """Return it as a link has it: left, top and side."""
        return f"{self.left},{self.top},{self.side}"


def crop_within(left: float, top: float, side: float, width: int, height: int) -> Crop:
    """Return the square nearest to what was asked that lies in a photo of `width` x `height` pixels.

    Its side is brought between `SMALLEST` and the photo's shorter side, then it is pushed into the photo.
    Raises UserError for what is no finite number.
    """
    if not all(map(math.isfinite, (left, top, side))):
        raise _no_square()
    shorter = min(width, height)
    size = _between(side, min(SMALLEST, shorter), shorter)
    return Crop(_between(left, 0, width - size), _between(top, 0, height - size), size)


def read_crop(text: str, width: int, height: int) -> Crop:
    """Return the square that a link names, such as "40,0,300", brought into a photo of that many pixels.

    Raises UserError for anything but three whole numbers.
    """
    try:
        return crop_of([int(part) for part in text.split(",")], width, height)
    except ValueError:
        raise _no_square() from None


def crop_of(value: Any, width: int, height: int) -> Crop:
    """Return the square of what a browser sent, brought into a photo of that many pixels.

    Raises UserError for anything but a list of left, top and side.
    """
    try:
        left, top, side = (float(min(max(number, -_FURTHEST), _FURTHEST)) for number in value)
    except (TypeError, ValueError):
        raise _no_square() from None
    return crop_within(left, top, side, width, height)


def _between(value: float, low: int, high: int) -> int:
    return int(min(max(round(value), low), high))


def _no_square() -> UserError:
    return UserError("A crop is three numbers: pixels from the left, pixels from the top, and its side.")
