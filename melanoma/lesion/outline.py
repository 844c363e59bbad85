"""The lesion's outline, found by classical means: where it differs from the skin around it.

The steps are those of the survey by Celebi et al. (2009): hair is painted out, the dark corners of the tube
are left aside, a threshold on the colour's distance from the skin parts lesion from skin, one region is
kept, filled and smoothed, and then widened a little, because dermatologists draw the outline outside the
visible border. Three thresholds give three candidates; the one that looks most like a lesion is the answer.
Along a photo that is much longer than high, squares are looked at one by one as well.
"""

import math
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np

from melanoma.lesion.hair_removal import SIDE, dark_corners, from_centre, without_hair

MARGIN = 0.1
"""Of the lesion's diameter. Dermatologists judge the border by the skin next to it, and two of them do not
draw the same outline; so a widened outline says what counts as looking at the lesion."""

LONG = 1.5
"""Longer side over shorter. In a longer photo a lesion may be small against the whole and far from its
centre, so it is sought in squares along the photo too."""
TRUSTED = 0.5
"""Confidence from which an outline is spoken of and framed by."""

# Chosen on samples of the training side; docs/outline.md has the figures.
# Lengths are in pixels of the picture that is worked on, whose longer side is `hair_removal.SIDE`.
_DETAIL = 1.5  # standard deviation of the blur that takes texture away before the threshold
_SHARE_EVEN, _SHARE_UNEVEN = 0.55, 0.7  # of the way from the skin's mean distance to Otsu's threshold
_MIDDLE = 0.15  # of the shorter side: deviation of the weight with which small central lesions are sought
_SMOOTH = 3.0  # that of the blur which smooths the outline
_GENEROUS = 0.035  # of the diameter: dermatologists draw the outline this far outside the threshold's
_LEAST = 20  # pixels: a smaller region is no lesion
_NEAR = 8.0  # pixels to the outline beyond which distances need not be told apart
_MOST = 25  # squares along a long photo, 0.3 s; they stand half a side apart up to 13 times as long as high
_VISIBLE = 1.0  # Delta E, a step that the eye just sees: below it the confidence falls to 0

# What makes a candidate look like a lesion: weights of `Candidate.signs` in the expected overlap, fitted by
# least squares on 2400 images of the training side with `python -m benchmarks.outline --fit`.
_WEIGHTS = np.array([0.395, 1.011, -0.664, -0.111, 0.344])
_INTERCEPT = -0.472


@dataclass(frozen=True)
class Outline:
    """Where the lesion lies, and how far to trust it."""

    mask: np.ndarray
    """bool (H, W), True inside; all False where nothing was found."""
    confidence: float
    """0 to 1: the intersection over union to expect with a dermatologist's outline, estimated from how well
    three thresholds agree and from the region's shape, place, size and contrast. 0 if nothing was found."""

    @property
    def found(self) -> bool:
        """True if there is an outline."""
        return bool(self.mask.any())

    @property
    def trusted(self) -> bool:
        """True if the outline is good enough to speak of."""
        return self.confidence >= TRUSTED and self.found


@dataclass(frozen=True)
class Candidate:
    """One threshold's answer, on the small picture."""

    inside: np.ndarray
    """float32 (h, w), pixels to the outline, above 0 inside."""
    signs: np.ndarray
    """float64 (5,): least intersection over union with the other candidates; solidity, the area over that
    of the convex hull; distance of its centre from the picture's, in shorter sides; share of the picture's
    rim that it covers; share of the picture."""
    step: float
    """How much further from the skin's colour its border's inner side is than the outer, Delta E."""

    @property
    def expected_overlap(self) -> float:
        """Intersection over union to expect with a dermatologist's outline, 0 to 1."""
        visible = np.clip(self.step / _VISIBLE, 0, 1)
        return float(visible * np.clip(self.signs @ _WEIGHTS + _INTERCEPT, 0, 1))


def find_lesion(image: np.ndarray) -> Outline:
    """Return the outline of the lesion in a photo, uint8 (H, W, 3) RGB.

    Always answers, on the photo's own pixels: a photo without a lesion, or filled by one, gives a low
    confidence or an empty mask. Of several lesions it is the surest one.
    Raises ValueError for what is not such an array.
    """
    if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8 or not image.size:
        raise ValueError(f"an image is uint8 (H, W, 3), not {image.dtype} {image.shape}")
    height, width = image.shape[:2]
    mask = np.zeros((height, width), dtype=bool)
    found = [(part, candidate) for part in _parts(height, width) for candidate in candidates(image[part])]
    if not found:
        return Outline(mask, 0.0)
    part, best = max(found, key=lambda one: one[1].expected_overlap)
    # Distances as 16-bit numbers: of a photo of 36 megapixels the floats would take 144 MB.
    near = np.rint(np.clip(best.inside, -_NEAR, _NEAR) * (np.iinfo(np.int16).max / _NEAR)).astype(np.int16)
    rows, columns = mask[part].shape
    mask[part] = cv2.resize(near, (columns, rows), interpolation=cv2.INTER_LINEAR) > 0
    return Outline(mask, best.expected_overlap if mask.any() else 0.0)


