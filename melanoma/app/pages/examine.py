"""Examine: one photo, what the network says of it, and why."""

import streamlit as st

from melanoma.app.parts.answer import predict
from melanoma.app.parts.heatmap import show_heatmap
from melanoma.app.parts.language import say, text
from melanoma.app.parts.model import classifier
from melanoma.app.parts.photo import choose_photo
from melanoma.app.parts.verdict import describe_prior, describe_set, show_verdict
from melanoma.errors import UserError
from melanoma.plots import probability_bars
from melanoma.prediction import Prediction


def page() -> None:
    """Draw the page."""
    words, chooser = st.columns([5, 6], gap="large")
    with words:
        st.title(say("What does the network see?"), anchor=False)
        st.markdown(text("notice"))
    with chooser:
        photo = choose_photo()
    try:
        prediction = predict(photo)
    except UserError as error:  # the model's folder is absent or damaged
        st.error(str(error))
        return
    bundle = classifier().bundle

    show_verdict(prediction, bundle)
    answer, reasons = st.columns([5, 6], gap="large")
    with answer:
        st.subheader(say("The photo and the answer"), anchor=False)
        st.image(
            photo.pixels, width="stretch", alt="A drawn lesion" if photo.drawn else "The photo that you chose"
        )
        st.caption(_what_happened(prediction))
        chances = dict(prediction.ranked)
        with st.container(key="bars"):
            st.plotly_chart(
                probability_bars(chances, prediction.prediction_set),
                config={"displayModeBar": False},
                key="probabilities",
                alt="Probabilities: " + ", ".join(f"{code} {value:.1%}" for code, value in chances.items()),
            )
        st.caption(
            f"▲ and hatching: malignant, or may become so. {describe_set(prediction, bundle)} "
            f"{describe_prior(bundle)}"
        )
    with reasons:
        st.subheader(say("Why"), anchor=False)
        show_heatmap(photo, prediction)


def _what_happened(prediction: Prediction) -> str:
    geometry = prediction.geometry
    told = f"{geometry.width} x {geometry.height} pixels. "
    if geometry.crops:
        told += f"The network saw the centred square of {geometry.side} pixels, "
    else:
        told += "The network saw all of it, "
    return (
        told + f"resized to {geometry.size} x {geometry.size}. Metadata such as place and date were dropped."
    )
