"""How a heatmap can flatter: one map, added to the class maps of all diagnoses, changes no probability."""

from dataclasses import replace

import numpy as np

from melanoma.model.prediction import Prediction


def with_shared_map(prediction: Prediction, added: np.ndarray) -> Prediction:
    """Return a prediction whose class maps all have a map (h, w) more, and whose logits have its sum more.

    Its probabilities, log-odds and evidence are the same as before, but for rounding; its raw class maps are
    not. Raises UserError for a network without class maps.
    """
    maps = prediction.require_class_maps().astype(np.float64) + added[..., None]
    return replace(
        prediction,
        class_maps=maps.astype(np.float32),
        logits=(prediction.logits + added.sum(dtype=np.float64)).astype(np.float32),
    )


def bump(region: np.ndarray, height: float) -> np.ndarray:
    """Return a map (h, w) that is `height` where a region (h, w) of shares 0..1 lies, and 0 elsewhere."""
    return height * region.astype(np.float64)
