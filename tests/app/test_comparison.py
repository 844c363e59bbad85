"""Two maps side by side: which may share a scale, and the links that open a comparison."""

import shutil
from types import SimpleNamespace

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from melanoma.app.parts.examine import comparison
from melanoma.app.parts.examine.compared_sides import on_one_scale, settings_for, share_a_scale
from melanoma.app.parts.examine.map_view import MapView
from melanoma.app.parts.shared import link
from melanoma.controls import Choice, Range
from melanoma.explain.registry import METHODS
from melanoma.figures.heatmap import scale_figure
from tests.app.opening import opened_by_link

PAGE = "from melanoma.app.pages import examine; examine.page()"


@pytest.fixture
def two_models(small_bundle, tmp_path, monkeypatch):
    for name in ("one", "two"):
        shutil.copytree(small_bundle, tmp_path / name)
    monkeypatch.setenv("MELANOMA_MODELS", str(tmp_path))


def opened(**named: str) -> AppTest:
    link = {"lang": "en", "compare": "true"}
    link |= {name.replace("other_", "other-"): value for name, value in named.items()}
    return opened_by_link(AppTest.from_string(PAGE, default_timeout=120), link)


def on_the_right(app: AppTest) -> str:
    return next(box for box in app.selectbox if box.label == "On the right").value


def captions(app: AppTest) -> str:
    return " ".join(caption.value for caption in app.caption)


def headings(app: AppTest) -> list[str]:
    """Return what stands over the two sides."""
    return [element.value for element in app.markdown if element.value.endswith("%")]


def view(method: str, limit: float, signed: bool = True) -> MapView:
    """Return a map of which only method, limit and sign are looked at."""
    heatmap = np.zeros((2, 2), dtype=np.float32)
    return MapView(
        photo=np.zeros((4, 4, 3), dtype=np.uint8),
        method=METHODS[method],
        code="MEL",
        request=None,
        heatmap=heatmap,
        limit=limit,
        one_scale=False,
        signed=signed,
        in_colour=False,
        outlined=False,
        lesion=None,
    )


def test_maps_that_count_the_same_share_the_longer_scale_with_both_signs():
    first, second = on_one_scale(view("evidence", 0.5), view("grad-cam", 2.0, signed=False))
    assert (first.limit, first.signed) == (second.limit, second.signed) == (2.0, True)
    first, second = on_one_scale(view("evidence", 3.0), view("evidence", 2.0))
    assert first.limit == second.limit == 3.0


def test_maps_of_different_units_keep_their_own_scales():
    for other in ("occlusion", "smoothgrad", "score-cam", "edges", "random"):
        assert not share_a_scale(METHODS["evidence"], METHODS[other]), other
        first, second = on_one_scale(view("evidence", 0.5), view(other, 2.0))
        assert (first.limit, second.limit) == (0.5, 2.0)
    assert all(share_a_scale(method, method) for method in METHODS.values())


def test_the_bar_has_the_numbers_of_the_scale():
    bar = scale_figure(0.3, True, "unit").data[0].marker
    assert (bar.cmin, bar.cmax) == (-0.3, 0.3)
    assert np.allclose(bar.colorbar.tickvals, [-0.3, -0.2, -0.1, 0, 0.1, 0.2, 0.3], atol=1e-4)


def test_another_method_takes_of_the_settings_what_it_has():
    controls = (Choice("layer", "Layer", ("last", "first"), "last"), Range("size", "Size", 1, 9, 3, 1))
    assert settings_for(controls, {"layer": "first", "size": 4.0, "seed": 1.0}) == {
        "layer": "first",
        "size": 4.0,
    }
    assert settings_for(controls, {"layer": "middle", "size": 99.0}) == {}


@pytest.mark.slow("two networks and the page, several times")
def test_a_link_opens_two_photos_and_where_they_are_wiped(two_models):
    app = opened(sample="mole-like", other_photo="hairy", look="wipe", wipe="30")
    assert on_the_right(app) == "hairy"
    assert [heading.split("**")[1] for heading in headings(app)] == [
        "A drawing\\, not a photo\\: Like a mole",
        "A drawing\\, not a photo\\: With hair",
    ]
    assert app.slider[0].value == 30
    assert "photos included" in captions(app) and "Both maps have one scale" in captions(app)
    app.slider[0].set_value(80).run()
    assert app.query_params["wipe"] in ("80", ["80"])


