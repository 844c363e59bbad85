"""The colours of a signed map: red speaks for a diagnosis, blue against it, on a grey copy of the photo.

Colour stands for evidence alone, lightness for the photo alone: a pixel keeps its lightness, drawn a little
towards the middle, where a screen has strong colours, and takes the hue of its sign. So red is as strong on
pink skin as on a black lesion, and the lesion's structure shows through. Lightness, chroma and hue are those
of CIELAB (CIE 015:2018) under D65. docs/explanations.md has what this was measured to change.
"""

from functools import cache

import cv2
import numpy as np

FOR = (178, 24, 43)
"""Red and blue ends of ColorBrewer's RdBu, for bars and lines: colour-blind readers can tell them apart."""
AGAINST = (33, 102, 172)

_HUES = (
    32.0,
    287.0,
)  # degrees, for and against: the strongest red and blue that stay red and blue throughout
_KEPT = 0.64  # of the photo's contrast of lightness under the strongest colour
_DARKEST = (
    16.0  # lightness that black gets there: screens have hardly any red or blue below and none above 85
)
_MOST_CHROMA = 70.0
_RISE = 1.25  # exponent of the colour over the evidence: what is next to nothing leaves the photo grey
_BAR_GREY = 160  # the grey of the colour bar, as light as skin on a grey copy


def grey_copy(photo: np.ndarray) -> np.ndarray:
    """Return the greys, uint8 (H, W), of the same CIELAB lightness as the photo, uint8 RGB (H, W, 3)."""
    lightness = cv2.cvtColor(photo.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)[..., 0]
    lab = np.zeros((*lightness.shape, 3), np.float32)
    lab[..., 0] = lightness
    return _as_pixels(lab)[..., 0]


def tint(pixels: np.ndarray, grey: np.ndarray, strength: np.ndarray) -> np.ndarray:
    """Return the pixels, uint8 RGB (H, W, 3), with the colours of a map over them, uint8.

    `grey` is the `grey_copy` of the same photo, `strength` is float (H, W), from -1, the scale's end of what
    speaks against, to 1, the end of what speaks for; beyond, and NaN, count as these ends and as 0. At 0 a
    pixel stays as it is.
    """
    strength = np.clip(np.nan_to_num(strength), -1, 1).astype(np.float32)
    full = strongest().reshape(512, 3)[np.where(strength < 0, 256, 0) + grey]
    share = (np.abs(strength) ** _RISE)[..., None]
    return np.rint(pixels + (full - pixels.astype(np.float32)) * share).astype(np.uint8)


@cache
def strongest() -> np.ndarray:
    """Return the strongest colours, uint8 RGB (2, 256, 3): for and against, by the grey below.

    Both have the same lightness and chroma, so that as much against looks as much as that for.
    """
    greys = np.repeat(np.arange(256, dtype=np.float32)[None, :, None] / 255, 3, axis=2)
    lightness = _DARKEST + _KEPT * cv2.cvtColor(greys, cv2.COLOR_RGB2LAB)[0, :, 0]
    chroma = np.min([_most_chroma(lightness, hue) for hue in _HUES], axis=0)
    return np.stack([_as_pixels(_lab(lightness, chroma, hue)[None])[0] for hue in _HUES])


def bar_colours(steps: int, signed: bool) -> np.ndarray:
    """Return the colour bar, uint8 RGB (steps, 3), from the lowest value (0 unless `signed`) up."""
    grey = np.full((1, steps), _BAR_GREY, np.uint8)
    strength = np.linspace(-1 if signed else 0, 1, steps)[None]
    return tint(np.repeat(grey[..., None], 3, axis=2), grey, strength)[0]


def _most_chroma(lightness: np.ndarray, hue: float) -> np.ndarray:
    """Return the largest chroma (n,) at each lightness (n,) that sRGB has in a hue."""
    chroma = np.arange(0, _MOST_CHROMA + 1, dtype=np.float32)
    lab = np.stack([_lab(one, chroma, hue) for one in lightness])
    shown = cv2.cvtColor(_as_pixels(lab).astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    there = np.abs(shown - lab).max(axis=-1) < 1.5  # rounding to 256 steps moves a colour by less
    return np.asarray(chroma[there.shape[1] - 1 - np.argmax(there[:, ::-1], axis=1)])


def _lab(lightness: np.ndarray, chroma: np.ndarray, hue: float) -> np.ndarray:
    angle = np.radians(hue)
    parts = np.broadcast_arrays(lightness, chroma * np.cos(angle), chroma * np.sin(angle))
    return np.stack(parts, axis=-1).astype(np.float32)


def _as_pixels(lab: np.ndarray) -> np.ndarray:
    return np.rint(np.clip(cv2.cvtColor(lab, cv2.COLOR_LAB2RGB), 0, 1) * 255).astype(np.uint8)
