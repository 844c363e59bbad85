"""Deletion and insertion: how the probability follows when the marked pixels are taken away or put back.

Both against the photo blurred, which takes away what is there without a colour that no photo has; Petsiuk et
al. (2018, arXiv:1806.07421) delete to black and insert into a blur, so areas are not theirs to compare.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from melanoma.edits.surroundings import painted_out
from melanoma.measures.base import MapCase, Measure

STEPS = 32  # from one image to the next a thirty-second of the pixels changes
BLUR = 0.08  # of the side: standard deviation; leaves colours and takes structure


@dataclass(frozen=True)
class PerturbationCurve:
    """The probability of a class while pixels are changed, the map's largest values first."""

    shares: np.ndarray
    """float64 (k,), of the pixels changed, from 0 to 1."""
    probabilities: np.ndarray
    """float64 (k,)."""

    @property
    def area(self) -> float:
        """Area under the curve by trapezoids, 0..1."""
        return float(np.trapezoid(self.probabilities, self.shares))


def deletion_curve(
    case: MapCase, reference: np.ndarray | None = None, steps: int = STEPS
) -> PerturbationCurve:
    """Return the probability while the photo's pixels become those of `reference`.

    `reference` is uint8 (S, S, 3), the blurred photo if None.
    """
    return _curve(case, case.pixels, _reference(case) if reference is None else reference, steps)


def insertion_curve(
    case: MapCase, reference: np.ndarray | None = None, steps: int = STEPS
) -> PerturbationCurve:
    """Return the probability while the pixels of `reference` become the photo's."""
    return _curve(case, _reference(case) if reference is None else reference, case.pixels, steps)


def blurred_photo(pixels: np.ndarray) -> np.ndarray:
    """Return the photo without detail, uint8 (S, S, 3)."""
    return cv2.GaussianBlur(pixels, (0, 0), BLUR * pixels.shape[0], borderType=cv2.BORDER_REFLECT_101)


def removal_ranks(heatmap: np.ndarray, side: int) -> np.ndarray:
    """Return when each pixel goes, int (side, side): 0 for the largest value of the map (h, w).

    The map is resized bilinearly. Pixels of one value go in an order that is random and always the same, so
    that a map without values favours no part of the image.
    """
    values = cv2.resize(heatmap.astype(np.float32), (side, side), interpolation=cv2.INTER_LINEAR).ravel()
    shuffled = np.random.default_rng(0).permutation(values.size)
    order = shuffled[np.argsort(-values[shuffled], kind="stable")]
    ranks = np.empty(values.size, dtype=np.int64)
    ranks[order] = np.arange(values.size)
    return ranks.reshape(side, side)


class Deletion(Measure):
    """Area under the deletion curve."""

    name = "deletion"
    title = "Deletion"
    meaning = (
        "Mean probability of the diagnosis, 0 to 1, while pixels are blurred away, the marked ones first; "
        "it falls early if the map marks what the network uses."
    )
    better = "lower"
    passes = STEPS + 1
    paper = "Petsiuk et al. 2018, RISE, arXiv:1806.07421"

    def value(self, case: MapCase) -> float:
        """Return the area, 0..1."""
        return case.computed_once(self.name, lambda: deletion_curve(case).area)


class SkinDeletion(Measure):
    """Area under the deletion curve towards the photo with its lesion painted out."""

    name = "deletion-to-skin"
    title = "Deletion towards bare skin"
    meaning = (
        "Mean probability of the diagnosis, 0 to 1, while pixels turn into bare skin, the marked ones first; "
        "it falls early if the map marks what the network uses, also for a mole, which blurred still is one."
    )
    better = "lower"
    passes = STEPS + 1
    paper = Deletion.paper
    needs = ("mask",)

    def value(self, case: MapCase) -> float:
        """Return the area, 0..1."""
        skin = painted_out(case.pixels, case.lesion.astype(np.float32))
        return case.computed_once(self.name, lambda: deletion_curve(case, skin).area)


class Insertion(Measure):
    """Area under the insertion curve."""

    name = "insertion"
    title = "Insertion"
    meaning = (
        "Mean probability of the diagnosis, 0 to 1, while pixels are put back into the blurred photo, "
        "the marked ones first; it rises early if the map marks what the network uses."
    )
    better = "higher"
    passes = STEPS + 1
    paper = Deletion.paper

    def value(self, case: MapCase) -> float:
        """Return the area, 0..1."""
        return case.computed_once(self.name, lambda: insertion_curve(case).area)


def _reference(case: MapCase) -> np.ndarray:
    return blurred_photo(case.pixels)


def _curve(case: MapCase, before: np.ndarray, after: np.ndarray, steps: int) -> PerturbationCurve:
    ranks = removal_ranks(case.heatmap, case.pixels.shape[0])
    shares = np.linspace(0, 1, steps + 1)
    images = np.stack(
        [np.where((ranks < share * ranks.size)[..., None], after, before) for share in shares]
    ).astype(np.uint8)
    return PerturbationCurve(shares, np.asarray(case.probabilities(images), dtype=np.float64)[:, case.index])
