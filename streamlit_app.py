"""The page: set-up and navigation."""

import streamlit as st

from melanoma.app.pages import examine

st.set_page_config(
    page_title="Melanoma: how a CNN decides", page_icon=":material/dermatology:", layout="wide"
)
st.navigation(
    [st.Page(examine.page, title="Examine", icon=":material/search:", default=True)], position="top"
).run()
