"""A lesion's outline from a file: white inside, black outside, as the ISIC Archive publishes them."""

from pathlib import Path

import cv2
import numpy as np

from melanoma.photos.reading import read_image


def read_mask(path: str | Path) -> np.ndarray:
    """Return the pixels of a mask's file that are lighter than mid-grey, bool (H, W).

    Raises UserError for a file that is not a usable picture.
    """
    return np.asarray(read_image(path).mean(axis=2, dtype=np.float32) > 127)


def on_photo(mask: np.ndarray, width: int, height: int) -> np.ndarray:
    """Return a published mask, bool (h, w), on the pixels of its photo, bool (height, width).

    Some collections publish photos that are smaller than their masks, or the centred square of the outlined
    picture. So for a square photo the centred square of the mask is used.
    """
    if width == height:
        side = min(mask.shape)
        top, left = ((length - side) // 2 for length in mask.shape)
        mask = mask[top : top + side, left : left + side]
    if mask.shape == (height, width):
        return mask
    smaller = cv2.INTER_AREA if mask.shape[0] > height else cv2.INTER_LINEAR
    resized = cv2.resize(mask.astype(np.uint8) * np.uint8(255), (width, height), interpolation=smaller)
    return np.asarray(resized >= 128)
