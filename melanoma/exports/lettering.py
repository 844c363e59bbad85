"""Text on pictures, in OpenCV's own font: Pillow's has no umlauts and no minus sign."""

from typing import Literal

import cv2
import numpy as np

Anchor = Literal["start", "middle", "end"]
"""Which part of a text lies at the place given."""
ASCENT = 0.8
"""Of a text's size: how far its baseline lies below its upper edge."""
_SHIFT = {"start": 0.0, "middle": 0.5, "end": 1.0}
_WEIGHT = 400


def draw_text(
    picture: np.ndarray,
    words: str,
    place: tuple[float, float],
    size: int,
    ink: tuple[int, int, int] = (0, 0, 0),
    anchor: Anchor = "start",
) -> None:
    """Draw one line on uint8 RGB (H, W, 3), in place; `place` is x and y of its upper edge, pixels."""
    left = place[0] - _SHIFT[anchor] * text_width(words, size)
    baseline = (round(left), round(place[1] + ASCENT * size))
    cv2.putText(picture, words, baseline, ink, _font(), size, _WEIGHT)


def text_width(words: str, size: int) -> int:
    """Return how wide one line is, pixels."""
    _, _, width, _ = cv2.getTextSize((0, 0), words, (0, 0), _font(), size, _WEIGHT)
    return width


def wrapped(words: str, size: int, width: float) -> list[str]:
    """Return a text in lines of at most `width` pixels, broken between words."""
    lines: list[str] = []
    for word in words.split():
        if lines and text_width(f"{lines[-1]} {word}", size) <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines


def _font() -> cv2.FontFace:
    return cv2.FontFace("sans")  # one for each call: nothing says that threads may share it
