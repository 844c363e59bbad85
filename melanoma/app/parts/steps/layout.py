"""What all steps share: the text beside the pictures, and the diagnosis that they speak of."""

import plotly.graph_objects as go
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from melanoma.app.parts.language import say, text
from melanoma.app.parts.link import linked_choice
from melanoma.app.parts.photo import Photo
from melanoma.diagnoses import diagnosis_of
from melanoma.plots import MALIGNANT_MARK
from melanoma.prediction import Prediction


def text_and_pictures(name: str) -> DeltaGenerator:
    """Write the text `name` on the left; return the column on the right for its pictures."""
    words, pictures = st.columns([4, 7], gap="large")
    with words:
        st.markdown(text(name))
    return pictures


def choose_diagnosis(photo: Photo, prediction: Prediction) -> str:
    """Draw the choice of the diagnosis; the likeliest is the default. Return its code."""
    return linked_choice(
        st,
        say("Diagnosis"),
        [code for code, _ in prediction.ranked],
        prediction.diagnosis,
        "of",
        lambda code: named(code, prediction),
        owner=photo.key,
    )


def named(code: str, prediction: Prediction) -> str:
    """Return a diagnosis' name with its mark and probability."""
    found = diagnosis_of(code)
    mark = f" {MALIGNANT_MARK}" if found.malignant else ""
    return f"{say(found.name)}{mark}, {prediction.probability(code):.1%}"


def show(figure: go.Figure, key: str, alt: str, **options: object) -> object:
    """Draw a figure without Plotly's buttons; return what st.plotly_chart returns."""
    return st.plotly_chart(figure, key=key, alt=alt, config={"displayModeBar": False}, **options)
