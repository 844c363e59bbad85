"""The end of a quiz: score, calibration, what both missed, and the result to take away."""

import streamlit as st

from melanoma.app.parts.quiz.cases import REAL
from melanoma.app.parts.quiz.reveal import option_name
from melanoma.app.parts.quiz.state import Quiz, end_quiz
from melanoma.app.parts.shared.chart import show
from melanoma.app.parts.shared.gallery import choose
from melanoma.app.parts.shared.language import say, text
from melanoma.app.parts.shared.ways_on import go_to, lead_on
from melanoma.evaluation.quiz import STRONG, as_csv, as_json, both_missed, scores
from melanoma.figures.quiz import sureness_figure


def show_result(quiz: Quiz) -> None:
    """Draw the result."""
    st.header(say("Your result"), anchor=False)
    if not quiz.answers:
        st.info(say("No case was answered, so there is no score."))
        st.button(say("New quiz"), icon=":material/restart_alt:", on_click=end_quiz)
        return
    student, network = scores(quiz.answers)
    count = len(quiz.answers)
    numbers, chart = st.columns(2, gap="large")
    with numbers:
        rows = [
            ("", say("You"), say("Network")),
            (say("Right"), f"{student.right} / {count}", f"{network.right} / {count}"),
            (say("Brier score"), f"{student.brier:.2f}", f"{network.brier:.2f}"),
        ]
        lines = ["| " + " | ".join(row) + " |" for row in rows]
        st.markdown("\n".join([lines[0], "|---|---|---|", *lines[1:]]))
        st.caption(text("quiz-brier"))
        _show_marks(quiz)
        _show_missed(quiz)
        _offer_examples(quiz)
        _offer_files(quiz)
    with chart, st.container(key="sureness"):
        words = say(
            "You were right in {student} and the network in {network} of {count} cases.",
            student=student.right,
            network=network.right,
            count=count,
        )
        show(
            sureness_figure(
                student,
                network,
                (say("You"), say("Network")),
                (say("How sure"), say("Share that was right")),
            ),
            key="sureness-chart",
            alt=say("How sure you and the network were, and how often right.") + " " + words,
        )
        st.caption(text("quiz-sureness"))
    lead_on(
        ("thresholds", say("What an alert finds and misses")),
        ("lesson", say("How the network decides, step by step")),
    )


def _show_marks(quiz: Quiz) -> None:
    marks = [answer.mark for answer in quiz.answers if answer.mark is not None]
    if marks:
        st.markdown(
            say(
                "You saw where it would look in {right} of {count} marks.",
                right=sum(mark >= STRONG for mark in marks),
                count=len(marks),
            )
        )


def _show_missed(quiz: Quiz) -> None:
    missed = both_missed(quiz.answers)
    if not missed:
        st.markdown(say("There is no case that you both missed."))
        return
    st.markdown(say("**Both of you missed:**"))
    st.markdown(
        "\n".join(
            "- "
            + say(
                "`{case}`: {truth}; you said {student}, the network {network}",
                case=answer.case,
                truth=option_name(answer.truth),
                student=option_name(answer.student),
                network=option_name(answer.network),
            )
            for answer in missed
        )
    )


def _offer_examples(quiz: Quiz) -> None:
    """Draw buttons to the cases that were missed and that the page Examine has too."""
    wrong = [answer for answer in quiz.answers if not (answer.student_right and answer.network_right)]
    if quiz.source != REAL or not wrong:
        return
    st.markdown(say("See on the page Examine why the network said so:"))
    with st.container(horizontal=True):
        for answer in wrong:
            if st.button(answer.case, key=f"examine-{answer.case}", icon=":material/search:"):
                choose(answer.case)
                go_to("examine")


def _offer_files(quiz: Quiz) -> None:
    with st.container(horizontal=True):
        st.download_button(
            say("Result (CSV)"),
            as_csv(quiz.answers),
            "quiz.csv",
            "text/csv",
            on_click="ignore",
            icon=":material/download:",
        )
        st.download_button(
            say("Result (JSON)"),
            as_json(quiz.answers, quiz.version, quiz.source, quiz.seed),
            "quiz.json",
            "application/json",
            on_click="ignore",
            icon=":material/download:",
        )
        st.button(say("New quiz"), icon=":material/restart_alt:", on_click=end_quiz)
    st.caption(
        say(
            "The server keeps nothing of it. This page's address holds your answers and opens this result "
            "again."
        )
    )
