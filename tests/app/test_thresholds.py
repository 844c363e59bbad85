"""The Thresholds page without a browser."""

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from melanoma.model.bundle import load_bundle
from tests.app.opening import words
from tests.conftest import SHIPPED

SCRIPT = """
import streamlit as st
from melanoma.app.pages import thresholds
thresholds.page()
"""


@pytest.fixture
def page(monkeypatch):
    app = AppTest.from_string(SCRIPT, default_timeout=120).run()
    assert not app.exception
    return app


def own_threshold() -> str:
    """What the page says of the shipped network, by its own figures."""
    bundle = load_bundle(SHIPPED)
    found = bundle.figures["alert_sensitivity"]["value"]
    return f"At {bundle.alert_threshold:.1%} the alert finds {found:.0%}"


def test_a_fresh_visitor_sees_the_networks_own_threshold(page):
    told = words(page)
    assert own_threshold() in told
    assert "**9** melanoma found" in told
    assert "**1** melanoma missed" in told


def test_what_a_sorted_list_saves_is_told_by_the_models_own_predictions(page):
    rows = (
        load_bundle(SHIPPED).load_predictions().query("split == 'test'").sort_values("MEL", ascending=False)
    )
    melanomas = (rows["diagnosis"] == "MEL").to_numpy()
    place = np.searchsorted(np.cumsum(melanomas), np.ceil(0.95 * melanomas.sum())) + 1
    told = words(page)
    assert (
        f"95% of the {melanomas.sum()} photos of melanoma are among the first {place / len(rows):.0%} ("
        in told
    )
    assert "malignant photos are among the first" in told


def test_another_threshold_and_prevalence_change_what_is_told(page):
    before = words(page)
    page.slider(key="threshold").set_value(60.0)
    page.slider(key="prevalence").set_value(10.0).run()
    assert not page.exception
    told = words(page)
    assert "At 60.0% the alert finds" in told
    assert told != before
    own = f"{load_bundle(SHIPPED).alert_threshold:.1%}"
    assert f"Back to the network's own threshold ({own})" in [button.label for button in page.button]
    page.button[0].click().run()
    assert own_threshold() in words(page)


def test_a_model_that_cannot_be_used_gets_one_sentence(monkeypatch, tmp_path):
    monkeypatch.setenv("MELANOMA_MODELS", str(tmp_path))
    app = AppTest.from_string(SCRIPT, default_timeout=120).run()
    assert not app.exception
    assert [error.value for error in app.error] == [
        "There is no model. The operator has to put one into the folder of models."
    ]
