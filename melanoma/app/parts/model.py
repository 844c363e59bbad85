"""The network, loaded once for all visitors, and the ways to explain it.

Both import TensorFlow, which takes seconds: inside the functions, so that the page shows before.
"""

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

    return Classifier(bundles.load_bundle())


def methods() -> "dict[str, Method]":
    """Return all explanation methods by name."""
    from melanoma.explain.registry import METHODS

    return METHODS
