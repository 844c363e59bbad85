"""Which pages there are, in the order of the menu."""

import streamlit as st

from melanoma.app.pages import data, examine, lesson, model, quiz, thresholds, triage, whatif
from melanoma.app.parts.language import choose_language, say


def show_page() -> None:
    """Draw the menu, the page that the visitor is on, and below it the choice of language."""
    st.navigation(
        [
            st.Page(examine.page, title=say("Examine"), icon=":material/search:", default=True),
            st.Page(lesson.page, title=say("How it decides"), icon=":material/school:", url_path="lesson"),
            st.Page(whatif.page, title=say("What if"), icon=":material/tune:", url_path="what-if"),
            st.Page(quiz.page, title=say("Quiz"), icon=":material/quiz:", url_path="quiz"),
            st.Page(
                thresholds.page, title=say("Thresholds"), icon=":material/balance:", url_path="thresholds"
            ),
            st.Page(triage.page, title=say("Triage"), icon=":material/sort:", url_path="triage"),
            st.Page(data.page, title=say("The data"), icon=":material/folder_open:", url_path="data"),
            st.Page(model.page, title=say("Model"), icon=":material/network_node:", url_path="model"),
        ],
        position="top",
    ).run()
    st.divider()
    with st.container(horizontal=True, horizontal_alignment="center"):
        choose_language()
