"""The Examine page without a browser: fresh, with photos, with a bad file, by a link."""

from pathlib import Path

import cv2
import pytest
from streamlit.testing.v1 import AppTest

from melanoma.app.parts.shared import one_at_a_time
from melanoma.edits.drawn_lesions import NEVUS_LIKE, draw_lesion
from tests.app.opening import opened_by_link, press, words

SCRIPT = Path(__file__).parents[2] / "melanoma" / "app" / "entry" / "script.py"


def opened(**link: str) -> AppTest:
    return opened_by_link(AppTest.from_file(str(SCRIPT), default_timeout=240), link)


@pytest.fixture
def page():
    return opened()


def select(app, label):
    return next(box for box in app.selectbox if box.label == label)


def test_a_fresh_visitor_sees_a_drawing_called_one(page):
    assert any("drawing, not a photo" in info.value for info in page.info)
    assert any("Not a diagnosis" in markdown.value for markdown in page.markdown)
    assert not page.error and not page.warning, "a drawing raises no alert"
    assert not any("elanoma alert" in info.value for info in page.info)


def test_a_photo_is_answered(page, drawn_photo):
    page.file_uploader[0].upload("drawn.jpg", drawn_photo.read_bytes(), "image/jpeg").run()
    assert not page.exception
    assert not any("drawing, not a photo" in info.value for info in page.info)
    verdicts = [box.value for box in (*page.error, *page.info)]
    assert any("elanoma alert" in verdict for verdict in verdicts)
    assert any("600 x 450 pixels" in caption.value for caption in page.caption)
    assert len(select(page, "What speaks for or against").options) == 8


def test_a_bad_file_gets_one_sentence_and_the_page_goes_on(page):
    page.file_uploader[0].upload("notes_*.jpg", b"not a picture", "image/jpeg").run()
    assert not page.exception
    assert any("not a picture that can be read" in error.value for error in page.error)
    assert len(page.selectbox) >= 2


@pytest.mark.slow("several photos on one page")
def test_of_several_photos_each_can_be_chosen_again(page, drawn_photo):
    second = cv2.imencode(".png", draw_lesion(NEVUS_LIKE, 300, 300, 9).image)[1].tobytes()
    page.file_uploader[0].upload("one.jpg", drawn_photo.read_bytes(), "image/jpeg").run()
    page.file_uploader[0].upload("two.png", second, "image/png").run()
    assert any("300 x 300 pixels" in caption.value for caption in page.caption)
    next(button for button in page.button if button.label == "Photo 1").click().run()
    assert not page.exception
    assert any("600 x 450 pixels" in caption.value for caption in page.caption)
    next(button for button in page.button if button.label == "Take this photo away").click().run()
    assert any("300 x 300 pixels" in caption.value for caption in page.caption)
    assert any(caption.value.startswith("**Your photo 2**: two") for caption in page.caption)
    labels = [button.label for button in page.button]
    assert "Photo 2" in labels and "Photo 1" not in labels, "a photo keeps its name when another goes"


@pytest.mark.slow("thirteen photos")
def test_the_thirteenth_photo_takes_the_place_of_the_oldest_and_the_visitor_is_told(page):
    for number in range(1, 14):
        pixels = draw_lesion(NEVUS_LIKE, 90, 90 + number, number).image
        encoded = cv2.imencode(".png", pixels)[1].tobytes()
        page.file_uploader[0].upload(f"{number}.png", encoded, "image/png")
        if number >= 12:
            page.run()
    assert not page.exception
    buttons = [button for button in page.button if button.label.startswith("Photo ")]
    assert len(buttons) == 12
    assert any(r"made room for the new ones \(1\)" in info.value for info in page.info)
    assert not any("made room" in error.value for error in page.error), "it is no error"
    buttons[0].click().run()  # the second to come is the oldest now
    assert any("92 x 90 pixels" in caption.value for caption in page.caption)


@pytest.mark.slow("a page opened by a link with everything in it")
def test_a_link_opens_the_same_state_and_holds_codes_not_labels():
    app = opened(sample="mole-like", method="grad-cam", diagnosis="SCC", layer="mean of the last three")
    assert select(app, "Method").value == "grad-cam"
    assert select(app, "What speaks for or against").value == "SCC"
    assert select(app, "Layer").value == "mean of the last three"
    select(app, "What speaks for or against").select("DF").run()
    assert app.query_params["diagnosis"] in ("DF", ["DF"])
    assert app.query_params["sample"] in ("mole-like", ["mole-like"])


def test_a_link_that_names_nothing_known_opens_the_default():
    app = opened(sample="../secret", method="tea-leaves", diagnosis="XYZ")
    assert select(app, "Method").value == "evidence"
    assert any("drawing, not a photo" in info.value for info in app.info)


def test_the_striped_chart_is_distrusted():
    app = opened(sample="edge-chart")
    assert any("unlike the dermoscopic photos" in warning.value for warning in app.warning)


@pytest.mark.slow("a page draws both curves of a map of the shipped network")
def test_curves_are_drawn_only_when_asked():
    app = opened(curves="true")
    button = next(button for button in app.button if button.label.startswith("Draw the curves"))
    assert not any("mean probability" in caption.value for caption in app.caption)
    button.click().run()
    assert not app.exception
    assert sum("mean probability" in caption.value for caption in app.caption) == 2


def test_a_lesion_at_the_side_of_a_long_photo_is_framed_or_doubted(page, long_photo):
    page.file_uploader[0].upload("long.png", long_photo.read_bytes(), "image/png").run()
    assert not page.exception
    assert any("only a square of this long photo" in box.value for box in page.warning)
    captions = [caption.value for caption in page.caption]
    around = any("a square of 150 pixels around the lesion" in one for one in captions)
    outside = any("Part of the lesion lies outside" in box.value for box in page.warning)
    assert around != outside, "by the framing of the bundle"


@pytest.mark.slow("some 700 passes of the network")
def test_curves_and_all_tests_of_a_map_are_made_in_turns_and_leave_no_notice(monkeypatch):
    kinds = []
    turn = one_at_a_time._QUEUE.turn
    monkeypatch.setattr(
        one_at_a_time._QUEUE,
        "turn",
        lambda ticket, cancelled, kind: kinds.append(kind) or turn(ticket, cancelled, kind),
    )
    page = opened(curves="true", measures="true")
    press(page, "Draw the curves (about two seconds)")
    press(page, "Measure this map (up to half a minute)")
    assert "This map " in words(page)
    assert kinds == ["curves", "tests of evidence"]
    assert not page.get("progress")
