"""Examine: one photo, what the network says of it, and why."""

import streamlit as st

from melanoma.app.parts.examine.explanation import show_answer_and_reasons
from melanoma.app.parts.examine.map_view import lesion_of
from melanoma.app.parts.examine.verdict import show_verdict
from melanoma.app.parts.shared.answer import predict
from melanoma.app.parts.shared.language import say, text
from melanoma.app.parts.shared.model import classifier
from melanoma.app.parts.shared.photo import choose_photo
from melanoma.app.parts.shared.problems import show_user_errors


@show_user_errors()
def page() -> None:
    """Draw the page."""
    words, chooser = st.columns([5, 6], gap="large")
    with words:
        st.title(say("What does the network see?"), anchor=False)
        st.markdown(text("notice"))
    with chooser:
        photo = choose_photo()
    prediction = predict(photo)
    bundle = classifier().bundle
    show_verdict(prediction, bundle, lesion_of(photo, prediction))
    show_answer_and_reasons(photo, prediction, bundle)
