"""The evidence map: where each log-odds come from, exactly; the class maps behind it; where two differ."""

import numpy as np

from melanoma.controls import Choice, Control
from melanoma.diagnoses import diagnosis_of
from melanoma.explain.base import ExplanationRequest, Method
from melanoma.model.alert_wording import sum_words
from melanoma.model.classifier import CompiledNetwork
from melanoma.model.prediction import Prediction
from melanoma.phrases import Say, english

RUNNER_UP = "the likeliest other"


class EvidenceMap(Method):
    """A class map less those of the others, each weighed by how likely it is among them.

    e_k - sum of q_j e_j with q_j = p_j / (1 - p_k): its cells, starting value and division add up to the
    log-odds. A map that is added to all class maps alike cancels.
    """

    name = "evidence"
    title = "Evidence map"
    summary = "How much each region speaks for this diagnosis or for the others; all regions add up."
    paper = (
        "Zhou et al. 2016, Learning deep features for discriminative localization, arXiv:1512.04150; against "
        "the others by their shares, as Zhang et al. 2025, Finer-CAM, arXiv:2501.11309"
    )
    unit = "Evidence, logit units in each cell"
    signed = True
    cost = "free"
    adds_up = True
    needs_evidence = True

    def maps(self, request: ExplanationRequest) -> np.ndarray:
        """Return the maps that came with the prediction."""
        return request.prediction.require_evidence()[..., request.indices]

    def sum_in_words(
        self, request: ExplanationRequest, code: str, heatmap: np.ndarray, say: Say = english
    ) -> str | None:
        """Return the way from the evidence to the probability."""
        return sum_words(request.prediction, code, heatmap, say)


class RawClassMap(Method):
    """One output's own map, before it is compared with the others': it may hold anything that all share."""

    name = "class-map"
    title = "Raw class map"
    summary = "One output by itself: a map that all outputs share changes this map, but no probability."
    paper = "Zhou et al. 2016, Learning deep features for discriminative localization, arXiv:1512.04150"
    unit = "Logit units in each cell, up to what all diagnoses share"
    signed = True
    cost = "free"
    needs_evidence = True
    speaks_for = False

    def maps(self, request: ExplanationRequest) -> np.ndarray:
        """Return the maps whose cells and the bias sum to the raw logits."""
        return request.prediction.require_class_maps()[..., request.indices]

    def sum_in_words(
        self, request: ExplanationRequest, code: str, heatmap: np.ndarray, say: Say = english
    ) -> str | None:
        """Return the raw output that the cells make, and what it is worth."""
        index = request.prediction.index(code)
        return say(
            "{name}: the cells and {bias:+.2f} make the raw output {output:+.2f}, which is defined only up "
            "to what all outputs share: red alone does not speak for it, nor blue against it.",
            name=say(diagnosis_of(code).name),
            bias=float(request.prediction.bias[index]),
            output=float(request.prediction.logits[index]),
        )


class DifferenceMap(Method):
    """One diagnosis' class map less another's: why the one rather than the other."""

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
        """Return the differences; with that of bias and mix they sum to the difference of the scores."""
        prediction, indices, than = request.prediction, request.indices, str(request.settings["than"])
        others = [self._other(prediction, index, than) for index in indices]
        maps = prediction.require_class_maps()
        return (maps[..., indices] - maps[..., others]) / prediction.calibration.temperature

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
