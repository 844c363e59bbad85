"""The choice of cases. All of it stands in the link, so a room of students gets the same ones."""

import random
import re

import streamlit as st

from melanoma.app.parts.quiz.cases import ARCHIVE, DRAWN, REAL, TEACHER, sources
from melanoma.app.parts.quiz.state import set_up_quiz, show_quiz
from melanoma.app.parts.shared.examples import EXAMPLES
from melanoma.app.parts.shared.language import say, text
from melanoma.app.parts.shared.link import link_decides, linked_segment, put_into_link
from melanoma.app.parts.shared.markdown import escape_markdown
from melanoma.errors import UserError
from melanoma.phrases import Sentence

COUNTS = (5, 10, 20)
SEED, FIND = "seed", "find"
SEARCH = "diagnosis_1:Malignant OR diagnosis_3:Nevus"
"""What the archive is searched for at first."""
MOST_FIND = 400
"""Characters of a search."""
_MOST_SEED, _PROBLEM = 999_999, "quiz-problem"
_CHOSEN = "quiz-chosen"


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
        if link_decides() or FIND not in st.session_state:
            st.session_state[FIND] = st.query_params.get(FIND, SEARCH)[:MOST_FIND]
        find = st.text_input(say("Ids or a search"), max_chars=MOST_FIND, key=FIND, persist_state="session")
        put_into_link(FIND, None if find == SEARCH else find)
        st.caption(text("quiz-archive"))
    count = linked_segment(say("How many"), COUNTS, COUNTS[0], "count", str)
    if link_decides() or SEED not in st.session_state:  # Streamlit's control fails on a link's 1e309
        st.session_state[SEED] = number_of_set(st.query_params.get(SEED, ""))
    seed = st.number_input(
        say("Number of the set"),
        1,
        _MOST_SEED,
        key=SEED,
        step=1,
        persist_state="session",
        width=220,
    )
    put_into_link(SEED, str(seed) if seed != 1 else None)
    st.session_state[_CHOSEN] = (source, int(seed), count, find)
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


def choice_of_cases() -> tuple[str, int, int, str]:
    """Return source, number of the set, number of cases and search, as they were drawn last."""
    chosen: tuple[str, int, int, str] = st.session_state[_CHOSEN]
    return chosen


def number_of_set(asked: str) -> int:
    """Return the number of the set that a link asks for, 1 where that is no number."""
    return (int(asked) if re.fullmatch("[0-9]{1,6}", asked, re.ASCII) else 0) or 1


def _start(source: str, seed: int, count: int, find: str) -> None:
    try:
        with st.spinner(say("Getting the cases…")):
            show_quiz(set_up_quiz(source, seed, count, find))
    except UserError as error:
        tell_problem(error.sentence)
    else:
        tell_problem(None)


def tell_problem(sentence: Sentence | None) -> None:
    """Have the start page say why there is no quiz, until one begins."""
    st.session_state[_PROBLEM] = sentence


def _shuffle() -> None:
    st.session_state[SEED] = random.randint(1, _MOST_SEED)
