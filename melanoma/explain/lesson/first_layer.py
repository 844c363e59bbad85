"""The first layer of a network as numbers to compute with: its filters, what they make, what follows.

Batch normalisation is an affine function of each filter's answer once a network is fitted, so it is
multiplied into the weights here: the same answers, but for rounding (Jacob et al. 2018, arXiv:1712.05877).
"""

from dataclasses import dataclass

import numpy as np

CHANNELS = 3


@dataclass(frozen=True)
class Rectifier:
    """x where it lies between 0 and the ceiling, the ceiling above, and x times the slope below 0."""

    slope: float
    ceiling: float | None
    """None if there is none."""

    def __call__(self, values: np.ndarray) -> np.ndarray:
        """Return what becomes of an array of any shape."""
        ceiling = np.inf if self.ceiling is None else self.ceiling
        return np.minimum(np.where(values < 0, self.slope * values, values), ceiling)


@dataclass(frozen=True)
class Pooling:
    """The largest, or the mean, of the cells in a window that moves by its stride; rows before columns."""

    largest: bool
    """False for the mean."""
    window: tuple[int, int]
    stride: tuple[int, int]
    before: tuple[int, int]
    """Cells of the first window above and left of the map; they count for nothing."""
    shape: tuple[int, int]
    """Of the pooled map."""


@dataclass(frozen=True)
class FirstLayer:
    """A network's first convolution; rows before columns everywhere."""

    kernels: np.ndarray
    """float32 (h, w, 3, filters), batch normalisation included."""
    biases: np.ndarray
    """float32 (filters,)."""
    scale: np.ndarray
    """float64 (3,): what the layer is given of a pixel 0..255 is scale times pixel plus offset."""
    offset: np.ndarray
    stride: tuple[int, int]
    dilation: tuple[int, int]
    before: tuple[int, int]
    """Rows and columns of zeros above and left of the picture."""
    shape: tuple[int, int]
    """Of a filter's map."""
    normalised: bool
    """True if batch normalisation follows the convolution, and is in the numbers above."""
    rectifier: Rectifier | None
    """None if something else follows, or nothing."""
    output: str
    """The layer whose output `maps` is."""
    pooling: Pooling | None
    """None if no pooling comes next."""

    def sums(self, pixels: np.ndarray) -> np.ndarray:
        """Return all filters' answers to uint8 (S, S, 3) before the rectifier, float64 (*shape, filters)."""
        height, width = self.kernels.shape[:2]
        spans = [(side - 1) * step + 1 for side, step in zip((height, width), self.dilation, strict=True)]
        after = [
            max(0, (cells - 1) * stride + span - before - size)
            for cells, stride, span, before, size in zip(
                self.shape, self.stride, spans, self.before, pixels.shape, strict=False
            )
        ]
        given = pixels * self.scale + self.offset
        padded = np.pad(given, [*zip(self.before, after, strict=True), (0, 0)])
        patches = np.lib.stride_tricks.sliding_window_view(padded, spans, axis=(0, 1))
        patches = patches[:: self.stride[0], :: self.stride[1], :, :: self.dilation[0], :: self.dilation[1]]
        patches = patches[: self.shape[0], : self.shape[1]]
        return (
            np.tensordot(patches, self.kernels.astype(np.float64), axes=((3, 4, 2), (0, 1, 2))) + self.biases
        )

    def maps(self, pixels: np.ndarray) -> np.ndarray:
        """Return the output of `output` for uint8 (S, S, 3), float64 (*shape, filters)."""
        return self.rectified(self.sums(pixels))

    def rectified(self, sums: np.ndarray) -> np.ndarray:
        """Return what the rectifier, if there is one, makes of `sums`, of the same shape."""
        return sums if self.rectifier is None else self.rectifier(sums)
