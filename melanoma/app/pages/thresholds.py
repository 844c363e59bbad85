"""Thresholds: what an alert finds, what it misses, and what that costs."""

import streamlit as st

from melanoma.app.parts.shared.error_messages import show_user_errors
from melanoma.app.parts.shared.language import say, text
from melanoma.app.parts.shared.model import chosen_bundle
from melanoma.app.parts.shared.ways_on import lead_on
from melanoma.app.parts.thresholds.confusion_and_reliability import show_confusion, show_reliability
from melanoma.app.parts.thresholds.operating_point import show_operating_point
from melanoma.app.parts.thresholds.saved_effort import show_saved_effort
from melanoma.evaluation.held_out import HeldOut, judge_held_out
from melanoma.model.bundle import Bundle


@show_user_errors()
def page() -> None:
    """Draw the page."""
    st.title(say("When should the alert ring?"), anchor=False)
    st.markdown(text("thresholds"))
    bundle = chosen_bundle()
    held_out = _judge(bundle, bundle.version)
    show_operating_point(held_out, bundle)
    left, right = st.columns(2, gap="large")
    with left:
        show_confusion(held_out, bundle.version)
    with right:
        show_reliability(held_out, bundle.version)
    show_saved_effort(held_out, bundle.version)
    lead_on(
        ("triage", say("Make such a list of your own photos")),
        ("data", say("Why an accuracy can mean little")),
        ("model", say("Which network this is")),
    )


# No ttl: the files of a bundle's version never change.
@st.cache_resource(max_entries=3, show_spinner=False)
def _judge(_bundle: Bundle, version: str) -> HeldOut:
    """Return what is known of a bundle's held-back lesions, the same for all visitors."""
    return judge_held_out(_bundle)
