"""A running quiz, in the visitor's session and nowhere else."""

from dataclasses import dataclass, field

import numpy as np
import streamlit as st

from melanoma.app.parts.quiz.cases import ARCHIVE, CaseSet, QuizCase, find_cases
from melanoma.app.parts.shared.link import put_into_link
from melanoma.app.parts.shared.model import chosen_bundle
from melanoma.evaluation.evaluate import group_probabilities
from melanoma.evaluation.quiz import QuizAnswer
from melanoma.model.prediction import Prediction

AT = "at"
"""The name in a link of the case that the student is at: where it is, a quiz is running."""
_KEY = "quiz"


@dataclass(frozen=True)
class Given:
    """What the student answered to a case."""

    position: int
    """The case's, from 0."""
    code: str
    sure: int
    """Percent."""
    mark: tuple[float, float] | None = None
    """x and y, whole pixels of the photo; None if unmarked."""


@dataclass
class Quiz:
    """The state of a quiz, mutable. Only the photo in view is kept."""

    cases: tuple[QuizCase, ...]
    options: tuple[str, ...]
    source: str
    seed: int
    count: int
    """Of the cases that were asked for; there may be fewer."""
    find: str
    """What the visitor wrote for the archive; empty for other sources."""
    version: str
    """Of the model that answers."""
    position: int = 0
    mark: tuple[float, float] | None = None
    shown: QuizAnswer | None = None
    """The answer to the case in view, once given."""
    answers: list[QuizAnswer] = field(default_factory=list)
    given: list[Given] = field(default_factory=list)
    """What these answers were made of, in the same order."""
    photo: np.ndarray | None = None
    prediction: Prediction | None = None

    @property
    def case(self) -> QuizCase:
        """The case in view."""
        return self.cases[self.position]

    @property
    def over(self) -> bool:
        """True after the last case."""
        return self.position >= len(self.cases)

    def probabilities(self, prediction: Prediction) -> np.ndarray:
        """Return the network's probabilities of the options, float (options,)."""
        return group_probabilities(prediction.probabilities[None], prediction.codes, self.options)[0]


def running_quiz() -> Quiz | None:
    """Return the visitor's quiz, or None; one that was begun with another model is ended."""
    quiz = st.session_state.get(_KEY)
    if quiz is not None and quiz.version != chosen_bundle().version:
        end_quiz()
        return None
    return quiz


def set_up_quiz(source: str, seed: int, count: int, find: str) -> Quiz:
    """Return a quiz before its first case.

    Raises UserError if there are no cases, or if the model does not know their diagnoses.
    """
    bundle = chosen_bundle()
    found: CaseSet = find_cases(source, seed, count, find, bundle.codes)
    # Computed now, so that a label unknown to the model is an error before the first case.
    group_probabilities(np.zeros((1, len(bundle.codes))), bundle.codes, found.options)
    asked = find if source == ARCHIVE else ""
    return Quiz(found.cases, found.options, source, seed, count, asked, bundle.version)


def show_quiz(quiz: Quiz) -> None:
    """Make this the visitor's quiz."""
    st.session_state[_KEY] = quiz


def next_case() -> None:
    """Go on to the next case and drop the photo of this one."""
    quiz: Quiz = st.session_state[_KEY]
    quiz.position += 1
    quiz.mark = quiz.shown = quiz.photo = quiz.prediction = None


def drop_quiz() -> None:
    """Drop the quiz; its link stays as it is."""
    st.session_state.pop(_KEY, None)


def end_quiz() -> None:
    """Drop the quiz, from the link too: it would be taken up again from there."""
    drop_quiz()
    put_into_link(AT, None)
