"""The square of a photo that the network sees, and the way back from its pixels to the photo's."""

from dataclasses import dataclass

import cv2
import numpy as np


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

    def part(self, picture: np.ndarray) -> np.ndarray:
        """Return the square of a picture on the photo's pixels, (H, W) or (H, W, c), as it is."""
        return picture[self.top : self.top + self.side, self.left : self.left + self.side]

    def cut(self, picture: np.ndarray) -> np.ndarray:
        """Return the square of a picture on the photo's pixels, uint8 (H, W) or (H, W, c), at `size`.

        Shrinking averages areas; enlarging is bilinear.
        """
        square = self.part(picture)
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

    def on_copy(self, width: int, height: int) -> "Geometry":
        """Return the same square on a copy of the photo of another size, pixels."""
        start = round(max(self.left, self.top) * max(width, height) / max(self.width, self.height))
        return square_along(width, height, min(start, abs(width - height)), self.size)

    @property
    def centred(self) -> bool:
        """True if the square lies in the middle of the photo."""
        return max(self.left, self.top) == abs(self.width - self.height) // 2

    @property
    def crops(self) -> bool:
        """True if part of the photo lies outside what the network saw."""
        return self.width != self.height


def square_along(width: int, height: int, start: int, size: int) -> Geometry:
    """Return the square of the shorter side that begins `start` pixels along the longer one."""
    left, top = (start, 0) if width > height else (0, start)
    return Geometry(width, height, left, top, min(width, height), size)


def centred_square(width: int, height: int, size: int) -> Geometry:
    """Return the square of the shorter side in the middle of a photo."""
    return square_along(width, height, abs(width - height) // 2, size)


def frame(image: np.ndarray, size: int) -> tuple[np.ndarray, Geometry]:
    """Return an image's centred square, uint8 (size, size, 3), and where in the image it lies.

    Nothing is squeezed, so round stays round. `melanoma.lesion.framing` frames photos for a network.
    """
    geometry = centred_square(image.shape[1], image.shape[0], size)
    return geometry.cut(image), geometry
