"""The first square that is offered to crop a photo by: around the lesion, in the size that was learned."""

import numpy as np

from melanoma.lesion.outline import diameter, find_lesion
from melanoma.photos.cropping import Crop, crop_within
from melanoma.photos.encoding import shrink

USUAL = 0.56
"""The lesion's diameter over the photo's shorter side, as the network learned lesions: the median of 285 of
300 photos of the shipped model's training side, those whose outline is trusted (quartiles 0.43 and 0.74):
`python -m benchmarks.cropping`."""
_SEARCHED = 512
"""Pixels of the longer side of the copy in which the lesion is sought."""


def offer_crop(photo: np.ndarray) -> tuple[Crop, bool]:
    """Return the square to offer for a photo, uint8 (H, W, 3) RGB, and whether it lies around a lesion.

    The lesion that is found has `USUAL` of its side, or all of its outline lies in it if that takes more.
    Where no outline is trusted it is half of the shorter side, in the middle.
    """
    height, width = photo.shape[:2]
    outline = find_lesion(shrink(photo, _SEARCHED))
    if not outline.trusted:
        side = min(height, width) / 2
        return crop_within((width - side) / 2, (height - side) / 2, side, width, height), False
    pixel = max(height, width) / max(outline.mask.shape)
    edges = [np.flatnonzero(outline.mask.any(axis=axis))[[0, -1]] + (0, 1) for axis in (0, 1)]
    (left, right), (top, bottom) = (pixel * along for along in edges)
    side = max(pixel * diameter(outline.mask) / USUAL, right - left, bottom - top)
    # Its side before its corner: a side that is clamped still lies around the lesion's middle.
    size = crop_within(0, 0, side, width, height).side
    return crop_within((left + right - size) / 2, (top + bottom - size) / 2, size, width, height), True
