"""Operation: counts, timings and memory for whoever runs the server, behind a token."""

import hmac
import os
import time

import streamlit as st

from melanoma.app.parts.shared.error_messages import show_user_errors
from melanoma.app.parts.shared.language import say
from melanoma.app.parts.shared.server import memory
from melanoma.app.parts.shared.table import show_table
from melanoma.app.server_metrics import METRICS, EventStatistics

TOKEN = "MELANOMA_OPERATOR_TOKEN"
"""Environment variable: without it there is no such page."""
_KNOWN = "operator-known"
_AFTER_WRONG = 1.0  # seconds of delay after a wrong token, against guessing


def offered() -> bool:
    """Return True if the operator has set a token."""
    return bool(os.environ.get(TOKEN))


@show_user_errors()
def page() -> None:
    """Draw the page, or the question for the token."""
    st.title(say("How does the server do?"), anchor=False)
    if not st.session_state.get(_KNOWN):
        _ask()
        return
    now, most = memory()
    hours = (time.time() - METRICS.began) / 3600
    for place, label, value in zip(
        st.columns(3),
        (say("Hours since the start"), say("Memory now, MB"), say("At most, MB")),
        (f"{hours:.1f}", _or_unknown(now), _or_unknown(most)),
        strict=True,
    ):
        place.metric(label, value)
    figures = METRICS.statistics()
    if figures:
        rows = [_row(event) for event in figures]
        show_table(list(rows[0]), [list(row.values()) for row in rows])
    else:
        st.info(say("Nothing has been asked yet."))
    st.button(say("Look again"), icon=":material/refresh:")


def _ask() -> None:
    given = st.text_input(say("The operator's token"), type="password", key="operator-token")
    if not given:
        return
    if hmac.compare_digest(given.encode(), os.environ.get(TOKEN, "").encode()):
        st.session_state[_KNOWN] = True
        st.rerun()
    time.sleep(_AFTER_WRONG)
    st.error(say("This is not the token."))


def _row(event: EventStatistics) -> dict[str, str]:
    return {
        say("Event"): event.event,
        **{
            say(ending): str(event.counts.get(ending, 0))
            for ending in ("done", "refused", "failed", "abandoned")
        },
        say("Median, s"): f"{event.median:.3f}",
        say("19 of 20 below, s"): f"{event.slow:.3f}",
        say("Worst, s"): f"{event.worst:.3f}",
    }


def _or_unknown(megabytes: float | None) -> str:
    return say("unknown") if megabytes is None else f"{megabytes:.0f}"
