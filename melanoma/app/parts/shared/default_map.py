"""The maps of a page that offers no choice of method, and what it says where there is no evidence."""

from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from melanoma.app.parts.shared.language import say, text
from melanoma.app.parts.shared.model import classifier
from melanoma.model.prediction import Prediction

if TYPE_CHECKING:
    from melanoma.explain.base import Method


def default_maps(prediction: Prediction) -> "tuple[Method, np.ndarray]":
    """Return the evidence maps of all diagnoses, (h, w, classes), or Grad-CAM's for a network without."""
    from melanoma.explain.base import ExplanationRequest
    from melanoma.explain.registry import first_method

    network = classifier().compiled
    method = first_method(network)
    return method, method.explain(ExplanationRequest(network, prediction))


def colour_legend(method: "Method", name: str) -> str:
    """Return what the colours of a map of a diagnosis mean."""
    if method.signed:
        return say("Red speaks for {name}, blue against it.", name=name)
    return say("Red speaks for {name}.", name=name)


def show_no_evidence(prediction: Prediction) -> bool:
    """Say so if the network has no evidence map; return whether that is so."""
    missing = prediction.evidence is None
    if missing:
        st.info(text("no-evidence"), icon=":material/info:")
    return missing
