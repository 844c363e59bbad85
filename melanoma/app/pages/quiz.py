"""Quiz: the student looks first, then sees network, map and truth."""

import streamlit as st

from melanoma.app.parts.quiz.question import show_case
from melanoma.app.parts.quiz.result import show_result
from melanoma.app.parts.quiz.start import show_start
from melanoma.app.parts.quiz.state import end_quiz, running_quiz
from melanoma.app.parts.shared.error_messages import show_user_errors
from melanoma.app.parts.shared.language import say, text


@show_user_errors()
def page() -> None:
    """Draw the page."""
    st.title(say("Can you do better than the network?"), anchor=False)
    quiz = running_quiz()
    if quiz is None:
        st.markdown(text("quiz"))
        show_start()
        return
    if quiz.over:
        show_result(quiz)
        return
    show_case(quiz)
    st.button(say("Stop and begin anew"), type="tertiary", icon=":material/close:", on_click=end_quiz)
