"""The surest mistakes at a threshold, by the images' ids."""

import pandas as pd
import streamlit as st

from melanoma.app.parts.shared.language import format_number, say
from melanoma.evaluation.held_out import HeldOut
from melanoma.evaluation.operating_points import false_alarms, missed


def show_mistakes(held_out: HeldOut, threshold: float) -> None:
    """Draw the melanomas that were missed with the lowest probability, and the loudest false alarms."""
    left, right = st.columns(2, gap="large")
    with left:
        count = len(held_out.everyone.melanomas.score) - held_out.everyone.melanomas.above(threshold)
        st.markdown(
            say("**Melanomas without an alert** ({count} photos), the lowest probability first", count=count)
        )
        _show(
            missed(held_out.everyone, threshold),
            "missed",
            say("None of these melanomas is missed; among other people some would be."),
        )
    with right:
        count = held_out.everyone.others.above(threshold)
        st.markdown(
            say("**Alerts without melanoma** ({count} photos), the highest probability first", count=count)
        )
        _show(
            false_alarms(held_out.everyone, threshold),
            "alarms",
            say("There is no false alarm at this threshold."),
        )
    st.caption(
        say(
            "Photos named ISIC_… can be looked up by this name in the ISIC Archive (isic-archive.com); "
            "none is shown here."
        )
    )


def _show(named: list[tuple[str, float]], key: str, none: str) -> None:
    if not named:
        st.caption(none)
        return
    rows = pd.DataFrame(
        [
            {say("Photo"): image_id, say("Probability of melanoma"): format_number(value, ".1%")}
            for image_id, value in named
        ]
    )
    st.dataframe(
        rows, hide_index=True, key=f"mistakes-{key}", alt=", ".join(image_id for image_id, _ in named)
    )
