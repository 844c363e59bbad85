"""The network, loaded once for all visitors."""

from typing import TYPE_CHECKING

import streamlit as st

from melanoma import bundle as bundles

if TYPE_CHECKING:
    from melanoma.classifier import Classifier


@st.cache_resource(show_spinner="Loading the network (a few seconds, once)…")
def classifier() -> "Classifier":
    """Return the classifier of the shipped bundle."""
    # Here and not at the top: TensorFlow takes seconds to import, and the page should show before.
    from melanoma.classifier import Classifier

    return Classifier(bundles.load_bundle())
