"""Ways on: what the end of a page leads to, and going to another page from within one."""

from collections.abc import Mapping

import streamlit as st
from streamlit.navigation.page import StreamlitPage

_PAGES = "pages"


def remember_pages(pages: Mapping[str, StreamlitPage]) -> None:
    """Keep the pages of this run by their names, for the parts that lead to one."""
    st.session_state[_PAGES] = dict(pages)


def lead_on(*ways: tuple[str, str]) -> None:
    """Draw the ways on at the end of a page, as (name of a page, what is found there).

    A page that is run by itself, without the menu's others, has none.
    """
    pages = st.session_state.get(_PAGES, {})
    with st.container(horizontal=True, key="ways-on"):
        for name, label in ways:
            if name in pages:
                st.page_link(pages[name], label=label, icon=":material/arrow_forward:")


def go_to(name: str) -> None:
    """Show another page at once; not in a callback."""
    st.switch_page(st.session_state[_PAGES][name])
