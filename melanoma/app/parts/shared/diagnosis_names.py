"""Names of diagnoses in the visitor's language, also of those that only another model knows."""

from melanoma.app.parts.shared.language import format_number, say
from melanoma.diagnoses import diagnosis_of
from melanoma.errors import UserError
from melanoma.model.alert_wording import marked_name
from melanoma.model.prediction import Prediction


def diagnosis_name(code: str) -> str:
    """Return the name of a diagnosis, or the code itself where a model has one that the project has not."""
    try:
        return say(diagnosis_of(code).name)
    except UserError:
        return code


def name_and_probability(code: str, prediction: Prediction) -> str:
    """Return what a choice of a diagnosis shows: name, mark and probability."""
    return f"{marked_name(code, say)}, {format_number(prediction.probability(code), '.1%')}"
