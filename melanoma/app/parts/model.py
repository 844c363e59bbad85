"""The network, loaded once for all visitors, and the ways to explain it.

Both import TensorFlow, which takes seconds: inside the functions, so that the page shows before.
"""

import gc
from typing import TYPE_CHECKING

import streamlit as st

from melanoma import bundle as bundles

if TYPE_CHECKING:
    from melanoma.classifier import Classifier
    from melanoma.explain.base import Method


@st.cache_resource(show_spinner="Loading the network (a few seconds, once)…")
def classifier() -> "Classifier":
    """Return the classifier of the shipped bundle."""
    from melanoma.classifier import Classifier

    loaded = Classifier(bundles.load_bundle())
    # Streamlit collects garbage twice after every run of the script: over TensorFlow's half a million objects
    # that takes 0.2 s each time, with all visitors waiting. What is loaded now stays, so it is left out.
    gc.collect()
    gc.freeze()
    return loaded


def methods() -> "dict[str, Method]":
    """Return all explanation methods by name."""
    from melanoma.explain.registry import METHODS

    return METHODS
