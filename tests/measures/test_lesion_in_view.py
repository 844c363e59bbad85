"""One way from an outline to the network's pixels: page, command and evaluation count the same lesion."""

from types import SimpleNamespace

import cv2
import numpy as np
import pytest
import streamlit as st

from melanoma import cli
from melanoma.app.parts.examine import map_view, outline_by_hand
from melanoma.app.parts.shared.samples import Photo
from melanoma.data.pipeline import read_widened
from melanoma.edits.drawn_lesions import LesionParameters, draw_lesion
from melanoma.errors import UserError
from melanoma.lesion.outline import Outline, find_lesion, overlap, widen
from melanoma.measures.lesion_in_view import outline_in_view
from melanoma.photos.framing import frame
from tests.conftest import write_image

SIZE = 96
WHOLE = draw_lesion(LesionParameters(diameter=0.3, asymmetry=0.3), 600, 600, 4)
WINDOWS = {
    "square": (120, 120, 360, 360),
    "wide, to the left": (100, 180, 300, 420),
    "wide, to the right": (120, 20, 320, 430),
    "tall, high up": (190, 120, 400, 300),
    "tall, low down": (30, 150, 430, 290),
    "a strip": (190, 0, 220, 600),
}
"""Top, left, height and width of what the photo shows of the drawing."""
SCALES = {"small": 0.5, "as drawn": 1.0, "larger than shown": 3.1}


@pytest.fixture(params=[(window, scale) for window in WINDOWS for scale in SCALES], ids=" ".join)
def drawn(request) -> SimpleNamespace:
    """A photo with its lesion anywhere in it, and its geometry."""
    (top, left, height, width), scale = WINDOWS[request.param[0]], SCALES[request.param[1]]
    part = (slice(top, top + height), slice(left, left + width))
    size = (round(width * scale), round(height * scale))
    image = cv2.resize(WHOLE.image[part], size, interpolation=cv2.INTER_AREA)
    mask = cv2.resize(WHOLE.mask[part].astype(np.uint8), size, interpolation=cv2.INTER_NEAREST) > 0
    return SimpleNamespace(image=image, mask=mask, geometry=frame(image, SIZE)[1])


@pytest.fixture
def page(monkeypatch):
    """Return the page's mask of a photo, with what the visitor drew if anything."""

    def mask_of(drawn, by_hand=None):
        photo = Photo(drawn.image, "key", drawn=True)
        state = {} if by_hand is None else {"outline-drawn": ("key", by_hand)}
        monkeypatch.setattr(st, "session_state", state)
        monkeypatch.setattr(map_view, "cached_for_photo", lambda name, photo, key, compute: compute())
        return map_view.cached_lesion(photo, SimpleNamespace(geometry=drawn.geometry)).mask

    assert outline_by_hand.st is st
    return mask_of


def test_page_and_command_count_the_same_outline_that_is_found(drawn, page):
    seen = page(drawn)
    assert np.array_equal(seen, cli._outline(drawn.image, None, drawn.geometry))
    whole = find_lesion(drawn.image).mask
    assert overlap(whole, drawn.mask) > 0.6, "it is found on the whole photo"
    painted = np.repeat(whole[..., None] * np.uint8(255), 3, axis=2)
    assert np.array_equal(seen, frame(painted, SIZE)[0][..., 0] >= 128), "and framed as the photo is"


def test_an_outline_that_is_given_goes_the_same_way(drawn, page, tmp_path):
    painted = np.repeat(drawn.mask[..., None] * np.uint8(255), 3, axis=2)
    file = write_image(tmp_path / "mask.png", painted)
    seen = frame(painted, SIZE)[0][..., 0] >= 128
    assert 0 < seen.mean() < 1
    assert np.array_equal(page(drawn, drawn.mask), seen)
    assert np.array_equal(cli._outline(drawn.image, file, drawn.geometry), seen)
    assert np.array_equal(read_widened(str(file), drawn.geometry), widen(seen))


def test_a_mask_of_another_size_is_refused():
    geometry = frame(np.zeros((90, 120, 3), np.uint8), SIZE)[1]
    with pytest.raises(UserError, match="The mask has 60 x 45 pixels and the photo 120 x 90"):
        outline_in_view(Outline(np.ones((45, 60), bool), 1.0), geometry)
