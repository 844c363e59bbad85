"""The page Laboratory without a browser: plant, see, mend; what may be wrong gets a sentence."""

import pytest
from streamlit.testing.v1 import AppTest

from melanoma.app.parts.shared.examples import EXAMPLES
from melanoma.edits.drawn_lesions import MELANOMA_LIKE, NEVUS_LIKE, draw_lesion
from melanoma.photos.examples import IDS, Example
from tests.app.opening import opened_by_link, press

SCRIPT = "from melanoma.app.pages import laboratory; laboratory.page()"


@pytest.fixture
def small_model(small_bundle, monkeypatch):
    monkeypatch.setenv("MELANOMA_MODELS", str(small_bundle.parent))


def opened(**link):
    return opened_by_link(
        AppTest.from_string(SCRIPT, default_timeout=240),
        {name.replace("_", "-"): value for name, value in link.items()},
    )


def verdict(app):
    return next(box.value for kind in (app.warning, app.success, app.info) for box in kind)


@pytest.mark.slow("the shipped network looks at several hundred pictures")
def test_plant_see_mend():
    app = opened()
    assert "**Nothing is planted.**" in verdict(app)
    press(app, "A ruler on every melanoma")
    assert verdict(app).startswith("**The head looks at the ruler.** Right about")
    assert app.slider(key="lab-malignant").value == 100
    app.segmented_control(key="lab-mend").set_value("mixing").run()
    assert verdict(app).startswith("**The head no longer goes by the ruler.**")
    assert app.query_params["lab-mend"] == "mixing"
    tries = app.get("html")
    table = next(part.proto.body for part in tries if "<table" in part.proto.body)
    assert table.count("<tr>") == 4, "a head and three tries"
    press(app, "Forget these tries")
    other = opened()
    assert not [part for part in other.get("html") if "<table" in part.proto.body], "another's session"
    press(app, "Plant nothing")
    assert "**Nothing is planted.**" in verdict(app)


@pytest.mark.slow("fits heads on the page")
@pytest.mark.usefixtures("small_model")
def test_a_link_opens_the_state():
    app = opened(lab_plant="dark-corners", lab_malignant="30", lab_mend="masking", lab_reads="last")
    assert app.selectbox(key="lab-plant").value == "dark-corners"
    assert app.slider(key="lab-malignant").value == 30
    assert app.segmented_control(key="lab-mend").value == "masking"
    assert app.selectbox(key="lab-reads").value == "last"


@pytest.mark.slow("the page several times")
@pytest.mark.usefixtures("small_model")
def test_a_hostile_link_opens_the_default():
    for value in ("1e309", "../x", "-1"):
        names = ("pictures", "plant", "malignant", "benign", "mend", "reads")
        app = opened(**dict.fromkeys([f"lab_{name}" for name in names], value))
        assert app.segmented_control(key="lab-pictures").value == "drawings"
        assert 0 <= app.slider(key="lab-malignant").value <= 100


@pytest.mark.slow("fits heads on the page")
@pytest.mark.usefixtures("small_model")
def test_without_real_photos_it_says_so():
    app = opened(lab_pictures="photos", lang="de")
    assert [error.value for error in app.error] == [
        "Es gibt nicht genug echte Fotos zum Anpassen: 0 von einer Art, und 6 braucht es. Nehmen Sie die "
        "Zeichnungen."
    ]


@pytest.mark.slow("two dozen heads")
@pytest.mark.usefixtures("small_model")
def test_real_photos_have_their_credit(monkeypatch):
    found = {
        name: (
            Example(name, code, "CC-0", "Somebody"),
            draw_lesion(MELANOMA_LIKE if code == "MEL" else NEVUS_LIKE, 90, 120, number).image,
        )
        for number, (name, code) in enumerate(IDS)
    }
    monkeypatch.setattr(EXAMPLES, "_found", found)
    app = opened(lab_pictures="photos")
    assert "24 photos that were held back" in " ".join(caption.value for caption in app.caption)
    assert any("ISIC Archive. Somebody. CC-0." in caption.value for caption in app.caption)
    assert any("24 heads of" in caption.value for caption in app.caption)


def test_without_a_model_it_says_so(monkeypatch, tmp_path):
    monkeypatch.setenv("MELANOMA_MODELS", str(tmp_path))
    app = AppTest.from_string(SCRIPT, default_timeout=120).run()
    assert not app.exception
    assert [error.value for error in app.error] == [
        "There is no model. The operator has to put one into the folder of models."
    ]


@pytest.mark.slow("another kind of network")
def test_a_network_without_evidence_map_serves_as_well(nine_bundle, monkeypatch):
    monkeypatch.setenv("MELANOMA_MODELS", str(nine_bundle.parent))
    app = opened(lab_plant="colours", lab_malignant="100")
    assert not app.error and verdict(app)


@pytest.mark.slow("fits heads on the page")
def test_the_methods_are_compared_once_that_is_opened(small_model):
    def tables(app):
        return [html.proto.body for html in app.get("html") if "<table" in html.proto.body]

    assert tables(opened()) == []
    drawings, photos = tables(opened(lab_methods="true"))
    for table in (drawings, photos):
        assert "Occlusion" in table and "no: it hardly depends on the head" in table
