"""Examine: one photo, what the network says of it, and why."""

import streamlit as st

from melanoma.app.parts.examine.alert import show_alert
from melanoma.app.parts.examine.explanation import show_answer_and_reasons
from melanoma.app.parts.examine.map_view import cached_lesion
from melanoma.app.parts.shared.error_messages import show_user_errors
from melanoma.app.parts.shared.language import say, text
from melanoma.app.parts.shared.model import classifier
from melanoma.app.parts.shared.photo import choose_photo, show_photos
from melanoma.app.parts.shared.prediction import predict


@show_user_errors()
def page() -> None:
    """Draw the page."""
    words, chooser = st.columns([8, 5], gap="medium")
    with chooser:
        photo = choose_photo()
    with words:
        with st.container(key="compact-title"):
            st.title(say("What does the network see?"), anchor=False)
        st.markdown(text("notice"))
        show_photos(photo)
    prediction = predict(photo)
    bundle = classifier().bundle
    show_alert(prediction, bundle, cached_lesion(photo, prediction))
    show_answer_and_reasons(photo, prediction, bundle)
