"""Doubtful labels by confident learning, from cross-validated probabilities."""

from dataclasses import dataclass

import numpy as np
from cleanlab.filter import find_label_issues


@dataclass(frozen=True)
class Doubt:
    """A label that may be wrong."""

    row: int
    """Of the table."""
    label: str
    suggested: str
    confidence: float
    """Out-of-fold probability of the given label, 0 to 1: the lower, the more doubtful."""


def doubtful_labels(
    rows: np.ndarray, labels: np.ndarray, probabilities: np.ndarray, classes: list[str]
) -> list[Doubt]:
    """Return the doubtful labels, the most doubtful first.

    A label is doubtful if the out-of-fold probability of another class is above that class's mean confidence
    in its own images, and that of the given class is not: the off-diagonal of the confident joint (Northcutt,
    Jiang and Chuang 2021, arXiv:1911.00068; cleanlab). `rows` int (n,) are rows of the table, `labels` their
    labels, `probabilities` float (n, classes).
    """
    codes = np.searchsorted(np.array(classes, dtype=str), labels.astype(str))
    ranked = find_label_issues(
        codes,
        probabilities,
        filter_by="confident_learning",
        return_indices_ranked_by="self_confidence",
        n_jobs=1,
    )
    suggested = probabilities.argmax(axis=1)
    return [
        Doubt(
            int(rows[k]),
            classes[codes[k]],
            classes[int(suggested[k])],
            float(probabilities[k, codes[k]]),
        )
        for k in ranked
        if suggested[k] != codes[k]
    ]
