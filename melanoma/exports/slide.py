"""One case on one slide of 1920 x 1080, as a picture (PNG) or to be enlarged and edited (SVG).

Both are drawn from one list of texts, pictures and boxes, so that they say the same at the same places.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from html import escape

import cv2
import numpy as np

from melanoma.diagnoses import diagnosis_of
from melanoma.exports.case import ExportedCase
from melanoma.exports.lettering import ASCENT, Anchor, draw_text, text_width, wrapped
from melanoma.figures.map_colours import bar_colours
from melanoma.model.verdict_wording import likeliest_words
from melanoma.photos.encoding import as_jpeg, as_png, data_uri
from melanoma.phrases import Say, english

WIDTH, HEIGHT = 1920, 1080
_MARGIN, _GAP = 60, 40
_SIDE = 620  # of photo and map
_TOP = 175  # of both
_INK, _SOFT = "#0b161c", "#46525a"
_FONT = "Arial, Helvetica, sans-serif"
_ROOMY = 0.92  # of the room for a line: an SVG's font is the reader's, and may run wider


@dataclass(frozen=True)
class _Text:
    words: str
    left: float
    top: float
    size: int
    ink: str = _INK
    anchor: Anchor = "start"


@dataclass(frozen=True)
class _Picture:
    pixels: np.ndarray
    """uint8 RGB."""
    left: float
    top: float
    width: float
    height: float
    lossless: bool = False


@dataclass(frozen=True)
class _Box:
    left: float
    top: float
    width: float
    height: float
    colour: str


_Part = _Text | _Picture | _Box


def slide_png(case: ExportedCase, title: str, legend: str = "", say: Say = english) -> bytes:
    """Return the slide as a PNG file; `title` says what the map is, `legend` what its colours mean."""
    canvas = np.full((HEIGHT, WIDTH, 3), 255, np.uint8)
    for part in _parts(case, title, legend, say):
        if isinstance(part, _Text):
            draw_text(canvas, part.words, (part.left, part.top), part.size, _rgb(part.ink), part.anchor)
            continue
        left, top, right, bottom = map(
            round, (part.left, part.top, part.left + part.width, part.top + part.height)
        )
        if isinstance(part, _Box):
            canvas[top:bottom, left:right] = _rgb(part.colour)
        else:
            canvas[top:bottom, left:right] = cv2.resize(
                part.pixels, (right - left, bottom - top), interpolation=cv2.INTER_AREA
            )
    return as_png(canvas)


def slide_svg(case: ExportedCase, title: str, legend: str = "", say: Say = english) -> bytes:
    """Return the slide as an SVG file in UTF-8, its pictures within it."""
    drawn = "\n".join(map(_as_svg, _parts(case, title, legend, say)))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" '
        f'viewBox="0 0 {WIDTH} {HEIGHT}" font-family="{_FONT}" role="img">\n'
        f"<title>{escape(title)}</title>\n"
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>\n{drawn}\n</svg>\n'
    ).encode()


def _as_svg(part: _Part) -> str:
    if isinstance(part, _Text):
        return (
            f'<text x="{part.left:g}" y="{part.top + ASCENT * part.size:g}" font-size="{part.size}" '
            f'fill="{part.ink}" text-anchor="{part.anchor}">{escape(part.words)}</text>'
        )
    place = f'x="{part.left:g}" y="{part.top:g}" width="{part.width:g}" height="{part.height:g}"'
    if isinstance(part, _Box):
        return f'<rect {place} fill="{part.colour}"/>'
    content = as_png(part.pixels) if part.lossless else as_jpeg(part.pixels, 92)
    source = data_uri(content, "png" if part.lossless else "jpeg")
    return f'<image {place} preserveAspectRatio="none" href="{source}"/>'


def _parts(case: ExportedCase, title: str, legend: str, say: Say) -> Iterator[_Part]:
    """Yield all that is on the slide."""
    overlay, second = case.overlay, _MARGIN + _SIDE + _GAP
    below = _TOP + _SIDE + 14
    heading = likeliest_words(case.prediction, say)
    room = _ROOMY * (WIDTH - 2 * _MARGIN)
    yield _Text(heading, _MARGIN, 42, min(46, int(46 * room / text_width(heading, 46))))
    yield _Text(title, _MARGIN, 108, 32, _SOFT)
    yield _Picture(overlay.square(), _MARGIN, _TOP, _SIDE, _SIDE)
    yield _Picture(overlay.picture(), second, _TOP, _SIDE, _SIDE)
    photo = say("A drawing, not a photo") if case.drawn else say("The photo")
    yield from _lines(". ".join(filter(None, (photo, case.credit))), _MARGIN, below, _SIDE, 22)
    yield _Picture(
        np.repeat(bar_colours(_SIDE, case.signed)[None], 22, axis=0), second, below, _SIDE, 22, True
    )
    ends = (-case.limit, 0.0, case.limit) if case.signed else (0.0, case.limit)
    anchors: tuple[Anchor, ...] = ("start", "middle", "end") if case.signed else ("start", "end")
    for number, (value, anchor) in enumerate(zip(ends, anchors, strict=True)):
        words = say("{value:+.2g}", value=value) if value else "0"
        yield _Text(words, second + number * _SIDE / (len(ends) - 1), below + 30, 22, anchor=anchor)
    yield from _lines(". ".join(filter(None, (case.unit, legend))), second, below + 62, _SIDE, 22)
    yield from _answer(case, second + _SIDE + _GAP, say)
    notes = [
        say(
            "Not a diagnosis. A teaching tool: it shows how a small network decides, and it misses melanomas."
        )
    ]
    if case.drawn:
        notes.append(say("The network never learned from drawings: its answer here means nothing."))
    notes.append(f"{say('Model')}: {case.bundle.name}, {say('version')} {case.bundle.version}")
    yield from _lines(" ".join(notes), _MARGIN, 980, WIDTH - 2 * _MARGIN, 24, _SOFT)


def _answer(case: ExportedCase, left: float, say: Say) -> Iterator[_Part]:
    """Yield a bar for each diagnosis, the likeliest first."""
    width, ranked = WIDTH - _MARGIN - left, case.prediction.ranked
    row = min(_SIDE / len(ranked), 96)
    for number, (code, value) in enumerate(ranked):
        top, found = _TOP + number * row, diagnosis_of(code)
        yield _Text(say(found.name), left, top, 24)
        yield _Text(say("{value:.1%}", value=value), left + width, top, 24, anchor="end")
        yield _Box(left, top + 32, width, 16, "#e6ebed")
        yield _Box(left, top + 32, round(width * value, 1), 16, found.colour)


def _lines(words: str, left: float, top: float, width: float, size: int, ink: str = _INK) -> Iterator[_Text]:
    """Yield a text in as many lines as its width takes."""
    for number, line in enumerate(wrapped(words, size, _ROOMY * width)):
        yield _Text(line, left, top + number * 1.3 * size, size, ink)


def _rgb(colour: str) -> tuple[int, int, int]:
    """Return `#rrggbb` as three numbers."""
    red, green, blue = bytes.fromhex(colour.removeprefix("#"))
    return red, green, blue
