"""A quiz made ready for many phones: each case's picture, map and answer, computed once."""

from melanoma.app.parts.quiz.cases import QuizCase
from melanoma.app.parts.quiz.reveal import map_of_option
from melanoma.app.parts.quiz.state import Quiz, set_up_quiz
from melanoma.app.parts.shared.default_map import default_maps
from melanoma.app.parts.shared.model import classifier, run_network
from melanoma.classroom.live import ClassCase, LiveClass
from melanoma.errors import UserError
from melanoma.figures.overlay import Overlay, full_range
from melanoma.photos.encoding import as_jpeg

_SIDE = 480  # pixels: more than a phone's width, and some 25 kB
_QUALITY = 85


def prepare_class(source: str, seed: int, count: int, find: str, study: bool) -> LiveClass:
    """Return a class before its first answer; cases that cannot be had are left out.

    Raises UserError if none can be had, or if there is no choice among diagnoses.
    """
    quiz = set_up_quiz(source, seed, count, find)
    cases = []
    for case in quiz.cases:
        try:
            cases.append(_prepare(quiz, case))
        except UserError as error:
            problem = error
    if not cases:
        raise problem
    if len(quiz.options) < 2:
        raise UserError("All cases have one diagnosis, so there is nothing to choose from.")
    return LiveClass(cases, quiz.options, seed, study, source, quiz.version)


def _prepare(quiz: Quiz, case: QuizCase) -> ClassCase:
    photo = case.load()
    prediction = run_network(classifier(), photo)
    probabilities = quiz.probabilities(prediction)
    option = quiz.options[int(probabilities.argmax())]
    heatmap = map_of_option(prediction, option)
    method, maps = default_maps(prediction)
    overlay = Overlay(photo, heatmap, prediction.geometry, full_range(heatmap, maps), method.signed)
    total = float(probabilities.sum()) or 1.0
    return ClassCase(
        case.key,
        case.truth,
        as_jpeg(overlay.square(_SIDE), _QUALITY),
        as_jpeg(overlay.picture(_SIDE), _QUALITY),
        method.signed,
        tuple(float(value) / total for value in probabilities),
        case.credit,
    )
