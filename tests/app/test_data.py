"""The page The data: every step, the operator's pictures, and the audit of a visitor's own photos."""

import io
import sys
import zipfile

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from melanoma.app.parts.data.own_audit import LOCAL
from melanoma.app.parts.data.thumbnails import FOLDER
from melanoma.edits.drawn_lesions import NEVUS_LIKE, draw_lesion
from melanoma.photos.encoding import as_png
from melanoma.tutorial.story import read_story
from tests.app.opening import opened_by_link
from tests.conftest import write_image

SCRIPT = """
import streamlit as st
from melanoma.app.pages import data
data.page()
"""
RESULT = {
    "images": 448,
    **{
        name: {"value": value, "low": value - 0.05, "high": value + 0.05}
        for name, value in (("accuracy", 0.5), ("accuracy_copied", 0.7), ("accuracy_new", 0.4))
    },
    "fitted_by_epoch": [0.3, 0.9],
    "validation_by_epoch": [0.4, 0.5],
}


def opened(**link: str) -> AppTest:
    return opened_by_link(AppTest.from_string(SCRIPT, default_timeout=120), link)


def words(app) -> str:
    shown = (*app.markdown, *app.caption, *app.info, *app.header)
    return " ".join(one.value for one in shown).replace("\\", "")


def audit_button(app):
    return next(button for button in app.button if button.label == "Audit")


@pytest.mark.parametrize("step", range(1, 9))
@pytest.mark.parametrize("language", ["en", "de"])
def test_every_step_opens_by_its_link(step, language):
    app = opened(part=str(step), lang=language)
    assert app.header[0].value.startswith(f"{step} ")
    charts = app.get("plotly_chart")
    assert len(charts) == (1 if step < 5 else 2 if step < 7 else 0)
    assert all(chart.proto.alt for chart in charts)


def test_next_leads_to_the_next_step():
    app = opened()
    app.button[0].click().run()
    assert app.header[0].value == "2 The folders"
    assert "158 labels differ from the truth" in words(app)


def test_what_was_not_run_is_said_and_what_was_is_drawn(monkeypatch):
    empty = read_story() | {"results": {}}
    monkeypatch.setattr("melanoma.app.pages.data.read_story", lambda: empty)
    assert "have not been run yet" in words(opened(part="5"))
    full = empty | {"results": {"tutorial-a": RESULT, "tutorial-a-honest": RESULT}}
    monkeypatch.setattr("melanoma.app.pages.data.read_story", lambda: full)
    app = opened(part="5")
    assert len(app.get("plotly_chart")) == 2
    assert "Not yet repeated: (b), (c), (d)." in words(app)


def test_copies_before_and_after_the_split_are_told_apart(monkeypatch):
    story = read_story() | {"results": {"tutorial-d-before": RESULT, "tutorial-d-after": RESULT}}
    monkeypatch.setattr("melanoma.app.pages.data.read_story", lambda: story)
    bars, curves = (chart.proto.alt for chart in opened(part="5").get("plotly_chart"))
    assert "(d), copies made, then split: " in bars and "(d), split, then copies made: " in bars
    assert curves.count("(d) validation") == 1, "the curves are of the tutorial's own way"


def test_the_gap_of_every_run_is_drawn_with_its_verdict():
    app = opened(part="6")
    gaps, curves = (chart.proto.alt for chart in app.get("plotly_chart"))
    assert "(a): 91% and 50%, overfitting" in gaps and "(c), honest: 68% and 60%, underfitting" in gaps
    assert len(gaps.split("; ")) == len(read_story()["results"])
    assert curves.startswith("(a): **Overfitting**: 91%") and "from epoch 5 on" in words(app)
    copied = words(opened(part="6", run="tutorial-d-before"))
    assert "most of these validation images are copies of fitted ones: of new lesions 57%" in copied
    assert "copies of fitted ones" not in words(opened(part="6", run="tutorial-d-after"))


