"""The script of every page: set-up, then whichever page of `melanoma/app/pages/` the visitor is on."""

from pathlib import Path

import streamlit as st

from melanoma.app.navigation import show_page

# A file of its own: for a Material symbol or an emoji here each visitor's browser asks a server elsewhere.
_ICON = Path(__file__).parents[1] / "icon.png"

st.set_page_config(page_title="Melanoma: how a CNN decides", page_icon=str(_ICON), layout="wide")
show_page()
