"""The letters ABCD as figures, from a photo and the lesion's outline.

They measure pixels, to teach what the letters mean; they do not replace the score of a trained observer. A, B
and C follow the ABCD rule of dermoscopy (Stolz et al. 1994; Nachbar et al. 1994,
doi:10.1016/S0190-9622(94)70061-3). D is the diameter, as in the naked eye's rule (Friedman et al. 1985): the
dermoscopic D, differential structures, is not measured. Of a lesion that extends beyond the photo the
visible part is measured.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from melanoma.lesion.outline import diameter

COLOURS: dict[str, tuple[int, int, int]] = {
    "light brown": (168, 118, 84),
    "dark brown": (104, 66, 46),
    "black": (42, 30, 30),
    "blue-grey": (104, 106, 122),
    "red": (172, 92, 86),
    "white": (226, 208, 200),
}
"""The six colours of the ABCD rule (Stolz et al. 1994), in the order in which `colours` adds them."""
# The rule gives no numbers for these. They were chosen on drawings of known shape, see
# tests/lesion/test_outline.py.
_LOPSIDED = 0.1  # share that does not fold onto itself from which an axis counts
_PRESENT = 0.02  # share of the lesion from which a colour counts
_ABRUPT = 0.5  # share of the whole change of colour that happens within `_NARROW`
_NARROW = 0.06  # of the lesion's diameter
_VISIBLE = 5.0  # Delta E between inside and outside; with less there is no border to call abrupt

_RADIUS = 48  # of a circle of the lesion's area where its symmetry is measured, pixels
_SKIN_TINT = np.array([12.0, 16.0], np.float32)  # a* and b* of the drawings' skin
_BLURRED = 0.03  # of the diameter: nearer to the outline colours mix with the skin's
_OCTANTS = 8
_DEPTHS = np.arange(-0.21, 0.151, 0.02)  # from inside to outside the outline, of the diameter


@dataclass(frozen=True)
class Abcd:
    """The ABCD figures of a lesion."""

    asymmetry: tuple[float, float]
    """Share of the area that does not fold onto itself, 0 to 1, about two axes at right angles through the
    centre of area: |M xor mirrored M| / 2|M| (Stoecker et al. 1992). As in the rule, the pair of axes
    with the least sum is used. Of the shape alone, not of colour or structure; the smaller share first."""
    asymmetric_axes: int
    """How many of the two axes exceed a share of 0.1: the rule's 0, 1 or 2."""
    compactness: float
    """4 pi area / perimeter^2 (Cox 1927), of the outline as drawn: 1 for a circle, towards 0 with every
    notch."""
    convexity: float
    """Area over that of the convex hull (solidity), 0 to 1: 1 without any notch or bay."""
    abrupt_octants: int
    """0 to 8: in how many of eight sectors about the centre the colour changes abruptly at the border. In an
    abrupt octant at least half of the change of colour, from well inside to outside, happens within 0.06 of
    the diameter, and the change is at least Delta E 5."""
    colours: dict[str, float]
    """Share of the lesion, 0 to 1, nearest in CIELAB to each of the six dermoscopic colours, after the skin
    around has been given one tint. What is nearer to that skin than to any of the six counts for none, and
    so does white that is not lighter than it."""
    area: int
    """Pixels."""
    longest_diameter: float
    """Between the two points of the outline furthest apart, pixels. Millimetres would take the lens's
    scale."""

    @property
    def colours_present(self) -> tuple[str, ...]:
        """Those of the six colours that cover at least 2% of the lesion; the rule counts 1 to 6."""
        return tuple(name for name, share in self.colours.items() if share >= _PRESENT)


