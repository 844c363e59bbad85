"""From logits to what is shown: scores, probabilities, and the log-odds that every method explains.

A softmax ignores what is added to all logits alike, so a logit by itself says nothing. Nor does what lies
behind it: one map added to the class maps of all diagnoses changes no probability. The log-odds of a
diagnosis against all others, L = z_k - log(sum over j != k of exp z_j), ignore both, and sigmoid(L) is the
probability. Their slopes weigh each other diagnosis by how likely it is among the others, as Finer-CAM
(Zhang et al. 2025, arXiv:2501.11309) does without calibration.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import entr, log_softmax, logsumexp, softmax


@dataclass(frozen=True)
class Calibration:
    """How a network's logits become the scores that are shown: z = logits / temperature + log(prior)."""

    temperature: float
    prior: tuple[float, ...]
    """Share of each diagnosis in the mix that the probabilities are meant for; above 0, 1 in all."""

    @property
    def log_prior(self) -> np.ndarray:
        """The logarithm of each share, float64 (classes,)."""
        return np.log(np.asarray(self.prior, dtype=np.float64))

    def scores(self, logits: np.ndarray) -> np.ndarray:
        """Return the logarithms of the probabilities, float64, of logits (…, classes).

        The logits are free of any mix (train.py takes the sampling's out), so the prior can be put in here.
        """
        scaled = np.asarray(logits, dtype=np.float64) / self.temperature
        return log_softmax(scaled + self.log_prior, axis=-1)

    def probabilities(self, logits: np.ndarray) -> np.ndarray:
        """Return the probabilities, float64 (…, classes), summing to 1, of logits (…, classes)."""
        return np.exp(self.scores(logits))

    def log_odds(self, logits: np.ndarray) -> np.ndarray:
        """Return log(p / (1 - p)) of each diagnosis, float64 (…, classes), of logits (…, classes)."""
        return log_odds(self.scores(logits))

    def slopes(self, logits: np.ndarray) -> np.ndarray:
        """Return by how much the log-odds of diagnosis k rise with logit j, float64 (…, classes, classes).

        1 / T on the diagonal and -q[k, j] / T beside it, so that each row sums to 0.
        """
        others = shares_of_the_others(self.scores(logits))
        return (np.eye(others.shape[-1]) - others) / self.temperature


def log_odds(scores: np.ndarray) -> np.ndarray:
    """Return log(p / (1 - p)) of each diagnosis, float64 (…, classes), of scores (…, classes).

    What is added to all scores alike changes nothing. Finite also where p rounds to 1.
    """
    return np.asarray(scores, dtype=np.float64) - logsumexp(_others(scores), axis=-1)


def shares_of_the_others(scores: np.ndarray) -> np.ndarray:
    """Return q, float64 (…, classes, classes): row k has what each other diagnosis would be without k.

    q[k, j] = p_j / (1 - p_k), and q[k, k] = 0.
    """
    return softmax(_others(scores), axis=-1)


def shares_within(scores: np.ndarray, members: list[int]) -> np.ndarray:
    """Return the share that each of the `members` has of their joint probability, float64 (classes,).

    0 for all others; `scores` is (classes,).
    """
    values = np.full(np.shape(scores), -np.inf)
    values[members] = np.asarray(scores)[members]
    return softmax(values)


def entropy(shares: np.ndarray) -> np.ndarray:
    """Return -sum of q log q over the last axis, nats: 0 if one share is 1, log n if n are equal."""
    return entr(shares).sum(axis=-1)


def _others(scores: np.ndarray) -> np.ndarray:
    """Return the scores (…, classes, classes) that row k is compared with: all but its own, which is -inf."""
    values = np.asarray(scores, dtype=np.float64)
    own = np.eye(values.shape[-1], dtype=bool)
    return np.where(own, -np.inf, values[..., None, :])
