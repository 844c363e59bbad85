"""A quiz in the page's link: what is read of it, and that a reload and Back find it again."""

from types import SimpleNamespace

import pytest
from streamlit.testing.v1 import AppTest

from melanoma.app.parts.quiz.link import checksum, read_answers
from melanoma.app.parts.quiz.state import Given, Quiz
from melanoma.app.parts.shared import link
from tests.app.opening import press, words
from tests.app.test_quiz import answer, opened

NAMES = ("source", "seed", "count", "set", "said", "at")


@pytest.fixture
def small_model(small_bundle, monkeypatch):
    monkeypatch.setenv("MELANOMA_MODELS", str(small_bundle.parent))


def quiz(*keys: str) -> Quiz:
    cases = tuple(SimpleNamespace(key=key) for key in keys)
    return Quiz(cases, ("MEL", "NV"), "drawn", 1, 5, "", "version")


def linked(app: AppTest) -> dict[str, str]:
    """Return what the page's link holds of the quiz."""
    found = {name: app.query_params[name] for name in NAMES if name in app.query_params}
    return {name: value[0] if isinstance(value, list) else value for name, value in found.items()}


def test_answers_are_read_in_the_order_of_the_cases():
    read = read_answers("2.NV.50~0.MEL.80.412.388", quiz("a", "b", "c"), position=2)
    assert read == [Given(0, "MEL", 80, (412.0, 388.0)), Given(2, "NV", 50)]


@pytest.mark.parametrize(
    "text",
    [
        *("0.BCC.50", "0.MEL.5", "0.MEL.101", "9.MEL.50", "2.MEL.50", "0.MEL", "0.MEL.50.3", "-1.MEL.50", ""),
        *("0.MEL.50.1e9.2", "0.MEL.٥٠", "0.<b>.50", "0.MEL.50.999999.1", "~" * 5000, "\x00", "0.MEL.50\n"),
    ],
)
def test_what_is_no_answer_is_passed_over(text):
    assert read_answers(text, quiz("a", "b", "c"), position=1) == []


def test_the_checksum_tells_other_cases_apart():
    assert checksum(quiz("a", "b")) == checksum(quiz("a", "b"))
    assert len({checksum(quiz(*keys)) for keys in (("a", "b"), ("b", "a"), ("a",), ("ab",))}) == 4


@pytest.mark.slow("a quiz of three pages")
def test_a_reload_finds_case_and_answers_and_back_goes_to_the_question(small_model, monkeypatch):
    app = opened(seed="7")
    press(app, "Start")
    before = linked(app)
    answer(app, sure=90)
    shown = linked(app)
    assert shown["said"].startswith("0.MEL.90.") and shown["at"] == "0"
    again = opened(**shown)
    assert words(again) == words(app), "the same answers, truth and rank of the mark"
    press(again, "Next case")
    assert linked(again)["at"] == "1"
    # Back to the question of the first case, and Forward to its answer
    monkeypatch.setattr(link, "get_script_run_ctx", lambda: SimpleNamespace(is_history_navigation=True))
    for state, button in ((before, "Show the answer"), (shown, "Next case")):
        again.query_params.clear()
        for name, value in state.items():
            again.query_params[name] = value
        again.run()
        assert not again.exception and any(found.label == button for found in again.button)
    again.query_params.clear()
    again.run()
    assert any(found.label == "Start" for found in again.button), "before the quiz there was none"
    assert not {"at", "said", "set"} & set(linked(again))


@pytest.mark.slow("links to a quiz")
@pytest.mark.parametrize(
    ("name", "value"), [("set", "00000000"), ("at", "99"), ("at", "-1"), ("at", "x"), ("seed", "8")]
)
def test_a_quiz_whose_cases_are_others_now_gets_a_sentence(small_model, name, value):
    app = opened(seed="7")
    press(app, "Start")
    again = opened(**(linked(app) | {name: value}))
    assert "The cases of the quiz in this link are not the same any more" in again.error[0].value
    press(again, "Start")
    assert again.get("progress") and not again.error
