"""The operator's page: absent without a token, closed without the right one, then counts."""

import re
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from melanoma.app.pages import operator
from melanoma.app.server_metrics import METRICS

PAGE = "from melanoma.app.pages import operator; operator.page()"
SCRIPT = Path(__file__).parents[2] / "melanoma" / "app" / "entry" / "script.py"


def written(page):
    """Return the HTML of the tables that the page shows."""
    return "".join(part.proto.body for part in page.get("html") if "<table" in part.proto.body)


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
    assert len(page.metric) == 0 and not written(page)
    page.text_input[0].set_value("a guess").run()
    assert [error.value for error in page.error] == ["This is not the token."]
    assert len(page.metric) == 0 and not written(page)


def test_with_the_token_there_are_counts(page):
    with METRICS.timed("a test of the page"):
        pass
    page.text_input[0].set_value("a long secret").run()
    assert not page.exception
    assert page.metric[0].label == "Hours since the start"
    row = re.search('<th scope="row">a test of the page</th>(.*?)</tr>', written(page))
    assert '<td data-label="done">1</td>' in row[1] and '<td data-label="failed">0</td>' in row[1]


@pytest.mark.slow("the page with the shipped network")
def test_the_page_opens_with_a_token_set(monkeypatch):
    monkeypatch.setenv(operator.TOKEN, "a long secret")
    app = AppTest.from_file(str(SCRIPT), default_timeout=240).run()
    assert not app.exception and app.title[0].value == "What does the network see?"
