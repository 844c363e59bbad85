"""“Remove my photos”: at once, with all that was made of them."""

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from melanoma.app.left_sessions import release_files_of_session
from melanoma.app.parts.shared.language import say

MINUTES = 4
"""After a visitor has left, until nothing of the photos is in memory; `benchmarks.leaving` measures it."""
_HOLDS = ("photos", "triage-run", "own-audit")
"""Where a session keeps what a visitor brought, and what was made of it."""
_UPLOADERS = ("uploads", "triage-uploads", "own-zip-uploads")
"""Where a session counts its uploaders: the next one is empty."""

_MARK = '<span class="holds-uploads"></span>'
"""As long as the page has it, `page.js` lets the browser ask before a reload or a farewell."""


def offer_removal() -> None:
    """Draw the button, and what becomes of the photos otherwise, where the session holds any."""
    if not any(st.session_state.get(name) for name in _HOLDS):
        return
    if _holds_what_was_brought():
        st.html(_MARK)
    with st.container(horizontal=True, horizontal_alignment="center", vertical_alignment="center"):
        st.button(
            say("Remove my photos"),
            key="remove-photos",
            icon=":material/delete_forever:",
            type="tertiary",
            on_click=remove_all,
        )
        st.caption(
            say(
                "They are in this server's memory and nowhere else. They go when you remove them, and at "
                "most {minutes} minutes after you have left this page.",
                minutes=MINUTES,
            )
        )


def _holds_what_was_brought() -> bool:
    """Return True if a reload would lose the visitor's own photos; a list of examples can be had again."""
    run = st.session_state.get("triage-run")
    others = (st.session_state.get(name) for name in _HOLDS if name != "triage-run")
    return any(others) or (run is not None and run.brought)


def remove_all() -> None:
    """Drop everything that the session holds, apart from its language and model, which its link holds too."""
    run = st.session_state.get("triage-run")
    if run is not None:
        run.stop()
    kept = {name: st.session_state[name] for name in ("lang", "model-chosen") if name in st.session_state}
    counts = {name: st.session_state[name] + 1 for name in _UPLOADERS if name in st.session_state}
    for name in list(st.session_state):
        del st.session_state[name]
    for name, value in (kept | counts).items():
        st.session_state[name] = value
    if (session := get_script_run_ctx()) is not None:
        release_files_of_session(session.session_id)
