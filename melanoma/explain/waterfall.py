"""Log-odds as a sum of few parts: what no region gives, the largest regions of the evidence map, the rest."""

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import label

FAINT = 0.1
"""Of the strongest cell's magnitude: fainter cells join no region, or they would bridge distinct ones."""


@dataclass(frozen=True)
class Region:
    """Connected cells of one sign."""

    total: float
    """Sum of its cells, logit units; negative if it speaks against the diagnosis."""
    cells: np.ndarray
    """bool (h, w)."""

    @property
    def centre(self) -> tuple[float, float]:
        """The mean row and column of its cells, as shares of the image's height and width, 0..1."""
        rows, columns = np.nonzero(self.cells)
        height, width = self.cells.shape
        return float((rows.mean() + 0.5) / height), float((columns.mean() + 0.5) / width)


@dataclass(frozen=True)
class Waterfall:
    """`base` + the totals of `regions` + `rest` = the log-odds."""

    base: float
    """Starting value less division: what the log-odds are before any region counts."""
    regions: tuple[Region, ...]
    """Largest magnitude first."""
    rest: float

    @property
    def log_odds(self) -> float:
        """What all parts add up to."""
        return self.base + sum(region.total for region in self.regions) + self.rest


def waterfall(heatmap: np.ndarray, base: float, most: int = 5) -> Waterfall:
    """Return the parts of log-odds from their evidence map (h, w), with at most `most` regions.

    A region is a set of cells of one sign that touch by their sides; cells under `FAINT` count to the rest,
    as do the regions beyond `most`.
    """
    values = np.asarray(heatmap, dtype=np.float64)
    least = FAINT * np.abs(values).max(initial=0)
    regions = []
    for strong in (values > least, values < -least):
        labels, count = label(strong)
        for number in range(1, count + 1):
            cells = labels == number
            regions.append(Region(float(values[cells].sum()), cells))
    regions.sort(key=lambda region: -abs(region.total))
    kept = tuple(regions[:most])
    return Waterfall(float(base), kept, float(values.sum()) - sum(region.total for region in kept))
