"""The evidence map: where each logit comes from, exactly, and where two diagnoses differ."""

import numpy as np

from melanoma.controls import Choice, Control
from melanoma.explain.base import ExplanationRequest, Method
from melanoma.model.classifier import CompiledNetwork
from melanoma.model.prediction import Prediction

RUNNER_UP = "the likeliest other"


class EvidenceMap(Method):
    """The signed class activation map in logit units: its cells and the bias add up to the logit."""

    name = "evidence"
    title = "Evidence map"
    summary = "How much each region adds to this diagnosis' score or takes from it; all add up to the score."
    paper = "Zhou et al. 2016, Learning deep features for discriminative localization, arXiv:1512.04150"
    unit = "Evidence, logit units in each cell"
    signed = True
    cost = "free"
    adds_up = True
    needs_evidence = True

    def maps(self, request: ExplanationRequest) -> np.ndarray:
        """Return the maps that came with the prediction."""
        return request.prediction.require_evidence()[..., request.indices]


class DifferenceMap(Method):
    """One diagnosis' evidence map less another's: why the one rather than the other."""

    name = "difference"
    title = "Difference of two diagnoses"
    summary = "Which regions made the network prefer this diagnosis to another one, or the other to this."
    paper = "Zhou et al. 2016, arXiv:1512.04150, as a contrast of two classes"
    unit = "Difference of evidence, logit units in each cell"
    signed = True
    cost = "free"
    needs_evidence = True

    def controls(self, network: CompiledNetwork, codes: tuple[str, ...]) -> tuple[Control, ...]:
        """Offer the diagnosis to compare with."""
        return (Choice("than", "Rather than", (RUNNER_UP, *codes), RUNNER_UP),)

    def maps(self, request: ExplanationRequest) -> np.ndarray:
        """Return the differences; with the bias' difference they sum to that of the logits."""
        prediction, indices, than = request.prediction, request.indices, str(request.settings["than"])
        others = [self._other(prediction, index, than) for index in indices]
        evidence = prediction.require_evidence()
        return evidence[..., indices] - evidence[..., others]

    @staticmethod
    def _other(prediction: Prediction, index: int, than: str) -> int:
        if than != RUNNER_UP:
            return prediction.index(than)
        others = [code for code, _ in prediction.ranked if code != prediction.codes[index]]
        return prediction.index(others[0]) if others else index


def total_for(heatmap: np.ndarray) -> float:
    """Return the sum of all that speaks for the diagnosis, 0 or more, of a signed map (h, w)."""
    return float(np.maximum(heatmap, 0).sum(dtype=np.float64))


def total_against(heatmap: np.ndarray) -> float:
    """Return the sum of all that speaks against the diagnosis, 0 or less, of a signed map (h, w)."""
    return float(np.minimum(heatmap, 0).sum(dtype=np.float64))
