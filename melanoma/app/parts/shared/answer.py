"""The network's answer for the photo in view, computed once for all pages."""

import streamlit as st

from melanoma.app.parts.shared.gallery import photos
from melanoma.app.parts.shared.model import ask, classifier
from melanoma.app.parts.shared.photo import Photo
from melanoma.app.parts.shared.samples import SAMPLES
from melanoma.model.prediction import Prediction

_PREDICTIONS = "predictions"


def predict(photo: Photo) -> Prediction:
    """Return the prediction for the photo; raises UserError if the model's folder is absent or damaged."""
    network = classifier()
    if photo.key in SAMPLES:
        return _predict_drawing(photo, photo.key, network.bundle.version)
    key = (photo.key, network.bundle.version)
    kept = st.session_state.setdefault(_PREDICTIONS, {})
    if key not in kept:
        there = {brought.key for brought in photos()}
        for known in [known for known in kept if known[0] not in there]:
            del kept[known]  # what is left of a photo goes with it
        kept[key] = ask(network, photo.pixels)
    return kept[key]


# No age limit: the same drawing and model give the same answer, and the first view waits for it.
@st.cache_resource(max_entries=2 * len(SAMPLES), show_spinner=False)
def _predict_drawing(_drawn: Photo, name: str, version: str) -> Prediction:
    """Return the prediction for the drawing, the same for all visitors."""
    return ask(classifier(), _drawn.pixels)
