"""A lesion's outline as a mask: its size, and a little more than it."""

import cv2
import numpy as np

MARGIN = 0.1
"""Of the lesion's diameter. Dermatologists judge the border by the skin next to it, and two of them do not
draw the same outline; so a widened outline says what counts as looking at the lesion."""


def diameter(mask: np.ndarray) -> float:
    """Return the diameter of the circle with the mask's area, pixels; `mask` is bool (H, W)."""
    return float(2 * np.sqrt(mask.sum() / np.pi))


def widen(mask: np.ndarray, margin: float = MARGIN) -> np.ndarray:
    """Return the mask, bool (H, W), with all pixels nearer to it than this share of its diameter."""
    if not mask.any():
        return mask.copy()
    away = cv2.distanceTransform((~mask).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    return np.asarray(away <= margin * diameter(mask))
