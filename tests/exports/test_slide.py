"""The slide: both files say the same, and the map on it is the page's."""

import re
from dataclasses import replace
from xml.etree import ElementTree

import cv2
import numpy as np
import pytest

from melanoma.app.parts.shared.language import translator
from melanoma.exports.lettering import draw_text, text_width, wrapped
from melanoma.exports.slide import HEIGHT, WIDTH, slide_png, slide_svg

SVG = "{http://www.w3.org/2000/svg}"


def pixels_of(content: bytes) -> np.ndarray:
    return cv2.imdecode(np.frombuffer(content, np.uint8), 1)[..., ::-1]


def test_the_svg_says_all_that_a_slide_needs(case):
    root = ElementTree.fromstring(slide_svg(case, "Evidence map: Melanoma", "Red speaks for it"))
    assert (root.get("width"), root.get("height")) == (str(WIDTH), str(HEIGHT)) == ("1920", "1080")
    words = [text.text for text in root.iter(f"{SVG}text")]
    told = " ".join(words)
    for wanted in ("Evidence map: Melanoma", "Not a diagnosis.", "Red speaks for it", case.bundle.version):
        assert wanted in told
    assert [word for word in words if re.fullmatch(r"[\d.]+%", word)] == [
        f"{value:.1%}" for _, value in case.prediction.ranked
    ]
    sources = [image.get("href") for image in root.iter(f"{SVG}image")]
    assert len(sources) == 3 and all(source.startswith("data:image/") for source in sources)
    drawing = slide_svg(replace(case, drawn=True), "<a>", "", translator("de")).decode()
    assert "nie aus Zeichnungen" in drawing and "&lt;a&gt;" in drawing


def test_the_png_shows_the_same_pictures_at_the_same_places(case):
    slide = pixels_of(slide_png(case, "Evidence map"))
    assert slide.shape == (HEIGHT, WIDTH, 3)
    for image in list(ElementTree.fromstring(slide_svg(case, "Evidence map")).iter(f"{SVG}image"))[:2]:
        left, top, width, height = (int(image.get(name)) for name in ("x", "y", "width", "height"))
        found = slide[top : top + height, left : left + width].astype(int)
        expected = case.overlay.square() if left < 100 else case.overlay.picture()
        expected = cv2.resize(expected, (width, height), interpolation=cv2.INTER_AREA)
        assert np.abs(found - expected).mean() < 1
    assert (slide[-20:] == 255).all() and (slide[:, -20:] == 255).all(), "nothing runs over the edge"


def test_every_letter_of_german_has_a_shape_of_its_own():
    shapes = {}
    for letter in "äöüßÄÖÜ„“−·%0A":
        picture = np.full((60, 60, 3), 255, np.uint8)
        draw_text(picture, letter, (10, 10), 40)
        assert (picture < 255).any(), letter
        shapes[picture.tobytes()] = letter
    assert len(shapes) == 14, "what a font lacks is drawn as one and the same box"


@pytest.mark.parametrize(("anchor", "left"), [("start", 100), ("middle", 80), ("end", 60)])
def test_text_ends_where_it_is_anchored(anchor, left):
    assert text_width("HH", 28) == pytest.approx(40, abs=3)
    picture = np.full((60, 200, 3), 255, np.uint8)
    draw_text(picture, "HH", (100, 10), 28, anchor=anchor)
    assert np.flatnonzero((picture < 128).any(axis=(0, 2)))[0] == pytest.approx(left + 2, abs=4)


def test_lines_break_between_words_within_the_width():
    lines = wrapped("one two three four", 20, text_width("one two", 20))
    assert lines == ["one two", "three", "four"]
