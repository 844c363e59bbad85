"""Quiz: the student looks first, then sees network, map and truth."""

import streamlit as st

from melanoma.app.parts.quiz.class_link import in_class, offer_class, show_class
from melanoma.app.parts.quiz.link import put_quiz_into_link, quiz_of_link
from melanoma.app.parts.quiz.question import show_case
from melanoma.app.parts.quiz.result import show_result
from melanoma.app.parts.quiz.start import show_start, tell_problem
from melanoma.app.parts.quiz.state import end_quiz, running_quiz
from melanoma.app.parts.shared.error_messages import show_user_errors
from melanoma.app.parts.shared.language import say, text
from melanoma.app.parts.shared.markdown import escape_markdown
from melanoma.errors import UserError


@show_user_errors()
def page() -> None:
    """Draw the page."""
    st.title(say("Can you do better than the network?"), anchor=False)
    if in_class():
        show_class()
        return
    try:
        problem = quiz_of_link()
    except UserError as error:
        problem = error.sentence
    quiz = running_quiz()
    put_quiz_into_link(quiz)
    if quiz is None:
        if problem is not None:
            tell_problem(problem)
        st.markdown(text("quiz"))
        show_start()
        offer_class()
        return
    if problem is not None:
        st.warning(escape_markdown(problem.said(say)))
    if quiz.over:
        show_result(quiz)
        return
    show_case(quiz)
    st.button(say("Stop and begin anew"), type="tertiary", icon=":material/close:", on_click=end_quiz)
