"""The network's answer for the photo in view, computed once for all pages."""

from typing import TYPE_CHECKING

import streamlit as st

from melanoma.app.parts.shared.crops import as_cropped
from melanoma.app.parts.shared.gallery import photos
from melanoma.app.parts.shared.model import classifier, run_network
from melanoma.app.parts.shared.photo import Photo
from melanoma.app.parts.shared.samples import SAMPLES
from melanoma.model.prediction import Prediction
from melanoma.photos.examples import IDS

if TYPE_CHECKING:
    from melanoma.model.classifier import Classifier

_PREDICTIONS = "predictions"


def predict(photo: Photo, network: "Classifier | None" = None) -> Prediction:
    """Return the prediction for the photo, by the visitor's model unless another `network` is given.

    Raises UserError if the model's folder is absent or damaged.
    """
    network = network or classifier()
    if not photo.own and photo.whole is None:
        return _predict_shared(photo, network, photo.key, network.bundle.version)
    key = (photo.key, network.bundle.version)
    predictions = st.session_state.setdefault(_PREDICTIONS, {})
    if key not in predictions:
        present = {photo.key, *(one.key for brought in photos() for one in (brought, as_cropped(brought)))}
        for known in [known for known in predictions if known[0] not in present]:
            del predictions[known]  # results of a photo that was removed are dropped
        predictions[key] = run_network(network, photo.pixels)
    return predictions[key]


# No ttl: the same photo and model give the same answer, and the first view waits for it.
@st.cache_resource(max_entries=2 * (len(SAMPLES) + len(IDS)), show_spinner=False)
def _predict_shared(_photo: Photo, _network: "Classifier", name: str, version: str) -> Prediction:
    """Return the prediction for a drawing or an example, the same for all visitors."""
    return run_network(_network, _photo.pixels)
