"""The Quiz page without a browser: from start to score, from each source."""

import os
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from melanoma.app.parts.shared.markdown import escape_markdown
from melanoma.edits.drawn_lesions import MELANOMA_LIKE, draw_lesion
from melanoma.errors import UserError
from tests.app.opening import opened_by_link, press, words
from tests.conftest import write_image

SCRIPT = """
from melanoma.app.pages import quiz
quiz.page()
"""


def opened(**link):
    return opened_by_link(AppTest.from_string(SCRIPT, default_timeout=120), link)


def answer(app, option=0, sure=80):
    next(box for box in app.selectbox if box.label == "2. What is it?").select_index(option).run()
    next(box for box in app.selectbox if box.label == "Part of the photo").select_index(4).run()
    app.slider[0].set_value(sure).run()
    press(app, "Show the answer")


@pytest.fixture
def small_model(small_bundle, monkeypatch):
    monkeypatch.setenv("MELANOMA_MODELS", str(small_bundle.parent))


@pytest.mark.slow("a quiz of several pages")
def test_drawn_cases_from_start_to_score(small_model):
    app = opened(seed="7")
    press(app, "Start")
    for number in range(5):
        assert app.get("progress")
        answer(app)
        told = words(app)
        assert "Truth:" in told and "You: Melanoma, 80% sure" in told and "At your mark" in told
        press(app, "See the score" if number == 4 else "Next case")
    told = words(app)
    assert "| Right |" in told and "Brier score" in told
    assert [button.label for button in app.get("download_button")] == ["Result (CSV)", "Result (JSON)"]
    press(app, "New quiz")
    assert any(button.label == "Start" for button in app.button)


def test_nothing_is_answered_without_a_diagnosis(small_model):
    app = opened()
    press(app, "Start")
    assert next(button for button in app.button if button.label == "Show the answer").disabled


def test_the_teachers_folder_is_a_source_and_its_names_tell_nothing(small_model, drawn_folder, monkeypatch):
    monkeypatch.setenv("MELANOMA_QUIZ", str(drawn_folder))
    app = opened(source="teacher", seed="3")
    press(app, "Start")
    assert "melanoma/" not in words(app)
    answer(app, option=1)
    assert "You: Mole (nevus)" in words(app)


def test_a_teachers_folder_that_is_not_there_is_one_sentence_without_its_path(
    small_model, tmp_path, monkeypatch
):
    monkeypatch.setenv("MELANOMA_QUIZ", str(tmp_path / "absent"))
    app = opened(source="teacher")
    press(app, "Start")
    assert escape_markdown("The teacher's folder does not exist") in app.error[0].value
    assert str(tmp_path) not in app.error[0].value


def test_a_bad_photo_is_left_out_and_the_quiz_goes_on(small_model, drawn_folder, tmp_path, monkeypatch):
    for name in ("melanoma", "nevus"):
        (tmp_path / name).mkdir()
        (tmp_path / name / f"{name[0]}.jpg").write_bytes(b"not a picture")
    monkeypatch.setenv("MELANOMA_QUIZ", str(tmp_path))
    app = opened(source="teacher")
    press(app, "Start")
    assert "not a picture that can be read" in app.error[0].value
    press(app, "Leave this case out")
    press(app, "Leave this case out")
    assert "No case was answered" in app.info[0].value


def test_an_archive_that_does_not_answer_is_one_sentence(small_model, monkeypatch):
    def silent(self, query, most=100):
        raise UserError("The ISIC Archive cannot be reached.")

    monkeypatch.setattr("melanoma.photos.isic_archive.Archive.search", silent)
    app = opened(source="archive")
    press(app, "Start")
    assert app.error[0].value == escape_markdown("The ISIC Archive cannot be reached.")
    assert any(button.label == "Start" for button in app.button)