def test_a_proposal_is_told_with_prediction_and_result_or_how_to_run_it(monkeypatch):
    ran = RESULT | {"fitted_by_epoch": [0.5] * 6, "validation_by_epoch": [0.45] * 6}
    base = {"tutorial-a-honest": RESULT, "tutorial-l2-honest": ran}
    story = read_story() | {"results": base}
    monkeypatch.setattr("melanoma.app.pages.data.read_story", lambda: story)
    told = words(opened(part="6"))
    assert "changes (a), which comes to 50% (45% to 55%) so" in told
    assert "Predicted: 48% to 56%, overfitting." in told
    assert "Came out: 50% (45% to 55%), underfitting; not as predicted." in told
    assert "--recipe tutorial-complex-honest --out" in told
    assert "python -m melanoma.tutorial search" in told


def test_each_claim_stands_beside_what_is_so():
    app = opened(part="7")
    told = words(app)
    assert (
        "75% of skin cancer deaths" in told and "58,667 by melanoma and 69,416 by others, it is 46%" in told
    )
    assert "hold 77 to 462 images. The largest is “Pigmented benign keratosis”" in told
    assert "kaggle.com/datasets/nodoubttome/skin-cancer9-classesisic" in told


def test_pictures_in_two_folders_are_shown_where_the_operator_has_them(tmp_path, monkeypatch):
    assert not opened(part="2").get("image")
    for number in range(2):
        drawn = draw_lesion(NEVUS_LIKE, 80, 80, number).image
        write_image(tmp_path / "Train" / "melanoma" / f"{number}.png", drawn)
        other = drawn if number else np.zeros_like(drawn)
        write_image(tmp_path / "Train" / "seborrheic keratosis" / f"{number}.png", other)
    monkeypatch.setenv(FOLDER, str(tmp_path))
    app = opened(part="2")
    assert len(app.get("image")) == 1, "one picture is the same in both, by its bytes"
    assert "Seborrhoeic keratosis" in words(app)


def packed() -> bytes:
    """Return a zip of nine drawings in two folders, one of them in both."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for number, name in [*((k, "melanoma" if k % 2 else "nevus") for k in range(8)), (1, "nevus")]:
            drawn = draw_lesion(NEVUS_LIKE, 90, 90, number).image
            archive.writestr(f"{name}/{number}.png", as_png(drawn))
    return buffer.getvalue()


def test_a_visitors_zip_is_audited():
    app = opened(part="8")
    app.file_uploader[0].upload("mine.zip", packed(), "application/zip")
    audit_button(app).click().run()
    assert not app.exception
    assert "9 files, 9 of them readable, show 8 different pictures under 2 labels" in words(app)
    assert [button.label for button in app.get("download_button")] == ["Report (HTML)", "All numbers (JSON)"]


def test_bad_choices_get_a_sentence():
    app = opened(part="8")
    audit_button(app).click().run()
    assert app.warning[0].value == "Choose a zip first."
    app.file_uploader[0].upload("mine.zip", b"not a zip", "application/zip")
    audit_button(app).click().run()
    assert "damaged zip" in app.error[0].value


@pytest.mark.slow("an audit on the page")
def test_a_folder_of_this_machine_only_where_the_operator_allows_it(drawn_folder, monkeypatch):
    assert not opened(part="8").text_input
    monkeypatch.setenv(LOCAL, "1")
    app = opened(part="8")
    app.text_input[0].set_value(str(drawn_folder))
    audit_button(app).click().run()
    assert not app.exception
    assert "24 files" in words(app)
    app.text_input[0].set_value("/no/such/folder")
    audit_button(app).click().run()
    assert "does not exist" in app.error[0].value


def test_a_host_without_the_packages_says_so(monkeypatch):
    monkeypatch.setitem(sys.modules, "melanoma.batch.audit_zip", None)
    app = opened(part="8")
    app.file_uploader[0].upload("mine.zip", packed(), "application/zip")
    audit_button(app).click().run()
    assert "cannot audit" in app.error[0].value
