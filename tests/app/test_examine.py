"""The Examine page without a browser: fresh, with a photo, with a bad file."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

SCRIPT = Path(__file__).parents[2] / "streamlit_app.py"


@pytest.fixture
def page():
    app = AppTest.from_file(str(SCRIPT), default_timeout=120).run()
    assert not app.exception
    return app


def test_a_fresh_visitor_sees_a_drawing_called_one(page):
    assert any("drawing, not a photo" in info.value for info in page.info)
    assert any("Not a diagnosis" in markdown.value for markdown in page.markdown)
    verdicts = [box.value for box in (*page.error, *page.info)]
    assert any("elanoma alert" in verdict for verdict in verdicts)


def test_a_photo_is_answered(page, drawn_photo):
    page.file_uploader[0].upload("drawn.jpg", drawn_photo.read_bytes(), "image/jpeg").run()
    assert not page.exception
    assert not any("drawing, not a photo" in info.value for info in page.info)
    assert any("600 x 450 pixels" in caption.value for caption in page.caption)
    assert len(page.selectbox[0].options) == 8


def test_a_bad_file_gets_one_sentence_and_the_page_goes_on(page):
    page.file_uploader[0].upload("notes_*.jpg", b"not a picture", "image/jpeg").run()
    assert not page.exception
    assert any("not a picture that can be read" in error.value for error in page.error)
    assert len(page.selectbox) >= 2
