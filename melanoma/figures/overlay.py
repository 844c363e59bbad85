"""A heatmap over the square that the network saw, as pixels: the same on the page and in every file."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from melanoma.figures.map_colours import grey_copy, tint
from melanoma.photos.framing import Geometry

SIDE = 720
"""Pixels of a side of a drawn square: sharp in a column of the page, and a hundred kilobytes."""
LEVELS = (1 / 3, 2 / 3)
"""Of the scale's end: where lines of equal evidence run, so that they count thirds of it."""
OUTLINE = (((0, 0, 0), 4), ((255, 214, 0), 2))
"""A lesion's outline, colour and width at `SIDE`: yellow, which no line of a map is, between black."""

_LINES = {1: (60, 0, 8), -1: (0, 16, 70)}  # for and against: both nearly black, so dashes tell them apart
_AROUND = (225, 225, 225)  # a line's pale border, for dark lesions
_BORDERED = 0.9  # of `SIDE`: in a smaller picture the border would be all that is seen of a line
_WIDTHS = (2, 3)  # of the lines at `LEVELS`, pixels at `SIDE`; the border adds one on either side
_DASH, _GAP = 14, 12  # of the lines around what speaks against, pixels at `SIDE`
_SHORTEST = 0.06  # of a side: a shorter line marks a speck
_MOST_CELLS = 32  # a side: lines on finer maps would follow single pixels
_LINED_CELLS = 28  # a side to which such a map is averaged for its lines
_AMONG_PIXELS = 0.99  # share of the pixels of a fine map that its scale spans
_NEARLY_NOTHING = 0.01  # of the largest value of all maps: less is no end for a scale


@dataclass(frozen=True)
class Overlay:
    """A heatmap over its photo: on a grey copy, whose colours are then those of the map alone."""

    photo: np.ndarray
    """uint8 RGB (H, W, 3)."""
    heatmap: np.ndarray
    """float (h, w), over what the network saw."""
    geometry: Geometry
    """Where in the photo that is."""
    limit: float
    """The end of the colour scale, in the heatmap's unit."""
    signed: bool
    """False if the heatmap has no negative values by what it is."""
    outline: Sequence[np.ndarray] = ()
    """The lesion's, as closed lines (n, 2) of x and y in the photo's pixels."""
    in_colour: bool = False
    """True for the photo's own colours under the map."""

    def square(self, side: int = SIDE) -> np.ndarray:
        """Return what the network saw as the photo has it, uint8 RGB (side, side, 3)."""
        return _resized(self.geometry.part(self.photo), side)

    def picture(self, side: int = SIDE, lines: bool = True) -> np.ndarray:
        """Return the map over that square, uint8 RGB (side, side, 3); without `lines`, its colours alone.

        Lines run where a third and two thirds of the scale are reached, whole ones around what speaks for the
        diagnosis and dashed ones around what speaks against it: they tell the two apart without colour.
        """
        square = self.square(side)
        grey = grey_copy(square)
        ground = square if self.in_colour else np.repeat(grey[..., None], 3, axis=2)
        picture = tint(ground, grey, _resized(self.heatmap.astype(np.float32), side) / self.limit)
        if lines:
            self._draw_lines(picture, side / SIDE)
        return picture

    def _draw_lines(self, picture: np.ndarray, scale: float) -> None:
        side = len(picture)
        heatmap, end = self.heatmap.astype(np.float32), self.limit
        if max(heatmap.shape) > _MOST_CELLS:
            heatmap = _resized(heatmap, _LINED_CELLS)
            end = min(end, float(np.abs(heatmap).max()) or end)
        values = _resized(heatmap, side) / end
        for sign, colour in _LINES.items():
            for level, width in zip(LEVELS, _WIDTHS, strict=True):
                found = list(_equal_lines(sign * values >= level, dashed=sign < 0, scale=scale))
                if scale >= _BORDERED:
                    _draw(picture, found, _AROUND, (width + 2) * scale)
                _draw(picture, found, colour, width * scale)
        factor = side / self.geometry.side
        corner = np.array([self.geometry.left, self.geometry.top])
        closed = [(np.vstack([line, line[:1]]) - corner) * factor for line in self.outline]
        for ink, thickness in OUTLINE:
            _draw(picture, closed, ink, thickness * scale)


