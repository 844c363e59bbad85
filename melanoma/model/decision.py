"""What a bundle decides of probabilities: its alerts and its prediction set. The only place that does."""

from dataclasses import dataclass

import numpy as np

from melanoma.model.bundle import Bundle


@dataclass(frozen=True)
class Decision:
    """Alerts and prediction set, as in `Answer`."""

    melanoma_alert: bool
    malignancy_alert: bool | None
    prediction_set: tuple[str, ...]


def decide(bundle: Bundle, probabilities: np.ndarray) -> Decision:
    """Return what the bundle decides of probabilities, float64 (classes,), in its own mix of diagnoses."""
    order = np.argsort(-probabilities, kind="stable")
    kept = bundle.in_sets(probabilities)
    line = bundle.malignancy_threshold
    return Decision(
        melanoma_alert=bool(probabilities[bundle.codes.index("MEL")] >= bundle.alert_threshold),
        malignancy_alert=None if line is None else bool(probabilities[bundle.malignant].sum() >= line),
        prediction_set=tuple(bundle.codes[index] for index in order if kept[index]),
    )
