"""Triage: many photos in, a worklist out, the most suspicious first."""

from typing import TYPE_CHECKING

import streamlit as st

from melanoma.app.parts.shared.error_messages import fragment, show_user_errors
from melanoma.app.parts.shared.examples import EXAMPLES
from melanoma.app.parts.shared.language import say
from melanoma.app.parts.shared.markdown import escape_markdown
from melanoma.app.parts.shared.model import classifier
from melanoma.app.parts.shared.photo_files import take_files
from melanoma.app.parts.shared.ways_on import lead_on
from melanoma.app.parts.triage.run import TriageRun
from melanoma.app.parts.triage.table import offer_files, show_worklist
from melanoma.batch.source import in_memory
from melanoma.batch.worklist import notice, summary

if TYPE_CHECKING:
    from melanoma.model.classifier import Classifier

_RUN = "triage-run"


@show_user_errors()
def page() -> None:
    """Draw the page."""
    st.title(say("Which photos first?"), anchor=False)
    network = classifier()
    st.markdown(f"**{notice(network.bundle, say)}**")
    sources, problems = take_files()
    real = EXAMPLES.all()
    if real and _RUN not in st.session_state:
        st.button(
            say("Try it with real photos of the ISIC Archive ({count})", count=len(real)),
            icon=":material/imagesmode:",
            on_click=_take_examples,
            args=(network,),
        )
    for problem in problems:
        st.error(escape_markdown(problem), icon=":material/broken_image:")
    if sources:
        if _RUN in st.session_state:
            st.session_state[_RUN].stop()
        st.session_state[_RUN] = TriageRun(network, sources)
    run = st.session_state.get(_RUN)
    if run is None:
        st.info(
            say(
                "Choose the photos of a day's patients, or a zip of them. The list appears below as it grows."
            ),
            icon=":material/arrow_upward:",
        )
        return
    fragment(_show, run_every=1.0 if run.running else None)()


def _take_examples(network: "Classifier") -> None:
    sources = [in_memory(f"{example.isic_id}.jpg", example.content) for example in EXAMPLES.all()]
    st.session_state[_RUN] = TriageRun(network, sources, brought=False)


def _show() -> None:
    """Draw progress, list and files; while the work goes on, once a second."""
    run = st.session_state[_RUN]
    if run.running:
        _show_progress()
    elif st.session_state.pop(f"{_RUN}-shown-running", False):
        st.rerun()  # the whole page, whose fragment then no longer reruns every second
    elif run.failed:
        st.error(say("Something went wrong on the server. What was judged until then is listed."))
    elif run.done < run.total:
        st.warning(say("Stopped after {done} of {total} photos.", done=run.done, total=run.total))
    entries = run.entries()
    if entries:
        st.markdown(summary(entries, say))
        show_worklist(entries, run.file_of)
    if not run.running and entries:
        offer_files(entries, run.bundle)
        lead_on(("thresholds", say("What an alert finds and misses")))


def _show_progress() -> None:
    run = st.session_state[_RUN]
    st.session_state[f"{_RUN}-shown-running"] = True
    progress = say("{done} of {total} photos", done=run.done, total=run.total)
    if run.lists_ahead:
        progress = (
            say("One other list comes first. Yours begins by itself.")
            if run.lists_ahead == 1
            else say("{before} other lists come first. Yours begins by itself.", before=run.lists_ahead)
        )
    elif run.seconds_left is not None:
        progress = say("{told}, about {left:.0f} s left", told=progress, left=run.seconds_left)
    bar, button = st.columns([5, 1], vertical_alignment="center")
    bar.progress(run.done / run.total, progress)
    button.button(say("Stop"), icon=":material/stop:", on_click=run.stop, width="stretch")
