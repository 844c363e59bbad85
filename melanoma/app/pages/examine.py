"""Examine: one photo, what the network says of it, and why."""

import streamlit as st

from melanoma.app.parts.examine.explanation import show_answer_and_reasons
from melanoma.app.parts.shared.error_messages import show_user_errors
from melanoma.app.parts.shared.language import say, text
from melanoma.app.parts.shared.model import classifier
from melanoma.app.parts.shared.photo import choose_photo, go_to_answer
from melanoma.app.parts.shared.prediction import predict


@show_user_errors()
def page() -> None:
    """Draw the page."""
    with st.container(key="first-line"):
        st.title(say("What does the network see?"), anchor=False)
        st.markdown(text("notice"))
    photo = choose_photo()
    prediction = predict(photo)
    show_answer_and_reasons(photo, prediction, classifier().bundle)
    go_to_answer()
