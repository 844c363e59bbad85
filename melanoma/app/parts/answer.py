"""The network's answer for the photo in view, computed once for all pages."""

import streamlit as st

from melanoma.app.parts.model import classifier
from melanoma.app.parts.photo import Photo
from melanoma.prediction import Prediction

_PREDICTION = "prediction"


def predict(photo: Photo) -> Prediction:
    """Return the prediction for the photo; raises UserError if the model's folder is absent or damaged."""
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
