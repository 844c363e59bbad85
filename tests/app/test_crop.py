"""Cropping on the page: two clicks, one back, by numbers, by a link, and what is no square of the photo."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from melanoma.app.parts.examine import crop as dialog
from melanoma.app.parts.shared.crops import crop_problem
from melanoma.app.parts.shared.samples import Photo
from melanoma.edits.drawn_lesions import LesionParameters, draw_lesion
from melanoma.photos.cropping import SMALLEST
from tests.app.opening import opened_by_link, press

SCRIPT = Path(__file__).parents[2] / "melanoma" / "app" / "entry" / "script.py"
SMALL = LesionParameters(asymmetry=0.4, border=0.3, colours=4, diameter=0.25)


def opened(**link: str) -> AppTest:
    return opened_by_link(AppTest.from_file(str(SCRIPT), default_timeout=240), link)


def captions(app: AppTest) -> str:
    return "\n".join(caption.value for caption in app.caption)


@pytest.fixture(scope="module")
def wide_photo() -> bytes:
    """A small lesion in a wide frame, as a phone takes it: 960 x 540."""
    return cv2.imencode(".png", draw_lesion(SMALL, 540, 960, 9).image[:, :, ::-1])[1].tobytes()


@pytest.fixture
def page(wide_photo):
    app = opened()
    app.file_uploader[0].upload("wide.png", wide_photo, "image/png").run()
    assert not app.exception
    return app


@pytest.mark.slow("the page from upload to crop and back")
def test_two_clicks_lead_from_distrust_to_an_answer_and_one_back(page):
    assert any("Distrust" in box.value for box in page.warning)
    assert "960 x 540 pixels" in captions(page)
    press(press(page, "Crop"), "Use this square")
    assert not any("Distrust" in box.value for box in page.warning)
    assert "of its 960 x 540 pixels" in captions(page) and "The network saw all of it" in captions(page)
    assert "crop" not in page.query_params, "no link has a square of an upload"
    press(page, "Whole photo again")
    assert any("Distrust" in box.value for box in page.warning)
    assert "Cropped" not in captions(page)


@pytest.mark.slow("the page from upload to crop and back")
def test_numbers_set_the_square_within_the_photo_and_it_goes_when_the_photo_goes(page):
    press(page, "Crop")
    for number, value in zip(page.number_input, (900, 500, 10), strict=True):
        number.set_value(value)
    press(page, "Use this square")
    assert f"**Cropped** to a square of {SMALLEST} of" in captions(page)
    assert f"{SMALLEST} x {SMALLEST} pixels" in captions(page)
    press(page, "Crop")
    assert [number.value for number in page.number_input] == [960 - SMALLEST, 540 - SMALLEST, SMALLEST]
    assert page.session_state["cropped-photos"]
    press(page, "Take this photo away")
    assert not page.session_state["cropped-photos"], "it would keep the whole photo in memory"


@pytest.mark.slow("a cropped example on the page")
def test_a_link_crops_an_example_and_is_clamped_to_it():
    app = opened(sample="mole-like", crop="99999,-7,300")
    assert not app.exception
    assert app.query_params["crop"] in ("300,0,300", ["300,0,300"])
    assert "**Cropped** to a square of 300 of its 600 x 450 pixels." in captions(app)
    assert any("drawing, not a photo" in info.value for info in app.info), "it stays a drawing"
    press(app, "Whole photo again")
    assert "crop" not in app.query_params


@pytest.mark.parametrize("text", ["<b>", "1,2", "nan,0,300"])
def test_a_link_whose_crop_is_no_square_gets_a_sentence_and_the_whole_photo(text):
    app = opened(sample="mole-like", crop=text)
    assert "A crop is three numbers" in captions(app) and "600 x 450 pixels" in captions(app)
    assert "crop" not in app.query_params


@pytest.mark.parametrize("sent", [None, "square", [1, 2], [float("nan"), 0, 5], {"left": 1}])
def test_what_a_browser_should_not_send_leaves_the_square_where_it_is(monkeypatch, sent):
    photo = Photo(np.zeros((540, 960, 3), np.uint8), "key", drawn=False)
    state = dict(zip(dialog._NUMBERS, (40, 20, 300), strict=True))
    monkeypatch.setattr(dialog, "current_photo", lambda: photo)
    monkeypatch.setattr(dialog, "square_of", lambda key: sent)
    monkeypatch.setattr(dialog.st, "session_state", state)
    dialog._take_square()
    assert [state[name] for name in dialog._NUMBERS] == [40, 20, 300]
    assert str(crop_problem("key")).startswith("A crop is three numbers")
    monkeypatch.setattr(dialog, "square_of", lambda key: [900, -4, 200.4])
    dialog._take_square()
    assert [state[name] for name in dialog._NUMBERS] == [760, 0, 200]
    assert crop_problem("key") is None
