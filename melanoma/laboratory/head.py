"""A head: logistic regression on pooled feature maps, and its evidence maps, which add up to its logit."""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit

from melanoma.errors import UserError

PENALTY = 10.0
"""Weight of half the squared weights beside the summed loss: scikit-learn's C = 0.1. Of 1, 10, 100 and 1000
it had the best accuracy on held-back clean drawings at both depths (docs/laboratory.md)."""
_NO_SPREAD = 1e-3
"""Of the largest standard deviation: a channel that varies less, such as one that is always 0, is not blown
up by dividing by nearly nothing."""


@dataclass(frozen=True)
class Head:
    """Weights for raw pooled features: the standardisation is folded in."""

    weights: np.ndarray
    """float64 (channels,), logit units for each unit of a channel."""
    mean: np.ndarray
    """float64 (channels,), of the fitted pictures' features."""
    bias: float
    """The logit of a picture with just those features."""

    def logits(self, features: np.ndarray) -> np.ndarray:
        """Return the logits, float64 (n,), for pooled features (n, channels); above 0 means malignant."""
        return np.asarray((features - self.mean) @ self.weights + self.bias)

    def evidence(self, maps: np.ndarray) -> np.ndarray:
        """Return the evidence of each cell, float64 (n, h, w), for feature maps (n, h, w, channels).

        Against the mean of the fitted pictures: the cells of a picture and `bias` add up to its logit, since
        pooling is a mean and the head is linear (Zhou et al. 2016, arXiv:1512.04150).
        """
        cells = maps.shape[1] * maps.shape[2]
        return np.asarray((maps - self.mean) @ self.weights / cells)


def fit_head(features: np.ndarray, malignant: np.ndarray) -> Head:
    """Return the head fitted to pooled features (n, channels) of lesions that are `malignant`, bool (n,).

    The loss is the summed cross-entropy and `PENALTY` on the weights of standardised features. Raises
    UserError if all lesions are of one class.
    """
    truth = np.asarray(malignant, dtype=np.float64)
    if truth.min() == truth.max():
        raise UserError("All lesions are of one class, so there is nothing to tell apart.")
    features = np.asarray(features, dtype=np.float64)
    mean, spread = features.mean(axis=0), features.std(axis=0)
    spread = np.maximum(spread, _NO_SPREAD * spread.max() or 1.0)
    standard = (features - mean) / spread

    def loss_and_slopes(values: np.ndarray) -> tuple[float, np.ndarray]:
        weights, bias = values[:-1], values[-1]
        logits = standard @ weights + bias
        loss = np.logaddexp(0, logits).sum() - truth @ logits + PENALTY / 2 * weights @ weights
        error = expit(logits) - truth
        return float(loss), np.append(standard.T @ error + PENALTY * weights, error.sum())

    start = np.zeros(standard.shape[1] + 1)
    found = minimize(loss_and_slopes, start, jac=True, method="L-BFGS-B", options={"maxiter": 500}).x
    return Head(found[:-1] / spread, mean, float(found[-1]))
