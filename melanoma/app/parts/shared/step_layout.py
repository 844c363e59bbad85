"""What all steps share: the text beside the pictures, and the diagnosis that they speak of."""

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from melanoma.app.parts.shared.diagnosis_names import name_and_probability
from melanoma.app.parts.shared.language import say, text
from melanoma.app.parts.shared.link import linked_choice
from melanoma.app.parts.shared.photo import Photo
from melanoma.model.prediction import Prediction


def text_and_pictures(name: str, **values: object) -> DeltaGenerator:
    """Write the text `name` on the left, `values` in its {braces}; return the column for its pictures."""
    words, pictures = st.columns([4, 7], gap="large")
    with words:
        st.markdown(text(name).format(**values) if values else text(name))
    return pictures


def choose_diagnosis(photo: Photo, prediction: Prediction) -> str:
    """Draw the choice of the diagnosis; the likeliest is the default. Return its code."""
    return linked_choice(
        st,
        say("Diagnosis"),
        [code for code, _ in prediction.ranked],
        prediction.diagnosis,
        "of",
        lambda code: name_and_probability(code, prediction),
        owner=photo.key,
    )
