"""A heatmap over its photo as one picture for a file: with a scale, a heading and the outline."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import cv2
import numpy as np
from PIL import Image, ImageColor, ImageDraw, ImageFont

from melanoma.diagnoses import diagnosis_of
from melanoma.figures.heatmap import AGAINST, FOR, OPACITY, OUTLINE, colour_limit, overlay
from melanoma.figures.style import SHOWN_SIDE
from melanoma.photos.encoding import as_png, shrink
from melanoma.photos.framing import Geometry

if TYPE_CHECKING:
    from melanoma.explain.base import ExplanationRequest, Method


def overlay_file(
    photo: np.ndarray, method: "Method", request: "ExplanationRequest", maps: np.ndarray, code: str
) -> bytes:
    """Return the map of `code` over its photo, uint8 RGB (H, W, 3), as a PNG file.

    `maps` (h, w, len(request.codes)) are the method's answer to the request, all on one colour scale.
    """
    prediction = request.prediction
    diagnosis = f"{diagnosis_of(code).name}, {prediction.probability(code):.1%}"
    heading = f"{method.title}: {diagnosis} ({method.unit[0].lower()}{method.unit[1:]})"
    heatmap = maps[..., request.codes.index(code)]
    limit = colour_limit(maps)
    return as_png(overlay_with_scale(photo, heatmap, prediction.geometry, limit, method.signed, heading))


def overlay_with_scale(
    photo: np.ndarray,
    heatmap: np.ndarray,
    geometry: Geometry,
    limit: float,
    signed: bool,
    title: str,
    opacity: float = OPACITY,
    contours: Sequence[np.ndarray] = (),
) -> np.ndarray:
    """Return the overlay beside a colour bar with numbers, uint8 RGB. `contours` as in `heatmap_figure`."""
    picture = shrink(overlay(photo, heatmap, geometry, limit, opacity), SHOWN_SIDE)
    _draw_contours(picture, contours, picture.shape[1] / photo.shape[1])
    height = max(picture.shape[0], 220)
    font = ImageFont.load_default(size=14)
    lines = _wrapped(title, font, picture.shape[1] + 94)
    head = 24 + 20 * len(lines)
    canvas = Image.new("RGB", (picture.shape[1] + 110, height + head), "white")
    canvas.paste(Image.fromarray(picture), (0, head))
    draw = ImageDraw.Draw(canvas)
    draw.multiline_text((8, 12), "\n".join(lines), fill="black", font=font, spacing=4)
    left, top, bottom = picture.shape[1] + 16, head + 12, height + head - 12
    lowest = -limit if signed else 0.0
    for y in range(top, bottom):
        value = limit + (lowest - limit) * (y - top) / (bottom - top - 1)
        strength = abs(value) / limit * opacity
        colour = FOR if value > 0 else AGAINST
        mixed = tuple(round(255 * (1 - strength) + part * strength) for part in colour)
        draw.line((left, y, left + 16, y), fill=mixed)
    draw.rectangle((left, top, left + 16, bottom - 1), outline="black")
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        value = limit + (lowest - limit) * share
        draw.text((left + 24, top + share * (bottom - top - 1) - 8), f"{value:+.3f}", fill="black", font=font)
    return np.asarray(canvas)


def _draw_contours(picture: np.ndarray, contours: Sequence[np.ndarray], scale: float) -> None:
    lines = [np.rint(contour * scale).astype(np.int32) for contour in contours]
    for colour, width in OUTLINE:
        cv2.polylines(picture, lines, True, ImageColor.getrgb(colour), width, cv2.LINE_AA)


def _wrapped(title: str, font: ImageFont.FreeTypeFont | ImageFont.ImageFont, width: int) -> list[str]:
    """Return the title in lines of at most `width` pixels, broken between words."""
    lines: list[str] = []
    for word in title.split():
        if lines and font.getlength(f"{lines[-1]} {word}") <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines
