"""What a sorted worklist saves somebody who reads all of it in the end."""

import streamlit as st

from melanoma.app.parts.shared.chart import show_kept
from melanoma.app.parts.shared.language import say
from melanoma.app.parts.thresholds.groups import as_percent
from melanoma.evaluation.effort import SOUGHT
from melanoma.evaluation.held_out import HeldOut, Worklist
from melanoma.figures.gain import gain_figure


def show_saved_effort(held_out: HeldOut, version: str) -> None:
    """Draw how early the sought photos come in a sorted list; `version` is the bundle's."""
    st.header(say("What a sorted list saves"), anchor=False)
    names = {False: say("Melanomas"), True: say("All malignant lesions")}
    told = " ".join(map(_in_words, held_out.worklists))
    with st.container(key="saved-effort"):
        show_kept(
            lambda: gain_figure(
                [(names[work.malignancy], work.curve) for work in held_out.worklists],
                (say("Share of the list that was read"), say("Share of them seen by then")),
            ),
            (version,),
            key="saved-effort-curve",
            alt=say("Curve of what is found as a sorted list is read.") + " " + told,
        )
    st.markdown(told)
    st.caption(
        say(
            "Sorted by the probability of what is sought, the highest first. Whoever stops there has missed "
            "the rest: it saves time to begin at the top, not to leave the bottom out."
        )
    )


def _in_words(work: Worklist) -> str:
    values = {"found": SOUGHT, "count": work.sought, "share": as_percent(work.to_read)}
    if work.malignancy:
        return say(
            "{found:.0%} of the {count} malignant photos are among the first {share} of the list.", **values
        )
    return say(
        "{found:.0%} of the {count} photos of melanoma are among the first {share} of the list.", **values
    )
