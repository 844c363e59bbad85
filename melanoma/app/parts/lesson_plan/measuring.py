"""The figures of the model in use from which the lesson's scenes are made, once for all visitors."""

from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from melanoma.app.pages import data as data_page
from melanoma.app.pages import lesson as steps_page
from melanoma.app.parts.data.story import show_results
from melanoma.app.parts.lesson.flattery import show_flattery
from melanoma.app.parts.quiz.cases import DRAWN, REAL, sources
from melanoma.app.parts.quiz.state import set_up_quiz
from melanoma.app.parts.shared.examples import EXAMPLES
from melanoma.app.parts.shared.language import say
from melanoma.app.parts.shared.model import classifier, run_network
from melanoma.app.parts.shared.samples import DEFAULT, NO_LESION, SAMPLES, example_photos, sample
from melanoma.classroom.measured import LessonFigures, measure_lesson
from melanoma.classroom.scenes import PageState, Scene, make_scenes
from melanoma.errors import UserError
from melanoma.evaluation.quiz import among_options
from melanoma.tutorial.story import read_story

if TYPE_CHECKING:
    from melanoma.model.classifier import Classifier

_SEED, _COUNT = 7, 5  # of the lesson's quiz
_MOST = 8  # photos and drawings that are looked at


def lesson_scenes() -> dict[str, Scene]:
    """Return the scenes that are true of this visitor's model, in their language.

    Raises UserError if the model's folder is absent or damaged.
    """
    network = classifier()
    real = () if EXAMPLES.pending else example_photos()
    photos = {photo.key: photo.pixels for photo in (*map(sample, _drawings()), *real)}
    source = REAL if REAL in sources() and not EXAMPLES.gathering else DRAWN
    with st.spinner(say("Measuring the scenes on this network (a few seconds, once)…")):
        figures, right, count = _measure(
            network, photos, network.bundle.version, tuple(photos)[:_MOST], source
        )
    state = PageState(
        str(steps_page._STEPS.index(show_flattery) + 1),
        str(data_page._STORY.index(show_results) + 1),
        {"source": source, "seed": str(_SEED), "count": str(count)},
        right,
    )
    return make_scenes(figures, state, say)


def _drawings() -> tuple[str, ...]:
    return (DEFAULT, *(name for name in SAMPLES if name not in (DEFAULT, NO_LESION)))


# No ttl: a version's answers to the same pictures never change.
@st.cache_resource(max_entries=8, show_spinner=False)
def _measure(
    _network: "Classifier", _photos: dict[str, np.ndarray], version: str, names: tuple[str, ...], source: str
) -> tuple[LessonFigures, int | None, int]:
    """Return the figures, and of the quiz how many cases the network names right, and how many there are.

    The first is None if the network does not know the quiz's diagnoses.
    """
    figures = measure_lesson(
        _network.bundle,
        lambda pixels: run_network(_network, pixels),
        {name: _photos[name] for name in names},
        (NO_LESION, sample(NO_LESION).pixels),
        read_story(),
    )
    try:
        quiz = set_up_quiz(source, _SEED, _COUNT, "")
    except UserError:
        return figures, None, 0
    answers = [
        among_options(quiz.probabilities(run_network(_network, case.load())), quiz.options)[0]
        for case in quiz.cases
    ]
    right = sum(answer == case.truth for answer, case in zip(answers, quiz.cases, strict=True))
    return figures, right, len(quiz.cases)
