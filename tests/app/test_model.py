"""The Model page, and the choice that all pages follow."""

import shutil
from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from melanoma.app.parts.model.documents import split_at_pictures
from melanoma.model.bundle import LITERT, describe, load_bundle
from tests.app.opening import opened_by_link
from tests.tiny_backbone import as_mobilenet

SCRIPT = """
import streamlit as st
from melanoma.app.pages import model
model.page()
"""
ANSWER = """
import streamlit as st
from melanoma.app.parts.shared.model import classifier, choose_model
from melanoma.errors import UserError
if name := st.session_state.get("wanted"):
    choose_model(name)
try:
    st.text(", ".join(classifier().bundle.codes))
except UserError as error:
    st.error(str(error))
"""


@pytest.fixture
def folder(small_bundle, tmp_path, monkeypatch):
    for name in ("one", "two", "broken"):
        shutil.copytree(small_bundle, tmp_path / name)
    (tmp_path / "broken" / "history.csv").write_text("changed")
    monkeypatch.setenv("MELANOMA_MODELS", str(tmp_path))
    return tmp_path


def opened(script, **link):
    return opened_by_link(AppTest.from_string(script, default_timeout=120), link)


def test_the_card_is_shown(monkeypatch):
    page = opened(SCRIPT)
    assert any("Model card: isic8-mobilenet" in markdown.value for markdown in page.markdown)
    assert not page.selectbox
    assert not page.warning


def table_of(page):
    return next(m.value for m in page.markdown if m.value.startswith("| Model |"))


@pytest.mark.slow("the page with either engine")
def test_it_says_what_computes_the_answers(folder):
    told = table_of(opened(SCRIPT, model="one"))
    assert "| Answers come from | LiteRT; what differentiates comes from Keras |" in told
    bundle = load_bundle(folder / "two")
    (folder / "two" / LITERT).unlink()
    describe(folder / "two", bundle)
    with as_mobilenet():
        told = table_of(opened(SCRIPT, model="two"))
    assert "| Answers come from | Keras. The model has no LiteRT file. |" in told


def test_experiments_and_training_are_parts_with_a_link():
    assert any("What was tried" in m.value for m in opened(SCRIPT, read="experiments").markdown)
    assert any("MELANOMA_MODELS" in m.value for m in opened(SCRIPT, read="train").markdown)


def test_a_damaged_model_gets_a_sentence_and_the_others_are_offered(folder):
    page = opened(SCRIPT, model="two")
    assert [warning.value for warning in page.warning] == [
        "broken/history.csv does not match its checksum, so it is not used. Copy the model again."
    ]
    assert page.selectbox[0].options == ["one", "two"]
    assert page.selectbox[0].value == "two"
    page.selectbox[0].set_value("one").run()
    assert not page.exception
    assert page.selectbox[0].value == "one"


@pytest.mark.parametrize("name", ["absent", "../one", "/etc"])
def test_a_link_to_no_model_is_one_sentence(folder, name):
    page = opened(SCRIPT, model=name)
    assert "There is no model of the name in this link" in page.error[0].value


@pytest.mark.slow("loads two networks")
def test_each_visitor_has_a_model_of_their_own(folder, small_bundle):
    describe(folder / "two", replace(load_bundle(folder / "two"), alert_threshold=0.25))
    script = ANSWER.replace(
        '", ".join(classifier().bundle.codes)', "str(classifier().bundle.alert_threshold)"
    )
    first, second = opened(script, model="one"), opened(script, model="two")
    assert second.text[0].value == "0.25"
    assert first.run().text[0].value != "0.25"


@pytest.mark.slow("the page with a model of its own")
def test_a_bundle_of_two_diagnoses_answers(folder):
    assert opened(ANSWER, model="one").text[0].value == "MEL, NV"


def test_a_damaged_model_is_one_sentence_to_other_pages(folder):
    assert "does not match its checksum" in opened(ANSWER, model="broken").error[0].value


def test_pictures_of_a_document_are_taken_out_by_hand():
    markdown = "# Card\n\ntext\n\n![A chart](chart.png)\n\nmore"
    assert split_at_pictures(markdown) == [
        ("## Card\n\ntext", None),
        ("A chart", "chart.png"),
        ("more", None),
    ]


def test_links_of_a_document_to_files_become_words():
    markdown = (
        "See [bundle.md](../docs/bundle.md#alerts), [the paper](https://arxiv.org/abs/1) and [above](#card)."
    )
    assert split_at_pictures(markdown) == [
        ("See bundle.md, [the paper](https://arxiv.org/abs/1) and [above](#card).", None)
    ]