@pytest.mark.slow("more links to comparisons")
def test_a_link_opens_two_methods_two_diagnoses_and_two_networks(two_models):
    app = opened(versus="method", other_method="occlusion")
    assert on_the_right(app) == "occlusion" and "each map has a scale of its own" in captions(app)
    app = opened(versus="diagnosis", diagnosis="MEL", other_diagnosis="NV")
    assert [heading.split("**")[1] for heading in headings(app)] == ["Melanoma", "Mole \\(nevus\\)"]
    app = opened(versus="model", model="one", other_model="two")
    assert [heading.split("**")[1] for heading in headings(app)] == ["one", "two"]
    assert headings(app)[0].splitlines()[1] == headings(app)[1].splitlines()[1], "they are copies"


@pytest.mark.slow("two networks and the page, several times")
def test_photos_of_a_link_that_are_not_here_get_a_sentence_on_either_side(two_models):
    app = opened(sample="ISIC_9999999", other_photo="own-2")
    assert "The photo of this link, ISIC\\_9999999, is not here" in captions(app)
    assert captions(app).count("brought by a visitor") == 1
    assert len(headings(app)) == 2 and not app.error


HOSTILE = ("1e309", "-1", "٣٠", "<script>alert(1)</script>", "x" * 3000, "", "[](javascript:0)")


@pytest.mark.slow("hostile links")
@pytest.mark.parametrize("value", HOSTILE)
def test_hostile_values_open_an_ordinary_comparison(two_models, value):
    names = ("versus", "look", "wipe", "other_photo", "other_method", "sample", "diagnosis")
    app = opened(**dict.fromkeys(names, value))
    assert not app.error and len(headings(app)) == 2
    assert "](javascript" not in captions(app)


@pytest.mark.slow("another folder of models")
def test_with_one_network_another_is_not_offered_and_the_page_says_why(small_bundle, monkeypatch, tmp_path):
    shutil.copytree(small_bundle, tmp_path / "one")
    monkeypatch.setenv("MELANOMA_MODELS", str(tmp_path))
    app = opened(versus="model")
    choice = next(group for group in app.button_group if group.label == "What differs")
    assert choice.options == ["Photo", "Method", "Diagnosis"] and choice.value == "photo"
    assert "This server has one network" in captions(app)


@pytest.mark.slow("an upload")
def test_an_upload_is_said_to_be_in_no_link(two_models, drawn_photo):
    app = opened(compare="true")
    app.file_uploader[0].upload("mine.jpg", drawn_photo.read_bytes(), "image/jpeg").run()
    assert app.query_params["sample"] in ("own-1", ["own-1"])
    assert "is in no link" in captions(app) and "photos included" not in captions(app)
    assert "mine" not in str(app.query_params)


@pytest.mark.slow("two networks and the page, several times")
def test_what_back_asks_for_goes_before_what_the_session_holds(two_models, monkeypatch):
    monkeypatch.setattr(comparison, "other_view", lambda *_: pytest.fail("a closed comparison costs nothing"))
    app = opened(sample="mole-like", compare="false")
    next(box for box in app.selectbox if box.label == "Method").select("grad-cam").run()
    next(button for button in app.button if button.label == "With hair").click().run()
    assert app.query_params["sample"] in ("hairy", ["hairy"])
    app.query_params.clear()
    app.query_params["sample"] = "mole-like"
    monkeypatch.setattr(link, "get_script_run_ctx", lambda: SimpleNamespace(is_history_navigation=True))
    app.run()
    assert not app.exception
    assert next(box for box in app.selectbox if box.label == "Method").value == "evidence"
    assert app.session_state["photo-chosen"] == "mole-like"
    app.query_params["sample"] = "own-7"
    app.run()
    assert app.session_state["photo-chosen"] == "mole-like", "what is not here changes nothing"
    assert "brought by a visitor" in captions(app)
