"""What came of a case: the truth, the network's answer and its map, beside the student's."""

import numpy as np
import streamlit as st

from melanoma.app.parts.quiz.cases import DRAWN
from melanoma.app.parts.quiz.state import Quiz, next_case
from melanoma.app.parts.shared.default_map import colour_legend, default_maps
from melanoma.app.parts.shared.diagnosis_names import diagnosis_name
from melanoma.app.parts.shared.language import say, text
from melanoma.app.parts.shared.map_chart import show_map
from melanoma.diagnoses import members
from melanoma.evaluation.quiz import STRONG, QuizAnswer
from melanoma.figures.overlay import Overlay, full_range
from melanoma.model.prediction import Prediction


def map_of_option(prediction: Prediction, option: str) -> np.ndarray:
    """Return the map (h, w) of an option, evidence or Grad-CAM; of a coarser label all its diagnoses'."""
    codes = members(option, prediction.codes)
    if prediction.class_maps is not None:
        return prediction.evidence_for_any(codes)
    _, maps = default_maps(prediction)
    return maps[..., [prediction.index(code) for code in codes]].sum(axis=-1)


def show_answer(quiz: Quiz, photo: np.ndarray, prediction: Prediction, answer: QuizAnswer) -> None:
    """Draw the network's map with the mark, and who was right."""
    picture, words = st.columns([6, 5], gap="large")
    heatmap = map_of_option(prediction, answer.network)
    method, maps = default_maps(prediction)
    name = option_name(answer.network)
    with picture:
        show_map(
            Overlay(photo, heatmap, prediction.geometry, full_range(heatmap, maps), method.signed),
            say("Evidence, logit units in each cell"),
            f"map-{quiz.position}",
            say("{method}: {name}", method=say(method.title), name=name),
            mark=quiz.mark,
        )
        st.caption(colour_legend(method, name))
    with words:
        _show_comparison(quiz, prediction, answer)
        last = quiz.position + 1 == len(quiz.cases)
        st.button(
            say("See the score") if last else say("Next case"),
            type="primary",
            icon=":material/arrow_forward:",
            on_click=next_case,
        )


def _show_comparison(quiz: Quiz, prediction: Prediction, answer: QuizAnswer) -> None:
    st.markdown(say("**Truth: {name}**", name=option_name(answer.truth)))
    yours = say("You: {name}, {sure:.0%} sure", name=option_name(answer.student), sure=answer.student_sure)
    network = say(
        "Network: {name}, {sure:.0%} sure", name=option_name(answer.network), sure=answer.network_sure
    )
    st.markdown(f"{_sign(answer.student_right)} {yours}  \n{_sign(answer.network_right)} {network}")
    if len(quiz.options) < len(prediction.codes):
        st.caption(
            say(
                "Asked only about the diagnoses offered here, like you. Of all {count} that it knows, it "
                "gives melanoma {melanoma:.1%}.",
                count=len(prediction.codes),
                melanoma=prediction.probability("MEL"),
            )
        )
    if answer.mark is not None:
        sentence = say(
            "At your mark its evidence is stronger than in {rank:.0%} of what it saw.", rank=answer.mark
        )
        st.markdown(f"{_sign(answer.mark >= STRONG)} {sentence}")
    if quiz.source == DRAWN:
        st.caption(text("quiz-drawn"))


def _sign(right: bool) -> str:
    return "✔" if right else "✘"


def option_name(label: str) -> str:
    """Return what an option is called; a coarser label by all that it covers."""
    return f" {say('or')} ".join(diagnosis_name(code) for code in members(label))
