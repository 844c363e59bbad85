"""The lesson without a browser: fresh, with a photo, with a bad file; its numbers are the other page's."""

import re
from base64 import b64decode
from dataclasses import replace

import cv2
import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from melanoma.app.parts.shared.samples import DEFAULT, sample
from melanoma.figures.overlay import Overlay

STEPS = (
    "1 What it sees",
    "2 Feature maps",
    "3 The map grows",
    "4 The sum",
    "5 Grad-CAM",
    "6 How a map can flatter",
    "7 What it looks for",
)


def lesson(**link: str) -> AppTest:
    app = AppTest.from_string("from melanoma.app.pages import lesson; lesson.page()", default_timeout=120)
    for name, value in link.items():
        app.query_params[name] = value
    app.run()
    assert not app.exception
    return app


def told(app: AppTest) -> str:
    return "\n".join(part.value for part in (*app.markdown, *app.caption, *app.info))


def test_a_fresh_visitor_begins_with_the_pixels():
    app = lesson()
    assert app.header[0].value == STEPS[0]
    assert "not a diagnosis" in told(app)
    assert "A drawing, not a photo" in told(app)
    assert any(button.label == f"Next: {STEPS[1][2:]}" for button in app.button)


@pytest.mark.parametrize(
    "step",
    [2, *(pytest.param(step, marks=pytest.mark.slow("the same of each step")) for step in range(3, 8))],
)
def test_each_step_has_a_link(step):
    assert lesson(step=str(step)).header[0].value == STEPS[step - 1]


def test_the_feature_maps_are_those_of_the_bundle_s_network():
    words = told(lesson(step="2"))
    assert "27 layers in all" in words
    assert "The network: MobileNet, Howard et al. 2017, arXiv:1704.04861.*" in words
    assert "Das Netz: MobileNet, Howard et al. 2017, arXiv:1704.04861.*" in told(lesson(step="2", lang="de"))


def test_a_network_without_a_plain_beginning_has_no_filter_to_watch_and_says_so(
    shipped_classifier, monkeypatch
):
    from melanoma.errors import UserError
    from melanoma.explain.lesson import reading_first_layer

    def refuse(network):
        raise UserError(
            "This network looks at the photo in several ways at once, so there is no first filter."
        )

    assert "One filter at work" in told(lesson(step="2"))
    monkeypatch.delitem(shipped_classifier.compiled._built, "first layer")
    monkeypatch.setattr(reading_first_layer, "first_layer", refuse)
    words = told(lesson(step="2", lang="de"))
    assert "es gibt darum keinen ersten Filter" in words and "Ein Filter bei der Arbeit" not in words
    assert "Das Netz schiebt kleine Filter" in words, "the rest of the step is there"


@pytest.mark.slow("several runs of a step; a browser test goes the same way")
def test_buttons_at_both_ends_go_to_the_steps_before_and_after():
    app = lesson(step="3")

    def offered() -> list[str]:
        return [button.label for button in app.button if button.label.startswith(("Back", "Next"))]

    assert offered() == ["Back", "Next", "Back: Feature maps", "Next: The sum"]
    next(button for button in app.button if button.label == "Next: The sum").click().run()
    assert not app.exception and app.header[0].value == STEPS[3]
    next(button for button in app.button if button.label == "Back").click().run()
    assert not app.exception and app.header[0].value == STEPS[2]
    app = lesson(step="1")
    assert offered() == ["Next", "Next: Feature maps"]
    app = lesson(step="7")
    assert offered() == ["Back", "Back: How a map can flatter"]


def test_the_sum_has_the_numbers_of_the_page_examine(shipped_classifier):
    prediction = shipped_classifier([sample(DEFAULT).pixels])[0]
    for code in ("MEL", "NV"):
        app = lesson(step="4", of=code)
        words, formula = told(app), app.latex[0].value
        index = prediction.index(code)
        assert rf"= \mathbf{{{prediction.log_odds[index]:+.2f}}}" in formula
        probability = f"{prediction.probability(code):.1%}".replace("%", r"\%")
        assert rf"= \mathbf{{{probability}}}" in formula
    rows = re.findall(r"\| ([\d.]+%) \|$", words, flags=re.MULTILINE)
    assert rows == [f"{value:.1%}" for _, value in prediction.ranked]


