"""A page without a browser, opened by a link."""

from collections.abc import Mapping

from streamlit.testing.v1 import AppTest


def opened_by_link(page: AppTest, link: Mapping[str, str]) -> AppTest:
    """Run a page with what a link holds; return it. Nothing may be wrong."""
    for name, value in link.items():
        page.query_params[name] = value
    page.run()
    assert not page.exception
    return page


def press(page: AppTest, label: str) -> AppTest:
    """Press a button, and return the page. Nothing may be wrong."""
    next(button for button in page.button if button.label == label).click().run()
    assert not page.exception
    return page


def words(page: AppTest) -> str:
    """Return what the page says, by its texts and captions."""
    return " ".join(element.value for element in (*page.markdown, *page.caption))
