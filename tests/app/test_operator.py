"""The operator's page: absent without a token, closed without the right one, then counts."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from melanoma.app.pages import operator
from melanoma.app.server_metrics import METRICS

PAGE = "from melanoma.app.pages import operator; operator.page()"
SCRIPT = Path(__file__).parents[2] / "melanoma" / "app" / "entry" / "script.py"


@pytest.fixture
def page(monkeypatch):
    monkeypatch.setenv(operator.TOKEN, "a long secret")
    monkeypatch.setattr(operator, "_AFTER_WRONG", 0.0)
    app = AppTest.from_string(PAGE, default_timeout=60).run()
    assert not app.exception
    return app


def test_without_a_token_there_is_no_such_page(monkeypatch):
    monkeypatch.delenv(operator.TOKEN, raising=False)
    assert not operator.offered()
    monkeypatch.setenv(operator.TOKEN, "")
    assert not operator.offered()


def test_nothing_is_shown_before_the_token(page):
    assert len(page.metric) == 0 and len(page.table) == 0
    page.text_input[0].set_value("a guess").run()
    assert [error.value for error in page.error] == ["This is not the token."]
    assert len(page.metric) == 0 and len(page.table) == 0


def test_with_the_token_there_are_counts(page):
    with METRICS.timed("a test of the page"):
        pass
    page.text_input[0].set_value("a long secret").run()
    assert not page.exception
    assert page.metric[0].label == "Hours since the start"
    rows = page.table[0].value
    row = rows[rows["Event"] == "a test of the page"].iloc[0]
    assert row["done"] == "1" and row["failed"] == "0"


@pytest.mark.slow("the page with the shipped network")
def test_the_page_opens_with_a_token_set(monkeypatch):
    monkeypatch.setenv(operator.TOKEN, "a long secret")
    app = AppTest.from_file(str(SCRIPT), default_timeout=240).run()
    assert not app.exception and app.title[0].value == "What does the network see?"
