"""Which number is white in a picture of more than eight bits: what stores it rarely says."""

import numpy as np
from PIL import Image

_WHITES = (255.0, 1023.0, 4095.0, 16383.0, 65535.0)
_FLOATING_WHITES = (1.0, 255.0, 4095.0, 65535.0)
_OVERSHOOT = 1.5  # sharpening and resampling overshoot white
_BAND = 1_000_000  # pixels looked at at a time


class UnclearValues(Exception):
    """Nothing says which of a picture's numbers is white: it would be read black, or white all over."""

    def __init__(self, low: float, high: float) -> None:
        """Keep the smallest and the largest value."""
        super().__init__(low, high)
        self.low, self.high = low, high


def white_level(picture: Image.Image, sixteen_bits: bool = False) -> float | None:
    """Return the white level of 16-bit, 32-bit or floating grey; None for pictures of 8 bits a channel.

    Integers may have 8, 10, 12, 14 or 16 bits whatever they are stored in, 12 and 14 being what sensors give:
    the fewest that hold all values. Floating values run to 1, or to the white of 8, 12 or 16 bits, and may
    exceed it by half. Raises UnclearValues for others, and for colours stored in 16 bits, as `sixteen_bits`
    says, that use 12 or fewer: of these Pillow keeps the upper eight.
    """
    if not (picture.mode.startswith("I") or picture.mode == "F"):
        if sixteen_bits:
            _refuse_few_bits(picture)
        return None
    low, high = _ends(picture)
    if picture.mode != "F":
        return next((white for white in _WHITES if high <= white), high)
    white = next((white for white in _FLOATING_WHITES if high <= _OVERSHOOT * white), None)
    if white is None or (white > 1 and high < white / 4) or low < -white / 4:
        raise UnclearValues(low, high)
    return white


def _ends(picture: Image.Image) -> tuple[float, float]:
    """Return the smallest and the largest finite value, 0 and 0 if there is none."""
    rows = max(1, _BAND // picture.width)
    ends = []
    for top in range(0, picture.height, rows):
        values = np.asarray(picture.crop((0, top, picture.width, min(top + rows, picture.height))))
        finite = values[np.isfinite(values)]
        ends += [float(finite.min()), float(finite.max())] if finite.size else []
    return min(ends, default=0.0), max(ends, default=0.0)


def _refuse_few_bits(picture: Image.Image) -> None:
    grey = picture.mode in ("LA", "La")
    channels = [picture.getchannel(number) for number in range(1 if grey else 3)]
    high = max(int(np.asarray(channel).max()) for channel in channels)
    if 0 < high < 16:
        raise UnclearValues(0, 256 * high + 255)