def _parts(height: int, width: int) -> list[tuple[slice, slice]]:
    """Return where to look: the whole photo and, in one longer than `LONG`, squares along it."""
    whole = (slice(0, height), slice(0, width))
    side = min(height, width)
    rest = max(height, width) - side
    if max(height, width) <= LONG * side:
        return [whole]
    squares = [round(start) for start in np.linspace(0, rest, min(_MOST, 1 + math.ceil(2 * rest / side)))]
    along = [slice(start, start + side) for start in squares]
    return [whole, *((whole[0], one) if width > height else (one, whole[1]) for one in along)]


def candidates(image: np.ndarray) -> list[Candidate]:
    """Return what the thresholds find in uint8 (H, W, 3) RGB, three candidates at most."""
    scale = SIDE / max(image.shape[:2])
    size = (max(8, round(image.shape[1] * scale)), max(8, round(image.shape[0] * scale)))
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    seen = ~dark_corners(small)
    if not seen.any():
        return []
    lab = cv2.cvtColor(without_hair(small).astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    lab = cv2.GaussianBlur(lab, (0, 0), _DETAIL)
    even = _distance(lab - _skin_colour(lab, seen))
    uneven = _distance(lab - _skin_surface(lab, seen))
    weight = seen.astype(np.float32)
    thresholded = (
        _above_threshold(even, weight, _SHARE_EVEN),
        _above_threshold(uneven, weight, _SHARE_UNEVEN),
        _above_threshold(uneven, weight * _shape_of(*seen.shape).middle, _SHARE_UNEVEN),
    )
    regions = [inside for mask in thresholded if (inside := _region(mask & seen)) is not None]
    masks = [inside > 0 for inside in regions]
    return [
        Candidate(inside, _signs(number, masks), _step(masks[number], even, seen))
        for number, inside in enumerate(regions)
    ]


def diameter(mask: np.ndarray) -> float:
    """Return the diameter of the circle with the mask's area, pixels; `mask` is bool (H, W)."""
    return float(2 * np.sqrt(mask.sum() / np.pi))


def widen(mask: np.ndarray, margin: float = MARGIN) -> np.ndarray:
    """Return the mask, bool (H, W), with all pixels nearer to it than this share of its diameter."""
    if not mask.any():
        return mask.copy()
    away = cv2.distanceTransform((~mask).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    return np.asarray(away <= margin * diameter(mask))


def overlap(one: np.ndarray, other: np.ndarray) -> float:
    """Return the intersection over union (Jaccard index) of two masks, bool (H, W); 1 if both are empty."""
    union = int((one | other).sum())
    return float((one & other).sum() / union) if union else 1.0


@dataclass(frozen=True)
class _Shape:
    """What hangs on a picture's shape alone; most photos have one of few. Not to write to."""

    terms: np.ndarray
    """float64 (h, w, 6), those of a quadratic surface over -1 to 1."""
    central: np.ndarray
    """float64 (h, w), how much a pixel counts where one of several regions is chosen."""
    middle: np.ndarray
    """float32 (h, w), how much it counts where small central lesions are sought."""


@lru_cache(maxsize=32)  # 1.8 MB each at 192 x 192
def _shape_of(height: int, width: int) -> _Shape:
    y, x = np.meshgrid(np.linspace(-1, 1, height), np.linspace(-1, 1, width), indexing="ij")
    shape = _Shape(
        np.stack([np.ones_like(x), x, y, x * x, y * y, x * y], axis=-1),
        np.exp(-0.5 * (x**2 + y**2) / 0.6**2),
        np.exp(-0.5 * (from_centre(height, width) / _MIDDLE) ** 2).astype(np.float32),
    )
    for grid in vars(shape).values():
        grid.flags.writeable = False
    return shape


def _skin_colour(lab: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """Return the skin's colour, float (3,): the median of the lighter part of the picture's rim."""
    band = max(4, round(0.08 * min(seen.shape)))
    rim = seen.copy()
    rim[band:-band, band:-band] = False
    colours = lab[rim] if rim.sum() > _LEAST else lab[seen]
    return np.median(colours[colours[:, 0] >= np.quantile(colours[:, 0], 0.4)], axis=0)


def _skin_surface(lab: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """Return the skin's colour at each pixel, float32 (h, w, 3): a quadratic surface through what is skin.

    Uneven light and vignetting are smooth. The fit is robust (iterated, Geman and McClure's weights) and
    trusts the rim more than the middle, where the lesion is.
    """
    terms = _shape_of(*seen.shape).terms
    some = terms[::4, ::4].reshape(-1, 6)
    colours = lab[::4, ::4].reshape(-1, 3).astype(np.float64)
    trust = seen[::4, ::4].ravel() * (0.15 + np.abs(some[:, 1:3]).max(axis=1) ** 2)
    weights = trust
    for _ in range(6):
        normal = (some.T * weights) @ some + (1e-5 * weights.sum() + 1e-9) * np.eye(6)
        surface = np.linalg.solve(normal, (some.T * weights) @ colours)
        away = colours - some @ surface
        away[:, 0] = np.where(away[:, 0] > 0, 0.3 * away[:, 0], away[:, 0])  # lighter is rarely lesion
        error = np.linalg.norm(away, axis=1)
        usual = max(2.0, float(np.median(error[trust > 0]))) if trust.any() else 2.0
        weights = trust / (1 + (error / usual) ** 2) ** 2
    return (terms @ surface).astype(np.float32)


def _distance(difference: np.ndarray) -> np.ndarray:
    """Return the distance from the skin's colour, Delta E (CIE 1976), (h, w). Lighter is no distance."""
    darker = np.maximum(-difference[..., 0], 0)
    return np.sqrt(darker**2 + difference[..., 1] ** 2 + difference[..., 2] ** 2)


def _above_threshold(distance: np.ndarray, weight: np.ndarray, share: float) -> np.ndarray:
    """Return where the distance lies above the threshold, bool (h, w).

    In the histogram each pixel counts by its weight. The threshold lies `share` of the way from the skin's
    mean to Otsu's threshold (1979): dermatologists outline more than Otsu does.
    """
    levels = np.clip(distance * 3, 0, 255).astype(np.uint8)
    histogram = np.bincount(levels.ravel(), weight.ravel(), 256)
    below, moment = np.cumsum(histogram), np.cumsum(histogram * np.arange(256))
    rest = below[-1] - below
    with np.errstate(divide="ignore", invalid="ignore"):
        between = np.nan_to_num((moment[-1] * below / below[-1] - moment) ** 2 / (below * rest), posinf=0)
    otsu = int(between.argmax())
    skin = moment[otsu] / max(below[otsu], 1e-6)
    return np.asarray(levels > skin + share * (otsu - skin))


def _region(mask: np.ndarray) -> np.ndarray | None:
    """Return the likeliest region, filled, smoothed and widened, as pixels to its outline; or None."""
    disc = [cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)) for side in (5, 9)]
    opened = cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_OPEN, disc[0])
    count, labels = cv2.connectedComponents(cv2.morphologyEx(opened, cv2.MORPH_CLOSE, disc[1]))
    if count < 2:
        return None
    central = _shape_of(*mask.shape).central
    region = (labels == 1 + np.bincount(labels.ravel(), central.ravel(), count)[1:].argmax()).astype(np.uint8)
    contours, _ = cv2.findContours(region, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    cv2.drawContours(region, contours, -1, 1, cv2.FILLED)
    smooth = (cv2.GaussianBlur(region.astype(np.float32), (0, 0), _SMOOTH) > 0.5).astype(np.uint8)
    if smooth.sum() < _LEAST:
        return None
    away = cv2.distanceTransform(1 - smooth, cv2.DIST_L2, cv2.DIST_MASK_5)
    return np.asarray(_GENEROUS * diameter(smooth) - away + 0.5)


def _signs(number: int, masks: list[np.ndarray]) -> np.ndarray:
    """Return `Candidate.signs` of one of the masks."""
    mask, others = masks[number], masks[:number] + masks[number + 1 :]
    agreement = min((overlap(mask, other) for other in others), default=0.0)
    contours, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    contour = max(contours, key=len)
    solidity = cv2.contourArea(contour) / max(cv2.contourArea(cv2.convexHull(contour)), 1.0)
    y, x = np.nonzero(mask)
    height, width = mask.shape
    off_centre = np.hypot(y.mean() - (height - 1) / 2, x.mean() - (width - 1) / 2) / min(height, width)
    rim = np.concatenate([mask[0], mask[-1], mask[:, 0], mask[:, -1]]).mean()
    return np.array([agreement, solidity, off_centre, rim, mask.mean()])


def _step(mask: np.ndarray, distance: np.ndarray, seen: np.ndarray) -> float:
    """Return `Candidate.step`: over three pixels on either side of the outline; 0 where a side is missing."""
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (7, 7))
    solid = mask.astype(np.uint8)
    within = mask & (cv2.erode(solid, disc) == 0)
    beyond = ~mask & seen & (cv2.dilate(solid, disc) > 0)
    if not (within.any() and beyond.any()):
        return 0.0
    return float(distance[within].mean() - distance[beyond].mean())
