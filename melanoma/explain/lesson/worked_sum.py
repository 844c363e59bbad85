"""Evidence -> log-odds -> probability as a sum that can be checked by hand."""

from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from melanoma.model.prediction import Prediction


@dataclass(frozen=True)
class WorkedSum:
    """Every number between the evidence map and the probabilities, float64 (classes,) each, logit units."""

    starting_values: np.ndarray
    """Bias and mix of a diagnosis less those of the others, each by its share on this photo."""
    evidence_for: np.ndarray
    """Sum of the evidence map's positive cells."""
    evidence_against: np.ndarray
    """Sum of the negative cells, 0 or less."""
    division: np.ndarray
    """How divided the others are, 0 or more; see `Prediction.division`."""

    @property
    def log_odds(self) -> np.ndarray:
        """starting_values + evidence_for + evidence_against - division."""
        return self.starting_values + self.evidence_for + self.evidence_against - self.division

    @property
    def probabilities(self) -> np.ndarray:
        """1 / (1 + exp(-log_odds)), 0..1."""
        return expit(self.log_odds)


def worked_sum(prediction: Prediction) -> WorkedSum:
    """Return the sum behind a prediction: its `probabilities` are the prediction's own, but for rounding.

    Raises UserError for a network without evidence.
    """
    evidence = prediction.require_evidence().astype(np.float64)
    return WorkedSum(
        starting_values=prediction.starting_values,
        evidence_for=np.maximum(evidence, 0).sum(axis=(0, 1)),
        evidence_against=np.minimum(evidence, 0).sum(axis=(0, 1)),
        division=prediction.division,
    )
