"""One case: look, mark, name and say how sure."""

import numpy as np
import streamlit as st

from melanoma.app.parts.quiz.cases import QuizCase
from melanoma.app.parts.quiz.reveal import map_of_option, option_name, show_answer
from melanoma.app.parts.quiz.state import Given, Quiz, next_case
from melanoma.app.parts.shared.chart import fit_height, show
from melanoma.app.parts.shared.language import say
from melanoma.app.parts.shared.markdown import escape_markdown
from melanoma.app.parts.shared.model import classifier, run_network
from melanoma.errors import UserError
from melanoma.evaluation.quiz import QuizAnswer, among_options, rank_of_mark
from melanoma.figures.quiz import clickable_photo
from melanoma.model.prediction import Prediction
from melanoma.photos.framing import Geometry


def show_case(quiz: Quiz) -> None:
    """Draw the case in view: the question, or what came of it."""
    st.progress(
        quiz.position / len(quiz.cases),
        text=say("Case {number} of {count}", number=quiz.position + 1, count=len(quiz.cases)),
    )
    try:
        if quiz.photo is None or quiz.prediction is None:
            with st.spinner(say("Getting the photo…")):
                quiz.photo = quiz.case.load()
                quiz.prediction = run_network(classifier(), quiz.photo)
    except UserError as error:
        st.error(escape_markdown(error.said(say)))
        st.button(say("Leave this case out"), icon=":material/skip_next:", on_click=next_case)
        return
    if quiz.shown is None:
        _show_question(quiz, quiz.photo, quiz.prediction.geometry)
    else:
        show_answer(quiz, quiz.photo, quiz.prediction, quiz.shown)
    if quiz.case.credit:
        st.caption(escape_markdown(quiz.case.credit))


def _show_question(quiz: Quiz, photo: np.ndarray, geometry: Geometry) -> None:
    picture, words = st.columns([6, 5], gap="large")
    key = f"mark-{quiz.position}"
    with picture, st.container(key="quiz-photo-column"), st.container(key="quiz-photo"):
        fit_height("quiz-photo-column", "quiz-photo", key, (1, 1), 0)
        show(
            clickable_photo(photo, geometry, quiz.mark),
            height="stretch",
            key=key,
            on_select=lambda: _on_click(quiz, key),
            selection_mode="points",
            alt=say("The photo of this case; click where the network will look."),
        )
    with words:
        st.markdown(
            say("**1. Click on the photo** where the network will find the most evidence for its answer.")
        )
        _mark_by_keyboard(quiz, geometry)
        student = st.selectbox(
            say("2. What is it?"),
            quiz.options,
            index=None,
            format_func=option_name,
            placeholder=say("Choose a diagnosis"),
            key=f"named-{quiz.position}",
        )
        sure = st.slider(
            say("3. How sure are you?"), 10, 100, 50, 10, format="%d%%", key=f"sure-{quiz.position}"
        )
        st.button(
            say("Show the answer"),
            type="primary",
            disabled=student is None,
            on_click=_answer,
            args=(quiz, student, sure),
        )
        if student is None:
            st.caption(say("Choose a diagnosis first; a mark is welcome, and not needed."))


def _mark_by_keyboard(quiz: Quiz, geometry: Geometry) -> None:
    """Offer nine fields to those who cannot click."""
    names = (
        *(say("top left"), say("top"), say("top right")),
        *(say("left"), say("middle"), say("right")),
        *(say("bottom left"), say("bottom"), say("bottom right")),
    )
    key = f"field-{quiz.position}"
    with st.popover(say("Mark without a mouse"), icon=":material/keyboard:"):
        st.selectbox(
            say("Part of the photo"),
            range(9),
            index=None,
            format_func=lambda number: names[number],
            key=key,
            on_change=_on_field,
            args=(quiz, key, geometry),
        )


def _on_click(quiz: Quiz, key: str) -> None:
    points = st.session_state[key]["selection"]["points"]
    if points:
        quiz.mark = (float(points[0]["x"]), float(points[0]["y"]))


def _on_field(quiz: Quiz, key: str, geometry: Geometry) -> None:
    field = st.session_state[key]
    if field is not None:
        row, column = divmod(field, 3)
        quiz.mark = (
            geometry.left + geometry.side * (2 * column + 1) / 6,
            geometry.top + geometry.side * (2 * row + 1) / 6,
        )


def _answer(quiz: Quiz, student: str, sure: int) -> None:
    prediction = quiz.prediction
    assert prediction is not None
    mark = quiz.mark and (float(round(quiz.mark[0])), float(round(quiz.mark[1])))  # as a link has it
    given = Given(quiz.position, student, sure, mark)
    quiz.shown = judge_answer(quiz, quiz.case, prediction, given)
    quiz.given.append(given)
    quiz.answers.append(quiz.shown)


def judge_answer(quiz: Quiz, case: QuizCase, prediction: Prediction, given: Given) -> QuizAnswer:
    """Return a student's answer beside the network's, whose `prediction` is that of the case's photo."""
    network, network_sure = among_options(quiz.probabilities(prediction), quiz.options)
    rank = None
    if given.mark is not None:
        rank = rank_of_mark(map_of_option(prediction, network), prediction.geometry, *given.mark)
    return QuizAnswer(case.key, case.truth, given.code, given.sure / 100, network, network_sure, rank)
