"""A heatmap over its photo as one picture for a file: photo and map side by side, scale, heading."""

from typing import TYPE_CHECKING

import cv2
import numpy as np

from melanoma.diagnoses import diagnosis_of
from melanoma.exports.lettering import draw_text, text_width, wrapped
from melanoma.figures.heatmap import scale_values
from melanoma.figures.map_colours import bar_colours
from melanoma.figures.overlay import SIDE, Overlay, common_range, full_range
from melanoma.photos.encoding import as_png, shrink
from melanoma.photos.framing import Geometry

if TYPE_CHECKING:
    from melanoma.explain.base import ExplanationRequest, Method

SCALE_HEIGHT = 44  # pixels of a scale
_MARGIN, _BAR = 14, 14
_WHOLE = (SIDE, 180)  # pixels, width and height at most: the whole photo, small
_FONT_SIZE, _LINE = 15, 22  # pixels of a letter and of a line
_FRAME = (((255, 255, 255), 5), ((0, 0, 0), 2))  # of the square in the whole photo


def overlay_file(
    photo: np.ndarray,
    method: "Method",
    request: "ExplanationRequest",
    maps: np.ndarray,
    code: str,
    in_colour: bool = False,
    one_scale: bool = False,
) -> bytes:
    """Return the map of `code` beside its photo, uint8 RGB (H, W, 3), as a PNG file.

    `maps` (h, w, len(request.codes)) are the method's answer to the request. The scale is the map's own, or
    with `one_scale` one for all of them; `in_colour` draws the map on the photo's own colours.
    """
    prediction = request.prediction
    diagnosis = f"{diagnosis_of(code).name}, {prediction.probability(code):.1%}"
    heading = f"{method.title}: {diagnosis} ({method.unit[0].lower()}{method.unit[1:]})"
    heatmap = maps[..., request.codes.index(code)]
    limit = common_range(maps) if one_scale else full_range(heatmap, maps)
    overlay = Overlay(photo, heatmap, prediction.geometry, limit, method.signed, in_colour=in_colour)
    return as_png(overlay_sheet(overlay, heading))


def overlay_sheet(overlay: Overlay, heading: str) -> np.ndarray:
    """Return one picture, uint8 RGB, under a heading: what the network saw, beside it the map with its scale.

    Where the network did not see all of the photo, the whole of it stands small below.
    """
    width = 2 * SIDE + 3 * _MARGIN
    lines = wrapped(heading, _FONT_SIZE, width - 2 * _MARGIN)
    top = _MARGIN + _LINE * len(lines) + 4
    whole = whole_photo(overlay.photo, overlay.geometry, _WHOLE) if overlay.geometry.crops else None
    below = max(SCALE_HEIGHT, 0 if whole is None else len(whole))
    canvas = np.full((top + SIDE + 2 * _MARGIN + below, width, 3), 255, np.uint8)
    for number, line in enumerate(lines):
        draw_text(canvas, line, (_MARGIN, _MARGIN + _LINE * number), _FONT_SIZE)
    right = SIDE + 2 * _MARGIN
    under = top + SIDE + _MARGIN
    for pixels, place in (
        (overlay.square(), (_MARGIN, top)),
        (overlay.picture(), (right, top)),
        (scale_picture(overlay.limit, overlay.signed, SIDE), (right, under)),
        *([] if whole is None else [(whole, (_MARGIN, under))]),
    ):
        left, upper = place
        canvas[upper : upper + pixels.shape[0], left : left + pixels.shape[1]] = pixels
    return canvas


def scale_picture(limit: float, signed: bool, width: int) -> np.ndarray:
    """Return a map's colour bar with its numbers, uint8 RGB (SCALE_HEIGHT, width, 3), as on the page."""
    picture = np.full((SCALE_HEIGHT, width, 3), 255, np.uint8)
    picture[:_BAR] = bar_colours(width, signed)
    lowest = -limit if signed else 0.0
    for value in scale_values(limit, signed):
        place = (value - lowest) / (limit - lowest) * (width - 1)
        words = f"{value:+.2g}".replace("-", "\u2212") if value else "0"
        long = text_width(words, _FONT_SIZE)
        cv2.line(picture, (round(place), _BAR), (round(place), _BAR + 5), (0, 0, 0))
        draw_text(picture, words, (min(max(place - long / 2, 0), width - long), _BAR + 8), _FONT_SIZE)
    return picture


def whole_photo(photo: np.ndarray, geometry: Geometry, most: tuple[int, int]) -> np.ndarray:
    """Return the photo, uint8 RGB, within `most` pixels, a frame around the network's square."""
    height, width = photo.shape[:2]
    scale = min(1.0, most[0] / width, most[1] / height)
    small = shrink(photo, max(1, round(max(width, height) * scale))).copy()
    scale = max(small.shape[:2]) / max(width, height)
    corner = (round(geometry.left * scale), round(geometry.top * scale))
    end = (
        round((geometry.left + geometry.side) * scale) - 1,
        round((geometry.top + geometry.side) * scale) - 1,
    )
    for ink, thickness in _FRAME:
        cv2.rectangle(small, corner, end, ink, thickness)
    return small
