"""Overfitting or underfitting: what a run's curves of accuracy say, by a stated rule."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

LAST = 5
"""Epochs at the end whose mean counts: a single epoch's validation accuracy jumps by several points."""
GAP = 0.10
"""Of accuracy: more than this between fitted and validation images is overfitting. Some gap is always there;
this one is four standard errors of an accuracy over 400 images."""
ENOUGH = 0.75
"""Accuracy on the fitted images below which a network without such a gap is underfitted: it does not even
reach there what the tutorial claims of new ones."""


class Fit(StrEnum):
    """What the curves show."""

    OVERFITTING = "overfitting"
    UNDERFITTING = "underfitting"
    NEITHER = "neither"


@dataclass(frozen=True)
class Verdict:
    """Accuracies 0..1 over the last `LAST` epochs, and what follows."""

    fit: Fit
    fitted: float
    """Of the fitted images, as Keras reports it: the mean over an epoch, with dropout and random changes."""
    validation: float
    since: int | None
    """The epoch, from 1, from which on the gap stays above `GAP`; None if it does not at the end."""

    @property
    def gap(self) -> float:
        """Fitted minus validation."""
        return self.fitted - self.validation


def verdict_of(fitted: Sequence[float | None], validation: Sequence[float | None]) -> Verdict | None:
    """Return the verdict on accuracies by epoch, from epoch 1; None if one of the last was not stored.

    Overfitting: the gap is above `GAP`, whatever the level. Underfitting: it is not, and the fitted images
    are below `ENOUGH`. Neither: the rest. Raises ValueError if the two differ in length.
    """
    both = np.array([fitted, validation], float)
    last = both[:, -LAST:]
    if last.size == 0 or np.isnan(last).any():
        return None
    mean_fitted, mean_validation = last.mean(axis=1)
    over = mean_fitted - mean_validation > GAP
    fit = Fit.OVERFITTING if over else Fit.UNDERFITTING if mean_fitted < ENOUGH else Fit.NEITHER
    return Verdict(fit, float(mean_fitted), float(mean_validation), _since(both[0] - both[1]))


def _since(gaps: np.ndarray) -> int | None:
    below = np.flatnonzero(~(gaps > GAP))
    first = int(below[-1]) + 1 if len(below) else 0
    return first + 1 if first < len(gaps) else None
