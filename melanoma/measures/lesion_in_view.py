"""The lesion's outline where a map needs it: on the photo's pixels to draw, on the network's to count."""

from dataclasses import dataclass

import cv2
import numpy as np

from melanoma.lesion.outline import Outline, find_lesion, widen
from melanoma.measures.overlap import inside_share
from melanoma.model.prediction import Prediction
from melanoma.photos.framing import frame

TRUSTED = 0.5
"""Confidence from which the page speaks of what lies inside: the expected overlap with a dermatologist's."""
_SIDE = 900  # pixels of the longer side: more than the search for the outline looks at, and quick


@dataclass(frozen=True)
class SeenLesion:
    """One photo's outline."""

    contours: tuple[np.ndarray, ...]
    """Closed lines, float64 (n, 2) of x and y in the photo's pixels; empty if nothing was found."""
    mask: np.ndarray
    """bool (S, S), inside the outline, in the network's input."""
    confidence: float
    """See `lesion.Outline`."""
    by_hand: bool = False
    """True if the user drew it."""

    @property
    def trusted(self) -> bool:
        """True if the outline is good enough to speak of."""
        return bool(self.confidence >= TRUSTED and self.mask.any())

    def share_inside(self, heatmap: np.ndarray) -> float | None:
        """Return which share of a map's positive sum lies inside, 0..1; None without a trusted outline.

        The outline counts widened by `lesion.MARGIN`. None as well if nothing in the map is positive.
        """
        if not self.trusted or heatmap.max() <= 0:
            return None
        return inside_share(heatmap, widen(self.mask))

    def evidence_inside(self, prediction: Prediction) -> float | None:
        """Return `share_inside` of the evidence for the likeliest diagnosis; None if there is no evidence."""
        if prediction.evidence is None:
            return None
        return self.share_inside(prediction.evidence[..., prediction.index(prediction.diagnosis)])


def seen_lesion(photo: np.ndarray, size: int) -> SeenLesion:
    """Return the outline in a photo, uint8 (H, W, 3), for a network that sees (size, size) pixels."""
    height, width = photo.shape[:2]
    scale = min(1.0, _SIDE / max(height, width))
    small = cv2.resize(
        photo, (max(1, round(width * scale)), max(1, round(height * scale))), interpolation=cv2.INTER_AREA
    )
    return seen_outline(find_lesion(small), (height, width), size)


def seen_outline(outline: Outline, shape: tuple[int, int], size: int, by_hand: bool = False) -> SeenLesion:
    """Return an outline of a photo of `shape` (H, W), found or drawn at any scale, as a network sees it."""
    height, width = shape
    inside = np.repeat(outline.mask.astype(np.uint8)[..., None] * 255, 3, axis=2)
    found, _ = cv2.findContours(outline.mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    stretch = np.array([width / outline.mask.shape[1], height / outline.mask.shape[0]])
    return SeenLesion(
        contours=tuple((cv2.approxPolyDP(line, 0.7, True)[:, 0] + 0.5) * stretch for line in found),
        mask=frame(inside, size)[0][..., 0] >= 128,
        confidence=outline.confidence,
        by_hand=by_hand,
    )
