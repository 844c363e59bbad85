"""An evidence map as a sum over channels: weight times feature map, the largest contributions first.

The evidence map and Grad-CAM are the same sum with other weights, so one class serves both: at the last layer
the mean gradient of a logit is the head's own weight over the number of cells.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np


@dataclass(frozen=True)
class Contributions:
    """What each channel adds to one diagnosis, largest magnitude first."""

    maps: np.ndarray
    """float32 (h, w, channels), in that order."""
    weights: np.ndarray
    """float32 (channels,): what one unit of a cell adds, logit units."""
    channels: np.ndarray
    """int (channels,): which channels of the layer they are."""

    @cached_property
    def totals(self) -> np.ndarray:
        """What each channel adds over all cells, float64 (channels,), logit units."""
        return self.maps.sum(axis=(0, 1), dtype=np.float64) * self.weights

    @property
    def whole(self) -> np.ndarray:
        """The sum of all contributions, float32 (h, w)."""
        return self.sum_of(len(self.channels))

    def product(self, number: int) -> np.ndarray:
        """Return what the contribution at this place of the order adds to each cell, float32 (h, w)."""
        return self.maps[..., number] * self.weights[number]

    def sum_of(self, count: int) -> np.ndarray:
        """Return the sum of the first `count` contributions, float32 (h, w)."""
        return self.maps[..., :count] @ self.weights[:count]

    def rest(self, count: int) -> float:
        """Return what all contributions after the first `count` add up to, logit units."""
        return float(self.totals[count:].sum())


def contributions(maps: np.ndarray, weights: np.ndarray) -> Contributions:
    """Return the contributions of maps (h, w, channels) with weights (channels,)."""
    order = np.argsort(-np.abs(maps.sum(axis=(0, 1), dtype=np.float64) * weights), kind="stable")
    return Contributions(maps[..., order], weights[order].astype(np.float32), order)


def counts_to_choose(channels: int) -> tuple[int, ...]:
    """Return 0, 1, 2 … 10, then ever larger steps, up to all channels: stops for a slider."""
    stops = {*range(11), 15, 20, 30, 50, 75, 100, 150, 200, 300, 500, 700, 1000}
    return tuple(sorted({stop for stop in stops if stop < channels} | {channels}))
