"""Names of diagnoses in the visitor's language, also of those that only another model knows."""

from melanoma.app.parts.language import say
from melanoma.diagnoses import diagnosis_of
from melanoma.errors import UserError


def diagnosis_name(code: str) -> str:
    """Return the name of a diagnosis, or the code itself where a model has one that the project has not."""
    try:
        return say(diagnosis_of(code).name)
    except UserError:
        return code