def abcd(image: np.ndarray, mask: np.ndarray) -> Abcd:
    """Return the figures for a photo, uint8 (H, W, 3) RGB, and an outline, bool (H, W).

    The outline's largest part counts where it has several. Raises ValueError for an empty mask, or one of
    another size than the photo.
    """
    if mask.shape != image.shape[:2]:
        raise ValueError(f"the mask is {mask.shape}, the image {image.shape[:2]}")
    if not mask.any():
        raise ValueError("the mask is empty: there is no lesion to measure")
    mask, contour = _largest_part(mask)
    hull = cv2.convexHull(contour)
    area = int(mask.sum())
    asymmetry = _asymmetry(mask)
    lab = cv2.cvtColor(image.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    traced = max(cv2.contourArea(contour), 1.0)
    return Abcd(
        asymmetry=asymmetry,
        asymmetric_axes=sum(share > _LOPSIDED for share in asymmetry),
        compactness=min(1.0, 4 * np.pi * traced / max(_perimeter(contour), 1.0) ** 2),
        convexity=min(1.0, traced / max(cv2.contourArea(hull), 1.0)),
        abrupt_octants=_abrupt_octants(lab, mask),
        colours=_colours(lab, mask),
        area=area,
        longest_diameter=_longest_diameter(hull),
    )


def _largest_part(mask: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the largest connected part of a mask, and its outer contour, int (n, 1, 2)."""
    _, labels, figures, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8))
    part = labels == 1 + figures[1:, cv2.CC_STAT_AREA].argmax()
    contours, _ = cv2.findContours(part.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    return part, max(contours, key=len)


def _perimeter(contour: np.ndarray) -> float:
    """Return the contour's length, pixels, without the staircase of pixels: each point is the mean of
    five."""
    points = contour[:, 0].astype(np.float64)
    smooth = np.mean([np.roll(points, shift, axis=0) for shift in range(-2, 3)], axis=0)
    return float(np.linalg.norm(smooth - np.roll(smooth, 1, axis=0), axis=1).sum())


def _longest_diameter(hull: np.ndarray) -> float:
    points = hull[:, 0].astype(np.float64)
    return float(np.linalg.norm(points[:, None] - points[None], axis=2).max() + 1)


def _asymmetry(mask: np.ndarray) -> tuple[float, float]:
    """Return `Abcd.asymmetry`: the mask is turned by steps of 5 degrees and folded along both axes."""
    y, x = np.nonzero(mask)
    scale = _RADIUS / np.sqrt(len(y) / np.pi)
    side = 2 * int(np.ceil(scale * np.hypot(y - y.mean(), x - x.mean()).max())) + 5
    pairs = []
    for degrees in range(0, 90, 5):
        turn = cv2.getRotationMatrix2D((x.mean(), y.mean()), degrees, scale)
        turn = turn + [[0, 0, (side - 1) / 2 - x.mean()], [0, 0, (side - 1) / 2 - y.mean()]]
        shape = cv2.warpAffine(mask.astype(np.float32), turn, (side, side), flags=cv2.INTER_LINEAR)
        pairs.append(
            [float(np.abs(shape - np.flip(shape, axis)).sum() / (2 * shape.sum())) for axis in (0, 1)]
        )
    low, high = sorted(min(pairs, key=sum))
    return low, high


def _signed_depth(mask: np.ndarray) -> np.ndarray:
    """Return each pixel's distance to the outline over the lesion's diameter, below 0 inside."""
    solid = mask.astype(np.uint8)
    outside = cv2.distanceTransform(1 - solid, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    inside = cv2.distanceTransform(solid, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    return (outside - inside) / diameter(mask)


def _abrupt_octants(lab: np.ndarray, mask: np.ndarray) -> int:
    """Return `Abcd.abrupt_octants`, from the mean colour at each depth below and above the outline."""
    depth = _signed_depth(mask)
    y, x = np.nonzero(mask)
    rows, columns = np.nonzero((depth >= _DEPTHS[0]) & (depth < _DEPTHS[-1]))
    angle = np.arctan2(rows - y.mean(), columns - x.mean())
    octant = np.floor((angle + np.pi) / (2 * np.pi) * _OCTANTS).astype(int) % _OCTANTS
    layer = np.digitize(depth[rows, columns], _DEPTHS) - 1
    layers = len(_DEPTHS) - 1
    place = octant * layers + layer
    counts = np.bincount(place, minlength=_OCTANTS * layers).reshape(_OCTANTS, layers)
    colour = np.stack(
        [
            np.bincount(place, lab[rows, columns, i], _OCTANTS * layers).reshape(counts.shape)
            for i in range(3)
        ],
        axis=-1,
    )
    return sum(_is_abrupt(sums, number) for sums, number in zip(colour, counts, strict=True))


def _is_abrupt(sums: np.ndarray, counts: np.ndarray) -> bool:
    """Return True if the colour, summed by layer (n, 3) over `counts` (n,), changes within a narrow band."""
    profile = sums[counts > 0] / counts[counts > 0, None]
    narrow = round(_NARROW / (_DEPTHS[1] - _DEPTHS[0]))
    if len(profile) < 3 * narrow:  # too small a lesion, or this side of it lies beyond the photo
        return False
    whole = profile[-narrow:].mean(axis=0) - profile[:narrow].mean(axis=0)
    change = float(np.linalg.norm(whole))
    along = profile @ whole / max(change, 1e-6)
    return change >= _VISIBLE and float((along[narrow:] - along[:-narrow]).max()) >= _ABRUPT * change


def _colours(lab: np.ndarray, mask: np.ndarray) -> dict[str, float]:
    """Return `Abcd.colours`.

    Fine texture is smoothed away over 0.02 of the lesion's diameter. Cameras tint: a* and b* are moved
    together so that the skin around, the lighter part of a ring, has the tint of the drawings' skin.
    """
    lab = cv2.GaussianBlur(lab, (0, 0), max(0.5, 0.02 * diameter(mask)))
    depth = _signed_depth(mask)
    core = depth < -_BLURRED
    pixels = lab[core if core.any() else mask]
    references = cv2.cvtColor(np.array([list(COLOURS.values())], np.float32) / 255, cv2.COLOR_RGB2LAB)[0]
    around = (depth > 0.05) & (depth < 0.3) & (lab[..., 0] > np.median(pixels[:, 0]))
    skin_lightness = 0.0
    if around.any():
        skin = np.median(lab[around], axis=0)
        skin_lightness = float(skin[0])
        pixels[:, 1:] += _SKIN_TINT - skin[1:]
        references = np.vstack([references, [skin_lightness, *_SKIN_TINT]])
    nearest = np.linalg.norm(pixels[:, None] - references[None], axis=2).argmin(axis=1)
    shares = {}
    for number, name in enumerate(COLOURS):
        counted = (nearest == number) & ((name != "white") | (pixels[:, 0] > skin_lightness))
        shares[name] = float(counted.mean())
    return shares