def test_the_map_opens_whole_and_its_stops_add_up(shipped_classifier):
    from melanoma.app.parts.lesson.growing import stops_of
    from melanoma.explain.lesson.class_maps import by_weights

    photo = sample(DEFAULT).pixels
    prediction = shipped_classifier([photo])[0]
    parts = by_weights(shipped_classifier.compiled, prediction, "MEL")
    found = stops_of(photo, prediction, "MEL", parts, cut=False)
    stops, whole = found["stops"], float(parts.totals.sum())
    assert [stops[0]["count"], stops[-1]["count"], stops[-1]["label"]] == [0, 1024, "1024 of 1024 channels"]
    assert "the other 0 add +0.00" in stops[-1]["words"] and stops[0]["last"] is None
    assert stops[-1]["sum"] == f"{whole:+.2f}".replace("-", "−")
    assert found["curve"][-1] == pytest.approx(whole, abs=1e-3)
    assert found["counts"][0] == 0 and {stop["count"] for stop in stops} <= set(found["counts"])
    picture = Overlay(
        photo, prediction.evidence[..., prediction.index("MEL")], prediction.geometry, 1.0, True
    )
    limit = float(np.abs(picture.heatmap).max())
    shown = cv2.imdecode(np.frombuffer(b64decode(stops[-1]["frame"].partition(",")[2]), np.uint8), 1)
    expected = replace(picture, limit=limit).picture(len(shown))
    assert np.abs(shown[..., ::-1].astype(int) - expected).mean() < 4, "the last frame is the evidence map"
    assert any("1024" in part.value for part in lesson(step="3", of="MEL").latex)


def test_pictures_of_each_output_or_how_to_make_them(monkeypatch, drawn_photo):
    from melanoma.app.parts.lesson import looks_for
    from melanoma.diagnoses import CODES

    monkeypatch.setattr(looks_for, "read_looks_for", lambda bundle: {})
    assert "python -m melanoma looks-for" in told(lesson(step="7"))
    picture = drawn_photo.read_bytes()
    monkeypatch.setattr(looks_for, "read_looks_for", lambda bundle: dict.fromkeys(CODES, picture))
    words = told(lesson(step="7"))
    assert "python -m melanoma looks-for" not in words
    assert "Melanoma ▲" in words and "Dermatofibroma" in words


def test_a_photo_is_framed_and_a_bad_file_gets_one_sentence(drawn_photo):
    app = lesson()
    app.file_uploader[0].upload("drawn.jpg", drawn_photo.read_bytes(), "image/jpeg").run()
    assert not app.exception and "The photo: 600 x 450 pixels." in told(app)
    assert "A drawing, not a photo" not in told(app)
    app.file_uploader[0].upload("notes.jpg", b"not a picture", "image/jpeg").run()
    assert not app.exception
    assert any("not a picture that can be read" in error.value for error in app.error)
    assert "The photo: 600 x 450 pixels." in told(app)


@pytest.mark.slow("a step with its maps")
def test_a_shared_map_moves_the_raw_map_and_not_the_answer():
    app = lesson(step="6", of="MEL")
    before = told(app)
    app.slider[0].set_value(-3.0).run()
    assert not app.exception
    after = told(app)
    line = r"Melanoma: [\d.]+%, with or without the added map. Log-odds [+−][\d.]+\."
    assert re.search(line, before)[0] == re.search(line, after)[0]
    first, second = (re.findall(r"(\d+)% of what speaks for it", words) for words in (before, after))
    assert second == first[1:], "the evidence map's share inside the outline is what it was"
    assert "No region speaks for melanoma." in after and "No region speaks for" not in before
