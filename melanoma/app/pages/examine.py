"""Examine: one photo, what the network says of it, and why."""

import streamlit as st

from melanoma.app.parts.examine.explanation import show_answer_and_reasons
from melanoma.app.parts.shared.error_messages import show_user_errors
from melanoma.app.parts.shared.language import say, text
from melanoma.app.parts.shared.model import classifier
from melanoma.app.parts.shared.photo import choose_photo, go_to_answer
from melanoma.app.parts.shared.prediction import predict
from melanoma.app.parts.shared.ways_on import lead_on


@show_user_errors()
def page() -> None:
    """Draw the page."""
    with st.container(key="first-line"):
        st.title(say("What does the network see?"), anchor=False)
        st.markdown(text("notice"))
    photo = choose_photo()
    prediction = predict(photo)
    show_answer_and_reasons(photo, prediction, classifier().bundle)
    lead_on(
        ("lesson", say("How the network decides, step by step")),
        ("what_if", say("Change the photo and watch the answer")),
        ("quiz", say("Look for yourself first")),
    )
    go_to_answer()
