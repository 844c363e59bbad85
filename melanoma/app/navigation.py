"""Which pages there are, in the order of the menu."""

from importlib import import_module
from pathlib import Path
from typing import Any

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from melanoma.app.pages import operator
from melanoma.app.parts.shared.address import OPENING_PAGE
from melanoma.app.parts.shared.language import choose_language, say
from melanoma.app.parts.shared.removal import offer_removal
from melanoma.app.parts.shared.script_run import script_run
from melanoma.app.parts.shared.server import keep_uploads_in_memory
from melanoma.app.parts.shared.ways_on import remember_pages
from melanoma.app.server_metrics import log_to_stderr

_STYLE, _SCRIPT = (Path(__file__).with_name(name) for name in ("style.css", "page.js"))


@script_run()
def show_page() -> None:
    """Draw the menu, the page that the visitor is on, and below it the choice of language."""
    st.html(_STYLE)
    st.html(f"<script>{_SCRIPT.read_text(encoding='utf-8')}</script>", unsafe_allow_javascript=True)
    log_to_stderr()
    keep_uploads_in_memory()
    pages = _pages()
    remember_pages(pages)
    st.navigation(list(pages.values()), position="top").run()
    st.divider()
    offer_removal()
    with st.container(horizontal=True, horizontal_alignment="center"):
        choose_language()


def _pages() -> dict[str, StreamlitPage]:
    """Return the pages by name; the operator's is there where a token is set, and in no menu."""
    named = {
        "examine": (say("Examine"), "search"),
        "lesson": (say("How it decides"), "school"),
        "what_if": (say("What if"), "tune"),
        "laboratory": (say("Laboratory"), "science"),
        "quiz": (say("Quiz"), "quiz"),
        "lesson_plan": (say("Lesson"), "co_present"),
        "thresholds": (say("Thresholds"), "balance"),
        "triage": (say("Triage"), "sort"),
        "data": (say("The data"), "folder_open"),
        "model": (say("Model"), "network_node"),
    }
    pages = {
        name: _page(name, title, icon, default=name == OPENING_PAGE) for name, (title, icon) in named.items()
    }
    if operator.offered():
        pages["operator"] = _page("operator", say("Operation"), "monitoring", visibility="hidden")
    return pages


def _page(name: str, title: str, icon: str, **more: Any) -> StreamlitPage:
    """Return the page of `pages/NAME.py`, whose address is its name with hyphens.

    `icon` is the name of a Material symbol; `more` goes to `st.Page`.
    """
    page = import_module(f"melanoma.app.pages.{name}").page
    return st.Page(page, title=title, icon=f":material/{icon}:", url_path=name.replace("_", "-"), **more)
