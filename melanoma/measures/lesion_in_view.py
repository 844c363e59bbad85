"""The lesion's outline where a map needs it: on the photo's pixels to draw, on the network's to count."""

from dataclasses import dataclass

import cv2
import numpy as np

from melanoma.errors import UserError
from melanoma.lesion.outline import TRUSTED, Outline, find_lesion, widen
from melanoma.measures.overlap import inside_share
from melanoma.model.alert_wording import doubts
from melanoma.model.prediction import Prediction
from melanoma.photos.framing import Geometry
from melanoma.phrases import Say, english

_STRAIGHT = 0.7  # pixels of a photo as it is shown: so far a drawn line may lie beside the outline
_SHOWN = 900  # pixels of the longer side of a photo as it is shown


@dataclass(frozen=True)
class LesionInView:
    """One photo's outline."""

    contours: tuple[np.ndarray, ...]
    """Closed lines, float64 (n, 2) of x and y in the photo's pixels; empty if nothing was found."""
    mask: np.ndarray
    """bool (S, S), inside the outline, in the network's input."""
    confidence: float
    """See `lesion.outline.Outline`."""
    by_hand: bool = False
    """True if the user drew it."""
    share_not_seen: float = 0.0
    """Share of the outline's area outside what the network saw, 0..1."""

    @property
    def inside(self) -> np.ndarray | None:
        """The mask, bool (S, S), or None where nothing of the lesion is in view."""
        return self.mask if self.mask.any() else None

    @property
    def area(self) -> float | None:
        """The share of what the network saw that the widened outline covers, 0..1; None if not trusted."""
        return float(widen(self.mask).mean()) if self.trusted else None

    @property
    def not_seen(self) -> float | None:
        """The share of the lesion that the network did not see, 0..1; None if no outline is trusted."""
        return self.share_not_seen if self.contours and self.confidence >= TRUSTED else None

    @property
    def trusted(self) -> bool:
        """True if the outline is good enough to speak of."""
        return self.confidence >= TRUSTED and self.inside is not None

    def share_inside(self, heatmap: np.ndarray) -> float | None:
        """Return which share of a map's positive sum lies inside, 0..1; None without a trusted outline.

        The outline counts widened by `lesion.outline.MARGIN`. None as well if nothing in the map is positive.
        """
        if not self.trusted or heatmap.max() <= 0:
            return None
        return inside_share(heatmap, widen(self.mask))

    def evidence_inside(self, prediction: Prediction) -> float | None:
        """Return `share_inside` of the evidence for the likeliest diagnosis; None if there is no evidence."""
        if prediction.evidence is None:
            return None
        return self.share_inside(prediction.evidence[..., prediction.index(prediction.diagnosis)])

    def doubts(self, prediction: Prediction, say: Say = english) -> list[str]:
        """Return the reasons to distrust a prediction, with what this outline tells of them."""
        return doubts(prediction, say, self.evidence_inside(prediction), self.area, self.not_seen)


def find_lesion_in_view(photo: np.ndarray, geometry: Geometry) -> LesionInView:
    """Return the outline found in a whole photo, uint8 (H, W, 3) RGB, as the network sees it.

    `geometry` is the photo's own, such as `Prediction.geometry`.
    """
    return outline_in_view(find_lesion(photo), geometry)


def outline_in_view(outline: Outline, geometry: Geometry, by_hand: bool = False) -> LesionInView:
    """Return an outline on a photo's pixels, found or given, as the network sees it: the only way there is.

    Raises UserError if the outline's mask is not of the photo's size.
    """
    mask = outline.mask
    if mask.shape != (geometry.height, geometry.width):
        raise UserError(
            f"The mask has {mask.shape[1]} x {mask.shape[0]} pixels and the photo "
            f"{geometry.width} x {geometry.height}. Give a mask of the photo's own size."
        )
    found, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    near = _STRAIGHT * max(1.0, max(mask.shape) / _SHOWN)
    return LesionInView(
        contours=tuple(cv2.approxPolyDP(line, near, True)[:, 0] + 0.5 for line in found),
        mask=geometry.cut_mask(mask),
        confidence=outline.confidence,
        by_hand=by_hand,
        share_not_seen=float(1 - geometry.part(mask).sum() / mask.sum()) if mask.any() else 0.0,
    )
