"""What the answer to one photo and the joint one to several have in common: all that follows from scores."""

from abc import ABC, abstractmethod
from functools import cached_property

import numpy as np

from melanoma.diagnoses import is_malignant
from melanoma.errors import UserError


class Answer(ABC):
    """Scores and what was decided by them. Arrays run in the order of `codes`."""

    codes: tuple[str, ...]
    melanoma_alert: bool
    malignancy_alert: bool | None
    """Whether the malignant diagnoses together reach the bundle's threshold; None if it has none."""
    prediction_set: tuple[str, ...]
    """The diagnoses that cannot be ruled out at the bundle's conformal coverage, likeliest first."""

    @property
    @abstractmethod
    def scores(self) -> np.ndarray:
        """The logarithms of the probabilities, float64 (classes,)."""

    @cached_property
    def probabilities(self) -> np.ndarray:
        """float64 (classes,), calibrated, summing to 1, for the mix of diagnoses that the bundle states."""
        return np.exp(self.scores)

    @property
    def malignancy(self) -> float:
        """The probability of any malignant diagnosis, or of one that can become so, 0..1."""
        return float(self.probabilities[is_malignant(self.codes)].sum())

    @property
    def alert(self) -> bool:
        """True for either alert."""
        return self.melanoma_alert or bool(self.malignancy_alert)

    @property
    def ranked(self) -> list[tuple[str, float]]:
        """All diagnoses with their probabilities, likeliest first."""
        order = np.argsort(-self.probabilities, kind="stable")
        return [(self.codes[index], float(self.probabilities[index])) for index in order]

    @property
    def diagnosis(self) -> str:
        """The likeliest diagnosis."""
        return self.ranked[0][0]

    def probability(self, code: str) -> float:
        """Return the probability of one diagnosis."""
        return float(self.probabilities[self.index(code)])

    def index(self, code: str) -> int:
        """Return where a diagnosis stands in the arrays; raises UserError if the model does not know it."""
        if code not in self.codes:
            raise UserError(
                f"“{code}” is not a diagnosis of this model. Choose one of {', '.join(self.codes)}."
            )
        return self.codes.index(code)
