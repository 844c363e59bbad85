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
from melanoma.lesion.outline import TRUSTED, Outline, find_lesion, overlap, widen
from melanoma.measures.lesion_in_view import outline_in_view
from melanoma.photos.framing import frame, square_along
from tests.conftest import write_image
from tests.model.test_log_odds import prediction_of

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


def in_view(mask: np.ndarray, confidence: float = 1.0, start: int = 0):
    geometry = square_along(mask.shape[1], mask.shape[0], start, 48)
    return outline_in_view(Outline(mask, confidence), geometry)


def test_a_contour_runs_through_the_middles_of_its_pixels():
    mask = np.zeros((60, 60), bool)
    mask[10:20, 20:40] = True
    (line,) = in_view(mask).contours
    assert sorted(map(tuple, line)) == [(20.5, 10.5), (20.5, 19.5), (39.5, 10.5), (39.5, 19.5)]


def test_a_contour_of_a_large_photo_is_as_straight_as_it_is_shown():
    small, large = (
        cv2.circle(np.zeros((side, side), np.uint8), (side // 2, side // 2), side // 3, 1, -1).astype(bool)
        for side in (450, 3600)
    )
    points = [len(in_view(mask).contours[0]) for mask in (small, large)]
    assert points[1] < 2 * points[0], "not a point a pixel"


@pytest.mark.parametrize(("start", "share"), [(0, 0.5), (40, 0.0)])
def test_the_share_of_the_lesion_outside_the_square(start, share):
    mask = np.zeros((60, 100), bool)
    mask[20:40, 50:70] = True  # half of it before column 60, where the first square ends
    assert in_view(mask, start=start).not_seen == pytest.approx(share)


def test_an_outline_that_is_not_trusted_tells_nothing():
    mask = np.zeros((60, 60), bool)
    mask[20:40, 20:40] = True
    found = in_view(mask, TRUSTED - 0.01)
    assert found.not_seen is found.area is found.share_inside(np.ones((4, 4))) is None
    assert in_view(mask, TRUSTED).not_seen == 0
    nothing = in_view(np.zeros((60, 60), bool))
    assert nothing.not_seen is nothing.area is nothing.inside is None and nothing.share_not_seen == 0


def test_evidence_inside_is_that_for_the_likeliest_and_makes_the_doubt():
    mask = np.zeros((40, 40), bool)
    mask[10:30, 10:30] = True
    maps = np.zeros((8, 8, 2), np.float32)
    maps[0, 0, 1], maps[4, 4, 1] = 3.0, 1.0  # for the second diagnosis a quarter inside
    found = in_view(mask)
    prediction = prediction_of([0.0, 4.0], maps=maps)
    inside = found.share_inside(prediction.evidence[..., 1])
    assert inside == found.evidence_inside(prediction) == pytest.approx(0.25)
    assert inside < found.area
    assert [text[:8] for text in found.doubts(prediction)] == ["Only 25%"]
    maps[0, 0, 1] = 0
    assert found.doubts(prediction_of([0.0, 4.0], maps=maps)) == []