def full_range(heatmap: np.ndarray, heatmaps: np.ndarray) -> float:
    """Return the end of the scale of one map alone (h, w): its largest magnitude, for and against alike.

    Of a map of single pixels that is the magnitude which one in a hundred exceeds: a few pixels are far
    beyond the rest, and would leave it without colour. `heatmaps` (h, w, classes) are all of its photo: a map
    next to nothing beside them ends where they do, so that rounding is not coloured. Maps of zeros get 1.
    """
    largest = _AMONG_PIXELS if max(heatmap.shape) > _MOST_CELLS else 1.0
    own, every = (float(np.nanquantile(np.abs(values), largest)) for values in (heatmap, heatmaps))
    return (own if own > _NEARLY_NOTHING * every else every) or 1.0


def common_range(heatmaps: np.ndarray) -> float:
    """Return the end of one scale for all diagnoses (h, w, classes): the most that speaks for any of them.

    What speaks against a diagnosis that nobody thinks of is many times as strong, and would leave all else
    without colour; it ends in the darkest blue. Where nothing speaks for any, the largest magnitude counts,
    and maps of zeros get 1.
    """
    most, largest = float(np.nanmax(heatmaps)), float(np.nanmax(np.abs(heatmaps)))
    return (most if most > _NEARLY_NOTHING * largest else largest) or 1.0


def _resized(values: np.ndarray, side: int) -> np.ndarray:
    """Return a picture or map at `side` pixels: areas are averaged, or cells joined by bilinear steps."""
    smaller = len(values) > side
    return cv2.resize(values, (side, side), interpolation=cv2.INTER_AREA if smaller else cv2.INTER_LINEAR)


def _equal_lines(inside: np.ndarray, dashed: bool, scale: float) -> Iterator[np.ndarray]:
    """Yield the border of a region, bool (side, side), as lines (n, 2) of x and y, in dashes if so asked.

    The picture's own border is none.
    """
    found, _ = cv2.findContours(inside.astype(np.uint8), cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
    last = len(inside) - 1
    for line in found:
        points = line[:, 0].astype(np.float64)
        within = ((points > 0) & (points < last)).all(axis=1)
        if within.all():
            pieces = [np.vstack([points, points[:1]])]
        else:
            start = int(np.argmin(within))
            points, within = np.roll(points, -start, axis=0), np.roll(within, -start)
            cuts = np.flatnonzero(np.diff(within.astype(np.int8))) + 1
            pieces = [
                piece
                for piece, shown in zip(np.split(points, cuts), np.split(within, cuts), strict=True)
                if shown[0]
            ]
        for piece in pieces:
            if len(piece) >= _SHORTEST * len(inside):
                smooth = _smoothed(piece, max(3, round(9 * scale)))
                yield from _dashes(smooth, scale) if dashed else [smooth]


def _smoothed(line: np.ndarray, window: int) -> np.ndarray:
    """Return a line along pixels without their stairs: a running mean over `window` points."""
    closed = bool((line[0] == line[-1]).all())
    half = window // 2
    padded = (
        np.vstack([line[-half - 1 : -1], line, line[1 : half + 1]])
        if closed
        else np.pad(line, ((half, half), (0, 0)), mode="edge")
    )
    kernel = np.ones(2 * half + 1) / (2 * half + 1)
    return np.stack([np.convolve(padded[:, axis], kernel, mode="valid") for axis in range(2)], axis=1)


def _dashes(line: np.ndarray, scale: float) -> Iterator[np.ndarray]:
    along = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(line, axis=0), axis=1))])
    for start in np.arange(0, along[-1], (_DASH + _GAP) * scale):
        piece = line[(along >= start) & (along < start + _DASH * scale)]
        if len(piece) > 1:
            yield piece


def _draw(picture: np.ndarray, lines: Sequence[np.ndarray], ink: tuple[int, int, int], width: float) -> None:
    bits = 4  # OpenCV's fixed point: lines end between pixels
    points = [np.rint(line * 2**bits).astype(np.int32) for line in lines]
    cv2.polylines(picture, points, False, ink, max(1, round(width)), cv2.LINE_AA, bits)
