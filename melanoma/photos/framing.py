"""The square of a photo that the network sees, and the way back from its pixels to the photo's."""

from dataclasses import dataclass

import cv2
import numpy as np

from melanoma.errors import UserError


@dataclass(frozen=True)
class Geometry:
    """Which part of a photo the network saw: a square of `side` pixels from (`left`, `top`)."""

    width: int
    height: int
    left: int
    top: int
    side: int
    size: int
    """Side of the network's input, pixels."""

    def cut(self, picture: np.ndarray) -> np.ndarray:
        """Return the square of a picture on the photo's pixels, uint8 (H, W) or (H, W, c), at `size`.

        Shrinking averages areas; enlarging is bilinear.
        """
        square = picture[self.top : self.top + self.side, self.left : self.left + self.side]
        interpolation = cv2.INTER_AREA if self.side > self.size else cv2.INTER_LINEAR
        return cv2.resize(square, (self.size, self.size), interpolation=interpolation)

    def cut_mask(self, mask: np.ndarray) -> np.ndarray:
        """Return the square of a mask of the photo, bool (H, W), as bool (size, size).

        True where at least half of a pixel of the network's input lies inside.
        """
        return np.asarray(self.cut(mask.astype(np.uint8) * np.uint8(255)) >= 128)

    def lay_back(self, heatmap: np.ndarray) -> np.ndarray:
        """Return the heatmap on the photo's own pixels.

        `heatmap` is float (h, w) over the network's input. The result is float32 (height, width), bilinear
        with half-pixel centres, and NaN where the network saw nothing.
        """
        photo = np.full((self.height, self.width), np.nan, dtype=np.float32)
        resized = cv2.resize(
            heatmap.astype(np.float32), (self.side, self.side), interpolation=cv2.INTER_LINEAR
        )
        photo[self.top : self.top + self.side, self.left : self.left + self.side] = resized
        return photo

    @property
    def crops(self) -> bool:
        """True if part of the photo lies outside what the network saw."""
        return self.width != self.height


def frame(image: np.ndarray, size: int, framing: str = "centre-square") -> tuple[np.ndarray, Geometry]:
    """Return what the network sees, uint8 (size, size, 3), and where in the photo it lies.

    `centre-square` takes the centred square of the shorter side: nothing is squeezed, so round stays round.
    Raises UserError for another framing.
    """
    if framing != "centre-square":
        raise UserError(
            "The framing “{framing}” is unknown. This version knows “centre-square”.", framing=framing
        )
    height, width = image.shape[:2]
    side = min(height, width)
    geometry = Geometry(width, height, (width - side) // 2, (height - side) // 2, side, size)
    return geometry.cut(image), geometry
