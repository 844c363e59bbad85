"""A lesion's outline from a file: white inside, black outside, as the ISIC Archive publishes them."""

from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageOps

from melanoma.errors import UserError
from melanoma.photos.reading import OpenedPicture, read_with
from melanoma.photos.white_level import white_level

_LEAST_SIDE = 16  # pixels: smaller than a photo may be, since networks make masks of their own size
_MOST_STRETCH = 0.03  # of one side against the other: rounding, and not another part of the photo
_BLACK, _WHITE = 8, 247  # grey levels up to which, and from which, a pixel counts as such


def read_mask(path: str | Path) -> np.ndarray:
    """Return the pixels of a mask's file that are inside, bool (H, W).

    These are its lighter pixels, whether it is written as 0 and 255, 0 and 1, in 16 bits or in two colours;
    or, where some of it is transparent, its opaque ones. If these are black and white, the white ones. Raises
    UserError for a file that is not a usable picture, or that is no mask.
    """
    return read_with(_inside, path, least=_LEAST_SIDE)


def _inside(opened: OpenedPicture) -> np.ndarray:
    picture = ImageOps.exif_transpose(opened.picture)
    clear = np.asarray(picture.convert("RGBA")) if picture.has_transparency_data else None
    if clear is not None and np.ptp(clear[..., 3]):
        opaque = clear[..., 3] > 127
        grey = clear[..., :3].mean(axis=2)
        dark, light = grey[opaque] <= _BLACK, grey[opaque] >= _WHITE
        black_and_white = dark.any() and light.any() and (dark | light).mean() > 0.98
        return np.asarray(opaque & (grey > 127) if black_and_white else opaque)
    return _lighter(picture, opened.name)


def _lighter(picture: Image.Image, name: str) -> np.ndarray:
    white = white_level(picture) or 255.0
    deep = picture.mode == "F" or picture.mode.startswith("I")
    values = np.asarray(picture if deep else picture.convert("RGB"), dtype=np.float32)
    values = values if values.ndim == 2 else values.mean(axis=2)
    different = np.unique(values)
    if len(different) == 1:
        return np.full(values.shape, bool(different[0] == 1 or different[0] > white / 2))
    if len(different) == 2:
        return np.asarray(values == different[1])
    if different[-1] <= white / 2:
        raise UserError(
            "{name} is no mask of a lesion: it is neither black and white nor 0 and 1.", name=name
        )
    return np.asarray(values > white / 2)


def on_photo(mask: np.ndarray, width: int, height: int) -> np.ndarray:
    """Return a published mask, bool (h, w), on the pixels of its photo, bool (height, width).

    Some collections publish photos that are smaller than their masks, or the centred square of the outlined
    picture. So for a square photo the centred square of the mask is used. Raises UserError for a mask of
    other proportions: nothing says which part of the photo it shows.
    """
    if width == height:
        side = min(mask.shape)
        top, left = ((length - side) // 2 for length in mask.shape)
        mask = mask[top : top + side, left : left + side]
    if mask.shape == (height, width):
        return mask
    stretch = (mask.shape[1] / width) / (mask.shape[0] / height)
    if abs(stretch - 1) > _MOST_STRETCH:
        raise UserError(
            "The mask has {mask_width} x {mask_height} pixels and the photo {width} x {height}, which is of "
            "other proportions. Give a mask of the whole photo.",
            mask_width=mask.shape[1],
            mask_height=mask.shape[0],
            width=width,
            height=height,
        )
    smaller = cv2.INTER_AREA if mask.shape[0] > height else cv2.INTER_LINEAR
    resized = cv2.resize(mask.astype(np.uint8) * np.uint8(255), (width, height), interpolation=smaller)
    return np.asarray(resized >= 128)
