"""The Quiz page without a browser: from start to score, from each source."""

import pytest
from streamlit.testing.v1 import AppTest

from melanoma.errors import UserError

SCRIPT = """
from melanoma.app.pages import quiz
quiz.page()
"""


def opened(**link):
    app = AppTest.from_string(SCRIPT, default_timeout=120)
    for name, value in link.items():
        app.query_params[name] = value
    app.run()
    assert not app.exception
    return app


def press(app, label):
    next(button for button in app.button if button.label == label).click().run()
    assert not app.exception


def words(app):
    return " ".join(element.value for element in (*app.markdown, *app.caption))


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
    assert "The teacher's folder does not exist" in app.error[0].value
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
    assert app.error[0].value == "The ISIC Archive cannot be reached."
    assert any(button.label == "Start" for button in app.button)


@pytest.mark.parametrize("asked", ["1e309", "nan", "-1", "0", "٣", "x" * 500, "", "1000000"])
def test_a_number_of_a_set_that_is_none_is_passed_over(asked):
    app = AppTest.from_string(
        "from melanoma.app.parts.quiz.start import show_start; show_start()", default_timeout=60
    )
    app.query_params["seed"] = asked
    app.run()
    assert not app.exception and app.number_input[0].value == 1
