"""What if without a browser: sliders change the answer, the designer draws, bad files change nothing."""

import re

import pytest
from streamlit.testing.v1 import AppTest

from melanoma.app.parts.what_if import photo_changes


def what_if(**link: str) -> AppTest:
    app = AppTest.from_string("from melanoma.app.pages import what_if; what_if.page()", default_timeout=120)
    for name, value in link.items():
        app.query_params[name] = value
    app.run()
    assert not app.exception
    return app


def told(app: AppTest) -> str:
    parts = (*app.markdown, *app.caption, *app.info, *app.warning)
    return "\n".join(part.value for part in parts)


def value_of(app: AppTest, title: str) -> str:
    return next(part.value for part in app.markdown if part.value.startswith(f"**{title}:**"))


@pytest.mark.slow("the page twice")
def test_a_fresh_visitor_sees_the_same_answer_twice():
    app = what_if()
    assert "not a diagnosis" in told(app)
    assert value_of(app, "Before").removeprefix("**Before:**") == value_of(app, "After").removeprefix(
        "**After:**"
    )


@pytest.mark.slow("a page run three times")
def test_a_slider_changes_the_answer_and_undo_takes_it_back():
    app = what_if()
    before = value_of(app, "Before")
    app.slider(key="w-light").set_value(-50).run()
    assert not app.exception
    assert value_of(app, "Before") == before
    assert value_of(app, "After").removeprefix("**After:**") != before.removeprefix("**Before:**")
    next(button for button in app.button if button.label == "Undo all changes").click().run()
    assert app.slider(key="w-light").value == 0
    assert value_of(app, "After").removeprefix("**After:**") == before.removeprefix("**Before:**")


@pytest.mark.slow("the page twice")
def test_a_link_holds_the_sliders_and_the_cover():
    app = what_if(**{"w-turn": "90", "cover": "rectangle", "along": "light"})
    assert app.slider(key="w-turn").value == 90
    assert app.slider(key="cover-x").value == (30, 70)
    assert "The lesion itself is the same" not in told(app), "it is covered"
    assert value_of(app, "After").removeprefix("**After:**") != value_of(app, "Before").removeprefix(
        "**Before:**"
    )


@pytest.mark.slow("the page three times")
def test_the_chart_along_a_slider_is_computed_once_it_is_looked_at(monkeypatch):
    asked = []
    compute = photo_changes.answers_along
    monkeypatch.setattr(
        photo_changes, "answers_along", lambda *given: asked.append(given[-1].name) or compute(*given)
    )
    app = what_if(along="light")
    app.slider(key="w-turn").set_value(90).run()
    assert not asked and "versions of the photo" not in told(app)
    app = what_if(along="light", sweep="true")
    assert asked == ["light"] and "versions of the photo" in told(app)


@pytest.mark.slow("a page of two uploads")
def test_a_photo_and_a_bad_file(drawn_photo):
    app = what_if()
    app.file_uploader[0].upload("drawn.jpg", drawn_photo.read_bytes(), "image/jpeg").run()
    assert not app.exception and "A drawing, not a photo" not in told(app)
    shown = value_of(app, "Before")
    app.file_uploader[0].upload("notes.jpg", b"not a picture", "image/jpeg").run()
    assert not app.exception and value_of(app, "Before") == shown
    assert any("not a picture that can be read" in error.value for error in app.error)


@pytest.mark.slow("draws and measures a lesion")
def test_the_designer_warns_draws_and_measures():
    app = what_if(**{"try": "designer", "d-asymmetry": "0.2"})
    assert any("learned from photos" in warning.value for warning in app.warning)
    assert letters(app) == ["0.20", "0.55", "5", "279 pixels (of a circle)"]
    next(button for button in app.button if button.label == "Like a mole").click().run()
    assert not app.exception
    assert letters(app) == ["0.10", "0.10", "2", "225 pixels (of a circle)"]


def letters(app: AppTest) -> list[str]:
    """What was set, from A to D."""
    found = (re.search(r"You set: \*\*(.*?)\*\*", part.value) for part in app.markdown)
    return [match.group(1) for match in found if match]
