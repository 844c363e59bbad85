"""The script of every page: set-up, then whichever page of `melanoma/app/pages/` the visitor is on."""

import streamlit as st

from melanoma.app.navigation import show_page

st.set_page_config(
    page_title="Melanoma: how a CNN decides", page_icon=":material/dermatology:", layout="wide"
)
show_page()
