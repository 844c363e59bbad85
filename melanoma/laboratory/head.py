"""A head: logistic regression on pooled feature maps, and its evidence maps, which add up to its logit."""

from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from melanoma.errors import UserError

PENALTY = 10.0
"""Weight of half the squared weights beside the summed loss: scikit-learn's C = 0.1. Of 1, 10, 100 and 1000
it had the best accuracy on held-back clean drawings at both depths (docs/laboratory.md)."""
_NO_SPREAD = 1e-3
"""Of the largest standard deviation: a channel that varies less, such as one that is always 0, is not blown
up by dividing by nearly nothing."""
_MOST_STEPS, _NO_STEP = 50, 1e-8  # of Newton's method, and logit units: six or seven steps are usual


@dataclass(frozen=True)
class Head:
    """Weights for raw pooled features: the standardisation is folded in."""

    weights: np.ndarray
    """float64 (channels,), logit units for each unit of a channel."""
    bias: float

    def logits(self, features: np.ndarray) -> np.ndarray:
        """Return the logits, float64 (n,), for pooled features (n, channels); above 0 means malignant."""
        return np.asarray(features @ self.weights + self.bias)

    def evidence(self, maps: np.ndarray, reference: np.ndarray) -> np.ndarray:
        """Return the evidence of each cell, float64 (n, h, w), for feature maps (n, h, w, channels).

        It is what a cell adds to the logit beyond what the same cell of `reference`, (h, w, channels), does:
        the cells and the logit of the reference add up to the logit, since pooling is a mean and the head is
        linear (Zhou et al. 2016, arXiv:1512.04150).
        """
        cells = maps.shape[1] * maps.shape[2]
        return np.asarray((maps - reference) @ self.weights / cells)

    def start(self, reference: np.ndarray) -> float:
        """Return the logit of the reference, (h, w, channels), to which the cells' evidence is added."""
        return float(self.logits(reference.mean(axis=(0, 1), dtype=np.float64)[None])[0])


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
    shares, bias = _fit(standard @ standard.T, truth)
    weights = shares @ standard / spread
    return Head(weights, bias - float(mean @ weights))


def _fit(products: np.ndarray, truth: np.ndarray) -> tuple[np.ndarray, float]:
    """Return the share of each picture in the weights, float64 (n,), and the bias, by Newton's steps.

    `products` (n, n) are those of the pictures' features. The weights that a penalty leaves are a sum of the
    pictures, which are fewer than channels; a general optimiser takes a tenth of a second on a busy machine.
    """
    count = len(truth)
    system = np.ones((count + 1, count + 1))
    system[count, count] = 0.0
    shares, bias = np.zeros(count), 0.0

    def loss(shares: np.ndarray, bias: float) -> float:
        seen = products @ shares
        logits = seen + bias
        return float(np.logaddexp(0, logits).sum() - truth @ logits + PENALTY / 2 * shares @ seen)

    for _ in range(_MOST_STEPS):
        logits = products @ shares + bias
        chances = expit(logits)
        slopes = np.maximum(chances * (1 - chances), 1e-12)
        system[:count, :count] = products + np.diag(PENALTY / slopes)
        wanted = np.linalg.solve(system, np.append(logits + (truth - chances) / slopes, 0.0))
        step, size = wanted - np.append(shares, bias), 1.0
        now = loss(shares, bias)
        while size > _NO_STEP and loss(shares + size * step[:-1], bias + size * step[-1]) > now:
            size /= 2  # Newton's step may go too far
        shares, bias = shares + size * step[:-1], float(bias + size * step[-1])
        if np.abs(products @ step[:-1] + step[-1]).max() < _NO_STEP:
            break
    return shares, bias
