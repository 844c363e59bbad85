"""The tutorial's claims one by one, and where to look at notebook and image set."""

import streamlit as st

from melanoma.app.parts.data.story import Story
from melanoma.app.parts.shared.language import say, text
from melanoma.tutorial.claims import claims


def show_claims(story: Story) -> None:
    """Write each claim with what is so below it."""
    for number, one in enumerate(claims(story), start=1):
        st.markdown(f"**{number}. {one.claim.said(say)}**  \n{one.what_is_so.said(say)}")
    st.markdown(text("data-sources-named"))