@pytest.mark.parametrize("asked", ["1e309", "nan", "-1", "0", "٣", "x" * 500, "", "1000000"])
def test_a_number_of_a_set_that_is_none_is_passed_over(asked):
    app = AppTest.from_string(
        "from melanoma.app.parts.quiz.start import show_start; show_start()", default_timeout=60
    )
    app.query_params["seed"] = asked
    app.run()
    assert not app.exception and app.number_input[0].value == 1


def catalogue(folder, content: bytes) -> Path:
    """Write a labels CSV beside two pictures, of which one has a name that is markup."""
    drawn = draw_lesion(MELANOMA_LIKE, 90, 120, 1).image
    for name in ("good.png", "![x](http:a)<b>{name}$1.png"):
        write_image(folder / "images" / name, drawn)
    os.mkfifo(folder / "images" / "pipe.png")
    (folder / "images" / "text.png").write_bytes(b"not a picture")
    (folder / "images" / "loop.png").symlink_to("loop.png")
    (folder / "labels.csv").write_bytes(b"image,diagnosis\ngood.png,MEL\n" + content)
    return folder / "labels.csv"


READ = "a case begins"
HOSTILE = {
    "a NUL byte": (b"a\x00b.png,NV\n", "holds bytes that are no text"),
    "not UTF-8": (b"\xff\xfe\xe9.png,NV\n", "1 of 2 images are missing"),
    "an overlong name": (b"x" * 5000 + b".png,NV\n", "the first is " + "x" * 400 + "…"),
    "a device": (b"/dev/zero,NV\n", "the first is /dev/zero"),
    "a pipe": (b"pipe.png,NV\n", "the first is pipe.png"),
    "a link to itself": (b"loop.png,NV\n", "the first is loop.png"),
    "a file elsewhere": (b"../../../../../../etc/passwd,NV\n", READ),
    "text": (b"text.png,NV\n", READ),
    "an unknown diagnosis": (b"good2.png,<script>alert(1)</script>\n", "is not a known diagnosis"),
    "markup": (b"![x](http://a/b.png),NV\n", "the first is ![x](http://a/b.png)"),
    "a formula": (b'"=HYPERLINK(""http://a"")",NV\n', "1 of 2 images are missing"),
    "more cells than columns": (b"good.png,NV,1,2,3\n", "row 3 has more cells than the header"),
    "a quote without an end": (b'"good.png,NV\n', "a double quote in row 3 is not closed"),
    "twice with two diagnoses": (b"good.png,NV\n", "gives good two diagnoses, MEL and NV"),
}


@pytest.mark.slow("catalogues that a stranger wrote")
@pytest.mark.parametrize(("content", "sentence"), HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_catalogue_is_a_sentence_that_tells_no_path(
    small_model, tmp_path, monkeypatch, content, sentence
):
    monkeypatch.setenv("MELANOMA_QUIZ", str(catalogue(tmp_path, content)))
    app = opened(source="teacher")
    press(app, "Start")
    told = [element.value for element in (*app.error, *app.info, *app.warning)]
    if sentence == READ:
        assert app.get("progress")
        if told:  # the case that is no picture comes first
            assert "not a picture" in told[0]
            press(app, "Leave this case out")
        assert not app.error
    else:
        assert len(told) == 1 and escape_markdown(sentence) in told[0]
    assert str(tmp_path) not in " ".join(told) and "root:" not in words(app)


@pytest.mark.slow("a catalogue that a stranger wrote")
def test_a_name_that_is_markup_is_shown_nowhere(small_model, tmp_path, monkeypatch):
    content = b"![x](http:a)<b>{name}$1.png,NV\n"
    monkeypatch.setenv("MELANOMA_QUIZ", str(catalogue(tmp_path, content)))
    app = opened(source="teacher")
    press(app, "Start")
    for _ in range(2):
        answer(app)
        assert "http:a" not in words(app)
        press(app, next(b.label for b in app.button if b.label in ("See the score", "Next case")))
    assert "| Right |" in words(app) and "http:a" not in words(app)
