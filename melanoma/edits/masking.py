"""Masks a part of a photo, to test whether the prediction depends on it."""

from collections.abc import Sequence

import cv2
import numpy as np

from melanoma.edits.surroundings import blurred, painted_out

FILLS = ("Colours of the skin around", "Blurred", "Grey")
"""What replaces the part. Each is unlike a real photo in its own way, so several should be tried."""


def cover(image: np.ndarray, inside: np.ndarray, fill: str = FILLS[0]) -> np.ndarray:
    """Return uint8 RGB (H, W, 3) with the region `inside`, bool (H, W), replaced by one of `FILLS`.

    A region without a pixel changes nothing. Raises ValueError for another fill.
    """
    if fill not in FILLS:
        raise ValueError(f"the fill is {fill}, and must be one of {FILLS}")
    if not inside.any():
        return image.copy()
    if fill == FILLS[0]:
        replaced = painted_out(image, inside.astype(np.float32))
    elif fill == FILLS[1]:
        replaced = _blurred(image)
    else:
        replaced = np.full_like(image, 128)
    return np.where(inside[..., None], replaced, image)


def rectangle(shape: tuple[int, int], left: float, right: float, top: float, bottom: float) -> np.ndarray:
    """Return the region between four shares of the width and height, 0..1, bool `shape`."""
    inside = np.zeros(shape, dtype=bool)
    height, width = shape
    inside[round(top * height) : round(bottom * height), round(left * width) : round(right * width)] = True
    return inside


def polygons(shape: tuple[int, int], outlines: Sequence[Sequence[tuple[float, float]]]) -> np.ndarray:
    """Return the region inside closed outlines of points (x, y) in pixels, bool `shape`."""
    inside = np.zeros(shape, dtype=np.uint8)
    for points in outlines:
        corners = np.rint(np.asarray(points, dtype=np.float64)).astype(np.int32)
        if len(corners) >= 3:
            cv2.fillPoly(inside, [corners.reshape(-1, 1, 2)], 1)
    return inside.astype(bool)


def _blurred(image: np.ndarray) -> np.ndarray:
    return blurred(image, np.zeros(image.shape[:2], np.float32))
