"""Which pages there are, in the order of the menu."""

from importlib import import_module
from pathlib import Path
from typing import Any

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from melanoma.app.pages import operator
from melanoma.app.parts.shared.language import choose_language, say
from melanoma.app.parts.shared.removal import offer_removal
from melanoma.app.parts.shared.script_run import script_run
from melanoma.app.parts.shared.server import keep_uploads_in_memory
from melanoma.app.server_metrics import log_to_stderr

_STYLE, _SCRIPT = (Path(__file__).with_name(name) for name in ("style.css", "page.js"))


@script_run()
def show_page() -> None:
    """Draw the menu, the page that the visitor is on, and below it the choice of language."""
    st.html(_STYLE)
    st.html(f"<script>{_SCRIPT.read_text(encoding='utf-8')}</script>", unsafe_allow_javascript=True)
    log_to_stderr()
    keep_uploads_in_memory()
    st.navigation(_pages(), position="top").run()
    st.divider()
    offer_removal()
    with st.container(horizontal=True, horizontal_alignment="center"):
        choose_language()


def _pages() -> list[StreamlitPage]:
    """Return the pages; the operator's is there where the operator has set a token, and in no menu."""
    pages = [
        _page("examine", say("Examine"), "search", default=True),
        _page("lesson", say("How it decides"), "school"),
        _page("what_if", say("What if"), "tune"),
        _page("laboratory", say("Laboratory"), "science"),
        _page("quiz", say("Quiz"), "quiz"),
        _page("thresholds", say("Thresholds"), "balance"),
        _page("triage", say("Triage"), "sort"),
        _page("data", say("The data"), "folder_open"),
        _page("model", say("Model"), "network_node"),
    ]
    if operator.offered():
        pages.append(_page("operator", say("Operation"), "monitoring", visibility="hidden"))
    return pages


def _page(name: str, title: str, icon: str, **more: Any) -> StreamlitPage:
    """Return the page of `pages/NAME.py`, whose address is its name with hyphens.

    `icon` is the name of a Material symbol; `more` goes to `st.Page`.
    """
    page = import_module(f"melanoma.app.pages.{name}").page
    return st.Page(page, title=title, icon=f":material/{icon}:", url_path=name.replace("_", "-"), **more)
