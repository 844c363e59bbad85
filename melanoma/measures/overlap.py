"""How much of a map lies inside the lesion's outline."""

import cv2
import numpy as np

from melanoma.measures.base import MapCase, Measure


def coverage(mask: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Return which share of each cell of a grid (h, w) lies inside the mask, float32 0..1."""
    return cv2.resize(mask.astype(np.float32), shape[::-1], interpolation=cv2.INTER_AREA)


def inside_share(heatmap: np.ndarray, mask: np.ndarray) -> float:
    """Return the share of the map's positive sum that lies inside the mask, 0..1; NaN if nothing is positive.

    A cell on the outline counts with the share of it that is inside.
    """
    positive = np.maximum(heatmap, 0)
    total = positive.sum(dtype=np.float64)
    covered = coverage(mask, (heatmap.shape[0], heatmap.shape[1]))
    return float((positive * covered).sum(dtype=np.float64) / total) if total > 0 else float("nan")


def pointing_hit(heatmap: np.ndarray, mask: np.ndarray) -> float:
    """Return the share of the strongest cells that lie inside the mask: 1 or 0, between where cells tie.

    A cell is inside if half of it is. NaN if nothing in the map is positive.
    """
    highest = heatmap.max()
    if highest <= 0:
        return float("nan")
    inside = coverage(mask, (heatmap.shape[0], heatmap.shape[1])) >= 0.5
    return float(inside[heatmap == highest].mean())


class InsideShare(Measure):
    """Share of the evidence inside the outline."""

    name = "inside"
    title = "Evidence inside the lesion"
    meaning = (
        "Share of the evidence for the diagnosis that lies inside the lesion's outline, widened by a "
        "tenth, 0 to 1; chance gives the lesion's own share of the image."
    )
    better = "higher"
    paper = "Wang et al. 2020, Score-CAM, arXiv:1910.01279 (energy-based pointing game)"
    needs = ("mask",)

    def value(self, case: MapCase) -> float:
        """Return the share, 0..1, or NaN if no region speaks for the class."""
        return inside_share(case.heatmap, case.lesion)


class PointingGame(Measure):
    """Whether the strongest cell hits the lesion."""

    name = "pointing"
    title = "Pointing game"
    meaning = "1 if the strongest spot of the map lies inside the lesion's widened outline, 0 if not."
    better = "higher"
    paper = "Zhang et al. 2016, Top-down neural attention by excitation backprop, arXiv:1608.00507"
    needs = ("mask",)

    def value(self, case: MapCase) -> float:
        """Return 1 or 0, or NaN if no region speaks for the class."""
        return pointing_hit(case.heatmap, case.lesion)
