"""Examine: one photo, what the network says of it, and why."""

from pathlib import Path

import streamlit as st

from melanoma.app.parts.examine.crop import offer_cropping
from melanoma.app.parts.examine.explanation import show_answer_and_reasons
from melanoma.app.parts.examine.together import choose_joined
from melanoma.app.parts.examine.tour import offer_tour
from melanoma.app.parts.shared.error_messages import show_user_errors
from melanoma.app.parts.shared.language import say, text
from melanoma.app.parts.shared.model import classifier
from melanoma.app.parts.shared.photo import Photo, choose_photo, go_to_answer
from melanoma.app.parts.shared.prediction import predict
from melanoma.app.parts.shared.ways_on import lead_on

_STYLE = Path(__file__).with_suffix(".css")


def offer(photo: Photo) -> None:
    """Draw what can be done with the photo in view."""
    offer_cropping(photo)
    choose_joined(photo)


@show_user_errors()
def page() -> None:
    """Draw the page."""
    st.html(_STYLE)
    offer_tour()
    with st.container(key="first-line"):
        st.title(say("What does the network see?"), anchor=False)
        st.markdown(text("notice"))
    photo = choose_photo(offer)
    prediction = predict(photo)
    show_answer_and_reasons(photo, prediction, classifier().bundle)
    lead_on(
        ("lesson", say("How the network decides, step by step")),
        ("what_if", say("Change the photo and watch the answer")),
        ("quiz", say("Look for yourself first")),
    )
    go_to_answer()
