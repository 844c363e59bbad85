"""The page Lesson without a browser: plans, scenes that drop out, the presenter, links that lead nowhere."""

from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from melanoma.app.pages import lesson_plan
from melanoma.app.parts.shared.language import say
from melanoma.classroom.scenes import make_scenes
from tests.app.opening import opened_by_link, press, words
from tests.app.test_quiz import small_model
from tests.classroom.test_lesson import ALL, STATE

__all__ = ["small_model"]
SCRIPT = """
from melanoma.app.pages import lesson_plan
lesson_plan.page()
"""


def opened(**link):
    return opened_by_link(AppTest.from_string(SCRIPT, default_timeout=120), link)


@pytest.fixture
def scenes(monkeypatch):
    """All scenes but one, without measuring any."""
    figures = replace(ALL, surroundings=None)
    monkeypatch.setattr(lesson_plan, "lesson_scenes", lambda: make_scenes(figures, STATE, say))


@pytest.mark.slow("measures a network")
@pytest.mark.parametrize("bundle", ["small_bundle", "nine_bundle"])
def test_a_network_without_its_figures_has_a_shorter_plan(bundle, request, monkeypatch):
    monkeypatch.setenv("MELANOMA_MODELS", str(request.getfixturevalue(bundle).parent))
    app = opened(plan="medical")
    told = words(app)
    assert app.title[0].value == "A lesson of 45 minutes"
    assert "Left out, since it is not so for this network:" in told and "Other surroundings" in told
    assert "Better than the network?" in [heading.value for heading in app.subheader]
    assert len(app.get("download_button")) == 3
    times = [caption.value for caption in app.caption if caption.value.startswith("Minutes")]
    assert times[0].startswith("Minutes 0 to") and times[-1].endswith("to 45")
    assert len(times) == len(app.subheader)


def test_the_presenter_goes_on_and_back_and_leaves(scenes):
    app = opened(plan="medical", lang="de")
    press(app, "Auf einem Beamer zeigen")
    stage = app.get("html")[0].proto.body
    assert "Besser als das Netz?" in stage and "Szene 1 von" in stage and not app.title
    assert app.button(key="presenter-back").disabled
    app.button(key="presenter-next").click().run()
    assert "Szene 2 von" in app.get("html")[0].proto.body
    app.button(key="presenter-back").click().run()
    assert "Szene 1 von" in app.get("html")[0].proto.body
    app.button(key="presenter-leave").click().run()
    assert app.title[0].value == "Eine Unterrichtsstunde von 45 Minuten"


@pytest.mark.parametrize("asked", ["surroundings", "<b>no scene</b>", ""])
def test_a_scene_that_is_not_in_the_plan_is_a_sentence_and_the_plan(scenes, asked):
    app = opened(plan="school", present=asked)
    assert "The scene of this link is not in this plan" in app.warning[0].value
    assert "<b>" not in app.warning[0].value and app.subheader


@pytest.mark.parametrize("more", [{}, {"present": "threshold"}])
def test_a_model_that_is_not_there_is_a_sentence_under_the_title(small_model, more):
    app = opened(model="absent", **more)
    assert [title.value for title in app.title] == ["A lesson of 45 minutes"]
    assert "There is no model of the name in this link" in app.error[0].value


@pytest.mark.slow("the page that a scene's link opens")
def test_a_scene_s_link_without_its_example_says_so(small_model):
    app = AppTest.from_string("from melanoma.app.pages import what_if; what_if.page()", default_timeout=120)
    app.query_params["sample"] = "ISIC_0029575"
    app.query_params["w-hairs"] = "60"
    app.run()
    assert not app.exception
    assert "The photo of this link, ISIC\\_0029575, is not here" in words(app)
    assert "Melanoma" in words(app), "and goes on with another one"
