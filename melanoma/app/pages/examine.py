"""Examine: one photo, what the network says of it, and why."""

import streamlit as st

from melanoma.app.parts.heatmap import show_heatmap
from melanoma.app.parts.model import classifier
from melanoma.app.parts.photo import Photo, choose_photo
from melanoma.app.parts.texts import text
from melanoma.app.parts.verdict import describe_prior, describe_set, show_verdict
from melanoma.errors import UserError
from melanoma.plots import probability_bars
from melanoma.prediction import Prediction

_PREDICTION = "prediction"


def page() -> None:
    """Draw the page."""
    words, chooser = st.columns([5, 6], gap="large")
    with words:
        st.title("What does the network see?", anchor=False)
        st.markdown(text("notice"))
    with chooser:
        photo = choose_photo()
    try:
        prediction = _predict(photo)
    except UserError as error:  # the model's folder is absent or damaged
        st.error(str(error))
        return
    bundle = classifier().bundle

    show_verdict(prediction, bundle)
    answer, reasons = st.columns([5, 6], gap="large")
    with answer:
        st.subheader("The photo and the answer", anchor=False)
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
        st.subheader("Why", anchor=False)
        show_heatmap(photo, prediction)


def _predict(photo: Photo) -> Prediction:
    """Return the prediction for the photo, computed once while the visitor looks at it."""
    network = classifier()
    if photo.drawn:
        return _predict_drawing(photo, network.bundle.version)
    key = (photo.key, network.bundle.version)
    kept = st.session_state.get(_PREDICTION)
    if kept is None or kept[0] != key:
        kept = (key, network([photo.pixels])[0])
        st.session_state[_PREDICTION] = kept
    return kept[1]


@st.cache_resource(max_entries=1, show_spinner=False)
def _predict_drawing(_drawn: Photo, version: str) -> Prediction:
    """Return the prediction for the drawing, the same for all visitors."""
    return classifier()([_drawn.pixels])[0]


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
