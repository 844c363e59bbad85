"""The evidence map: where each logit comes from, exactly."""

from collections.abc import Mapping

import numpy as np

from melanoma.classifier import CompiledNetwork
from melanoma.explain.base import Method
from melanoma.prediction import Prediction


class EvidenceMap(Method):
    """The signed class activation map in logit units: its cells and the bias add up to the logit."""

    name = "evidence"
    title = "Evidence map"
    summary = "How much each region adds to this diagnosis' score or takes from it; all add up to the score."
    paper = "Zhou et al. 2016, Learning deep features for discriminative localization, arXiv:1512.04150"
    signed = True
    cost = "free"

    def explain(
        self, network: CompiledNetwork, prediction: Prediction, settings: Mapping[str, str] | None = None
    ) -> np.ndarray:
        """Return the maps that came with the prediction."""
        return prediction.evidence
