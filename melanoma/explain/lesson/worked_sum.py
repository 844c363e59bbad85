"""Evidence -> logit -> probability as a sum that can be checked by hand."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from melanoma.model.prediction import Prediction


@dataclass(frozen=True)
class WorkedSum:
    """Every number between the evidence map and the probabilities, float64 (classes,) each."""

    evidence_for: np.ndarray
    """Sum of the map's positive cells, logit units."""
    evidence_against: np.ndarray
    """Sum of the negative cells, 0 or less."""
    bias: np.ndarray
    logits: np.ndarray
    """evidence_for + evidence_against + bias."""
    tempered: np.ndarray
    """logits / temperature."""
    log_prior: np.ndarray
    """Natural logarithm of each diagnosis' share in the mix that the probabilities are meant for."""
    powers: np.ndarray
    """exp(tempered + log_prior)."""
    shares: np.ndarray
    """powers / their sum: the probabilities."""


def worked_sum(prediction: Prediction, temperature: float, prior: Sequence[float]) -> WorkedSum:
    """Return the sum behind a prediction: its `logits` and `shares` are the prediction's own.

    softmax(logits / T + log prior), as `evaluation.calibration.probabilities_from` computes it.
    Raises UserError for a network without evidence.
    """
    evidence = prediction.require_evidence().astype(np.float64)
    logits = prediction.logits.astype(np.float64)
    tempered = logits / temperature
    log_prior = np.log(np.asarray(prior, dtype=np.float64))
    powers = np.exp(tempered + log_prior)
    return WorkedSum(
        evidence_for=np.maximum(evidence, 0).sum(axis=(0, 1)),
        evidence_against=np.minimum(evidence, 0).sum(axis=(0, 1)),
        bias=prediction.bias.astype(np.float64),
        logits=logits,
        tempered=tempered,
        log_prior=log_prior,
        powers=powers,
        shares=powers / powers.sum(),
    )
