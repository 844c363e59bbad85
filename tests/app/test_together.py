"""Several photos of one lesion answered together on the page, with each one's own answer beside."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from melanoma.edits.drawn_lesions import MELANOMA_LIKE, NEVUS_LIKE, draw_lesion
from melanoma.model.joint import joint_scores

SCRIPT = Path(__file__).parents[2] / "melanoma" / "app" / "entry" / "script.py"


@pytest.fixture(scope="module")
def two() -> list[np.ndarray]:
    return [draw_lesion(kind, 240, 320, 5).image for kind in (MELANOMA_LIKE, NEVUS_LIKE)]


@pytest.fixture
def page(two):
    app = AppTest.from_file(str(SCRIPT), default_timeout=240).run()
    assert not app.pills, "with one photo there is nothing to choose"
    for number, pixels in enumerate(two):
        content = cv2.imencode(".png", pixels[:, :, ::-1])[1].tobytes()
        app.file_uploader[0].upload(f"{number}.png", content, "image/png")
    app.run()
    assert not app.exception
    return app


def verdicts(app: AppTest) -> list[str]:
    return [box.value for box in (*app.error, *app.warning, *app.info)]


@pytest.mark.slow("the page with two uploads")
def test_two_photos_are_answered_together_and_each_alone(page, two, shipped_classifier):
    choice = page.pills[0]
    assert choice.options == ["Photo 1", "Photo 2"]
    assert not any("photos together" in verdict for verdict in verdicts(page)), "none unless it is asked for"
    choice.set_value(list(page.session_state["photos"])).run()
    assert not page.exception
    answers = shipped_classifier(two)
    chances = np.exp(joint_scores([answer.scores for answer in answers]))
    joint = next(verdict for verdict in verdicts(page) if "2 photos together." in verdict)
    assert f"{chances.max():.0%}" in joint
    assert any(caption.value.count("Made of 2 photos: the mean of their scores") for caption in page.caption)
    assert any(markdown.value == "**Your photo 1 alone:**" for markdown in page.markdown)
    next(button for button in page.button if button.label == "Take this photo away").click().run()
    assert not page.exception and not page.pills
    assert not any("photos together" in verdict for verdict in verdicts(page))
