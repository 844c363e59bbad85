"""The page's own addresses: which page, language and model they open."""

from types import SimpleNamespace

import pytest

from melanoma.app.parts.shared import address


@pytest.mark.parametrize(
    ("here", "page", "whole"),
    [
        ("https://a.example/quiz", "quiz", "https://a.example/quiz?x=%3C1%3E&lang=en"),
        ("https://a.example:8501/", "what_if", "https://a.example:8501/what-if?x=%3C1%3E&lang=en"),
        ("https://a.example", "examine", "https://a.example/?x=%3C1%3E&lang=en"),
        ("https://a.example/under/lesson-plan", "data", "https://a.example/under/data?x=%3C1%3E&lang=en"),
        (None, "data", "data?x=%3C1%3E&lang=en"),
    ],
)
def test_an_address_is_whole_where_the_browser_has_told_its_own(monkeypatch, here, page, whole):
    told = SimpleNamespace(context=SimpleNamespace(url=here), query_params={})
    monkeypatch.setattr(address, "st", told)
    monkeypatch.setattr(address, "language", lambda: "en")
    assert address.address_of(page, x="<1>") == whole
    told.query_params["model"] = "mine"
    assert address.address_of(page, x="<1>") == whole.replace("&lang", "&model=mine&lang")
