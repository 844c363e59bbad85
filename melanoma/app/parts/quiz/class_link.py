"""A class in the link: its code, the teacher's key, a phone's token; opening, joining and leaving one."""

import streamlit as st

from melanoma.app.parts.quiz.class_cases import prepare_class
from melanoma.app.parts.quiz.class_phone import show_phone
from melanoma.app.parts.quiz.class_teacher import show_teacher
from melanoma.app.parts.quiz.start import choice_of_cases, tell_problem
from melanoma.app.parts.shared.language import say, text
from melanoma.app.parts.shared.link import put_into_link
from melanoma.app.parts.shared.markdown import escape_markdown
from melanoma.classroom.live import CLASSES, is_token, new_token
from melanoma.errors import UserError

CLASS, KEY, ME = "class", "key", "me"
_STUDY, _TYPED = "study", "class-code"
_MOST_CODE = 20  # letters that are read of a code


def in_class() -> bool:
    """Return whether the link is one of a class."""
    return CLASS in st.query_params


def show_class() -> None:
    """Draw the class of the link, for its teacher or for a phone, or say why there is none."""
    code, key = st.query_params[CLASS][:_MOST_CODE], st.query_params.get(KEY)
    try:
        if key is not None:
            show_teacher(CLASSES.lead(code, key))
        else:
            live, token = CLASSES.find(code), _token()
            live.join(token)
            show_phone(live.code, token)
    except UserError as error:
        st.error(escape_markdown(error.said(say)), icon=":material/group_off:")
        st.button(say("To the quiz without a class"), icon=":material/arrow_back:", on_click=_leave)


def offer_class() -> None:
    """Draw what opens a class with the cases chosen above, and what joins one."""
    st.header(say("With a class"), anchor=False)
    st.markdown(text("class"))
    st.toggle(
        say("As a study: each phone gets help by chance, and now and then a wrong answer"),
        key=_STUDY,
        bind="query-params",
        persist_state="session",
    )
    st.button(say("Open a class"), icon=":material/groups:", on_click=_open)
    with st.form("class-join", border=False), st.container(horizontal=True, vertical_alignment="bottom"):
        st.text_input(say("Code of a class"), max_chars=_MOST_CODE, key=_TYPED, width=220)
        st.form_submit_button(say("Join"), icon=":material/login:", on_click=_join)


def _open() -> None:
    try:
        with st.spinner(say("Getting the cases…")):
            live = prepare_class(*choice_of_cases(), bool(st.session_state.get(_STUDY)))
        CLASSES.open(live)
    except UserError as error:
        tell_problem(error.sentence)
        return
    tell_problem(None)
    put_into_link(CLASS, live.code)
    put_into_link(KEY, live.key)


def _join() -> None:
    try:
        live = CLASSES.find(str(st.session_state.get(_TYPED, "")))
    except UserError as error:
        tell_problem(error.sentence)
        return
    tell_problem(None)
    put_into_link(CLASS, live.code)


def _token() -> str:
    """Return what this phone is known by, from its link, or a new one that the link holds from now on."""
    known = st.query_params.get(ME, "")
    if is_token(known):
        return known
    token = new_token()
    put_into_link(ME, token)
    return token


def _leave() -> None:
    for name in (CLASS, KEY, ME):
        put_into_link(name, None)
