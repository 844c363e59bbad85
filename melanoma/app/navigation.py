"""Which pages there are, in the order of the menu."""

from pathlib import Path

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from melanoma.app.pages import data, examine, lesson, model, operator, quiz, thresholds, triage, whatif
from melanoma.app.parts.shared.language import choose_language, say
from melanoma.app.parts.shared.script_run import script_run
from melanoma.app.parts.shared.server import keep_uploads_in_memory
from melanoma.app.server_metrics import log_to_stderr

_STYLE = Path(__file__).with_name("style.css")


@script_run()
def show_page() -> None:
    """Draw the menu, the page that the visitor is on, and below it the choice of language."""
    st.html(_STYLE)
    log_to_stderr()
    keep_uploads_in_memory()
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
            *_operators_page(),
        ],
        position="top",
    ).run()
    st.divider()
    with st.container(horizontal=True, horizontal_alignment="center"):
        choose_language()


def _operators_page() -> list[StreamlitPage]:
    """Return the operator's page, which no menu shows, where the operator has set a token."""
    if not operator.offered():
        return []
    return [
        st.Page(operator.page, title=say("Operation"), url_path=operator.URL_PATH, visibility="hidden"),
    ]
