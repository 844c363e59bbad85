"""The choice of cases. All of it stands in the link, so a room of students gets the same ones."""

import random
import re

import streamlit as st

from melanoma.app.parts.quiz.cases import ARCHIVE, DRAWN, REAL, TEACHER, sources
from melanoma.app.parts.quiz.state import start_quiz
from melanoma.app.parts.shared.examples import EXAMPLES
from melanoma.app.parts.shared.language import say, text
from melanoma.app.parts.shared.link import linked_segment, put_into_link
from melanoma.app.parts.shared.markdown import escape_markdown
from melanoma.errors import UserError

_COUNTS = (5, 10, 20)
_SEED, _MOST_SEED, _PROBLEM = "seed", 999_999, "quiz-problem"


def show_start() -> None:
    """Draw the choices and the button that begins."""
    names = {
        REAL: say("Real photos"),
        DRAWN: say("Drawn lesions"),
        TEACHER: say("The teacher's photos"),
        ARCHIVE: say("ISIC Archive"),
    }
    offered = sources()
    source = linked_segment(say("Cases"), offered, offered[0], "source", lambda source: names[source])
    find = ""
    if source == REAL:
        st.caption(
            say(
                "{count} photos of the ISIC Archive, of all diagnoses, that a rule chose and not the "
                "network's answers.",
                count=len(EXAMPLES.all()),
            )
        )
    if source == DRAWN:
        st.caption(text("quiz-drawn"))
    if source == ARCHIVE:
        find = st.text_input(
            say("Ids or a search"),
            "diagnosis_1:Malignant OR diagnosis_3:Nevus",
            max_chars=400,
            key="find",
            bind="query-params",
        )
        st.caption(text("quiz-archive"))
    count = linked_segment(say("How many"), _COUNTS, _COUNTS[0], "count", str)
    if _SEED not in st.session_state:  # read here: Streamlit's control fails on a link's 1e309
        asked = st.query_params.get(_SEED, "")
        st.session_state[_SEED] = (int(asked) if re.fullmatch("[0-9]{1,6}", asked) else 0) or 1
    seed = st.number_input(
        say("Number of the set"),
        1,
        _MOST_SEED,
        key=_SEED,
        step=1,
        persist_state="session",
        width=220,
    )
    put_into_link(_SEED, str(seed) if seed != 1 else None)
    st.caption(
        say(
            "The same number gives the same cases in the same order: share this page's address with the room."
        )
    )
    with st.container(horizontal=True):
        st.button(
            say("Start"),
            type="primary",
            icon=":material/play_arrow:",
            on_click=_start,
            args=(source, int(seed), count, find),
        )
        st.button(say("Another set"), icon=":material/shuffle:", on_click=_shuffle)
    if problem := st.session_state.get(_PROBLEM):
        st.error(escape_markdown(problem.said(say)))


def _start(source: str, seed: int, count: int, find: str) -> None:
    try:
        with st.spinner(say("Getting the cases…")):
            start_quiz(source, seed, count, find)
    except UserError as error:
        st.session_state[_PROBLEM] = error.sentence
    else:
        st.session_state.pop(_PROBLEM, None)


def _shuffle() -> None:
    st.session_state[_SEED] = random.randint(1, _MOST_SEED)
