"""Removes hair, and detects the dark corners of the dermatoscope's tube.

All lengths are in pixels of a picture whose longer side is about `SIDE`.
"""

from functools import lru_cache

import cv2
import numpy as np

SIDE = 192
_HAIR = 9  # length of the lines that close over hairs
_HAIR_DEPTH = 22  # grey levels by which a hair is darker than the skin beside it
_DARK = 70  # largest value of the brightest channel in dark corners
_TUBE = 0.6  # of the half diagonal: dark corners lie farther from the centre


def hair(small: np.ndarray) -> np.ndarray:
    """Return the mask of thin dark lines in uint8 RGB (h, w, 3), bool (h, w) (DullRazor, Lee et al. 1997)."""
    grey = cv2.cvtColor(small, cv2.COLOR_RGB2GRAY)
    diagonal = np.eye(_HAIR, dtype=np.uint8)
    lines = (np.ones((1, _HAIR), np.uint8), np.ones((_HAIR, 1), np.uint8), diagonal, diagonal[::-1].copy())
    depth = np.max([cv2.morphologyEx(grey, cv2.MORPH_BLACKHAT, line) for line in lines], axis=0)
    return np.asarray(cv2.dilate((depth > _HAIR_DEPTH).astype(np.uint8), np.ones((3, 3), np.uint8)) > 0)


def without_hair(small: np.ndarray) -> np.ndarray:
    """Return the picture with `hair` painted out, uint8 RGB (Telea 2004)."""
    painted_over = hair(small)
    if not painted_over.any():
        return small
    return cv2.inpaint(small, painted_over.astype(np.uint8), 3, cv2.INPAINT_TELEA)


def dark_corners(small: np.ndarray) -> np.ndarray:
    """Return the mask of dark regions that touch a corner of the picture, bool (h, w), slightly widened."""
    height, width = small.shape[:2]
    brightest = cv2.max(cv2.max(small[..., 0], small[..., 1]), small[..., 2])
    _, labels = cv2.connectedComponents((brightest < _DARK).astype(np.uint8))
    corners = {labels[0, 0], labels[0, -1], labels[-1, 0], labels[-1, -1]} - {0}
    if not corners:
        return np.zeros((height, width), bool)
    outside = from_centre(height, width) > _TUBE * np.hypot(height, width) / 2 / min(height, width)
    hidden = (np.isin(labels, list(corners)) & outside).astype(np.uint8)
    return np.asarray(cv2.dilate(hidden, np.ones((7, 7), np.uint8)) > 0)


@lru_cache(maxsize=32)  # most photos have one of few shapes
def from_centre(height: int, width: int) -> np.ndarray:
    """Return each pixel's distance from the centre in shorter sides, float (height, width), read-only."""
    y, x = np.mgrid[:height, :width]
    distances = np.hypot(y - (height - 1) / 2, x - (width - 1) / 2) / min(height, width)
    distances.flags.writeable = False
    return distances
