"""The data: why a widely copied tutorial's accuracy means little, and the same audit on one's own photos."""

import streamlit as st

from melanoma.app.parts.data.claim_list import show_claims
from melanoma.app.parts.data.fit import show_fit
from melanoma.app.parts.data.own_audit import show_own_audit
from melanoma.app.parts.data.story import (
    show_both_sides,
    show_claim,
    show_folders,
    show_results,
    show_sources,
)
from melanoma.app.parts.shared.error_messages import show_user_errors
from melanoma.app.parts.shared.language import say, text
from melanoma.app.parts.shared.stepper import choose_step, end_step
from melanoma.app.parts.shared.ways_on import lead_on
from melanoma.tutorial.story import read_story

_STEP = "part"
_STORY = (show_claim, show_folders, show_both_sides, show_sources, show_results, show_fit, show_claims)


@show_user_errors()
def page() -> None:
    """Draw the page."""
    st.title(say("Can these data carry the claim?"), anchor=False)
    st.markdown(text("data"))
    names = _names()
    step = choose_step(names, _STEP)
    if step > len(_STORY):
        show_own_audit()
        end_step(names, _STEP, step)
        lead_on(
            ("model", say("Which network this is")),
            ("thresholds", say("What an alert finds and misses")),
        )
        return
    _STORY[step - 1](read_story())
    end_step(names, _STEP, step)


def _names() -> tuple[str, ...]:
    return (
        say("The claim"),
        say("The folders"),
        say("Both sides"),
        say("The sources"),
        say("The same network, judged honestly"),
        say("Overfitting and underfitting"),
        say("Claim by claim"),
        say("Your own photos"),
    )
