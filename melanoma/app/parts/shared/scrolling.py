"""Where the page stands in its window: what comes next begins at its top."""

import json

import streamlit as st


def go_to_top(state: str) -> None:
    """Bring the page's top into view, once for each `state`: the same one leaves the page where it stands."""
    st.html(
        f"<script>if (window.topOf !== {json.dumps(state)}) {{ window.topOf = {json.dumps(state)};"
        " document.querySelector('.stMain')?.scrollTo(0, 0); }</script>",
        unsafe_allow_javascript=True,
    )
