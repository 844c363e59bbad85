"""Model: which network answers, what is known of it, and how to train one's own."""

import streamlit as st

from melanoma.app.parts.model.choice import choose_bundle, describe_bundle
from melanoma.app.parts.model.documents import EXPERIMENTS, show_document
from melanoma.app.parts.shared.error_messages import show_user_errors
from melanoma.app.parts.shared.language import language, say, text
from melanoma.app.parts.shared.link import linked_tabs
from melanoma.app.parts.shared.ways_on import lead_on
from melanoma.model.bundle import Bundle

_CARD, _EXPERIMENTS, _TRAIN = "card", "experiments", "train"


@show_user_errors()
def page() -> None:
    """Draw the page."""
    st.title(say("Which network is this?"), anchor=False)
    st.markdown(text("model"))
    bundle = choose_bundle()
    if bundle is not None:
        describe_bundle(bundle)
    titles = {
        _CARD: say("Model card"),
        _EXPERIMENTS: say("What was tried"),
        _TRAIN: say("Train your own"),
    }
    part, place = linked_tabs(list(titles), "read", titles.__getitem__)
    with place, st.container(key="document"):
        if part == _TRAIN:
            st.markdown(text("train-your-own"))
        else:
            _show_english(bundle, part)
    lead_on(
        ("examine", say("Ask it about a photo")),
        ("thresholds", say("What an alert finds and misses")),
    )


def _show_english(bundle: Bundle | None, part: str) -> None:
    """Draw the card or the experiments, which are written in English only."""
    if part == _CARD:
        file = bundle.path / "MODEL_CARD.md" if bundle and "MODEL_CARD.md" in bundle.files else None
        pictures = frozenset(bundle.files) if bundle else frozenset()
    else:
        file, pictures = EXPERIMENTS, frozenset()
    if file is None:
        st.info(say("This document is not here."))
        return
    if language() != "en":
        st.caption(say("This document is in English."))
    show_document(file, pictures)
