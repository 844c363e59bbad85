"""What every explanation method is."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import ClassVar, Literal

import keras
import numpy as np

from melanoma.controls import Control, Setting, Settings, read_settings
from melanoma.model.classifier import CompiledNetwork
from melanoma.model.prediction import Prediction


class Method(ABC):
    """One way to explain a prediction. Stateless, so one object serves all visitors.

    A new method states what it is in the class variables and computes its maps in `maps`.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    summary: ClassVar[str]
    """One sentence for a reader who has never heard of it."""
    paper: ClassVar[str]
    unit: ClassVar[str]
    """What a value of the map counts; heads the colour bar."""
    signed: ClassVar[bool]
    """True if negative values mean evidence against the diagnosis."""
    cost: ClassVar[Literal["free", "one pass", "many passes"]]
    each_diagnosis_costs: ClassVar[bool] = False
    """True if every further diagnosis takes as long as the first: ask for those that are shown."""
    adds_up: ClassVar[bool] = False
    """True if the cells of a map and the bias sum to the logit."""
    needs_evidence: ClassVar[bool] = False
    """True for maps that only a network with an evidence map has."""
    for_comparison: ClassVar[bool] = False
    """True for maps that know nothing of the diagnosis, with which the others are compared."""

    def offered(self, network: CompiledNetwork) -> bool:
        """Return whether the method can explain this network."""
        return network.additive or not self.needs_evidence

    def controls(self, network: CompiledNetwork, codes: tuple[str, ...]) -> tuple[Control, ...]:
        """Return what can be set, for a network whose diagnoses are `codes`."""
        return ()

    def explain(
        self,
        network: CompiledNetwork,
        prediction: Prediction,
        settings: Settings | None = None,
        codes: Sequence[str] | None = None,
    ) -> np.ndarray:
        """Return the heatmaps of `codes` (all diagnoses if None), float32 (h, w, len(codes)), not scaled.

        `settings` gives values for the controls; missing ones take their defaults. Raises UserError for a
        diagnosis, setting or value that there is not, and where the network is not one for this method.
        """
        chosen = read_settings(self.controls(network, prediction.codes), settings)
        indices = [prediction.index(code) for code in (prediction.codes if codes is None else codes)]
        return np.asarray(self.maps(network, prediction, indices, chosen), dtype=np.float32)

    @abstractmethod
    def maps(
        self,
        network: CompiledNetwork,
        prediction: Prediction,
        indices: list[int],
        settings: dict[str, Setting],
    ) -> np.ndarray:
        """Return the heatmaps (h, w, len(indices)); every control has a checked value in `settings`."""


def explain_pixels(
    method: Method,
    network: CompiledNetwork,
    prediction: Prediction,
    code: str,
    settings: Settings | None = None,
) -> Callable[[np.ndarray], np.ndarray]:
    """Return a function from uint8 (S, S, 3) to the heatmap (h, w) of one diagnosis.

    For measures that ask again with changed pixels or a changed network. `prediction` lends the names of the
    diagnoses only; logits and evidence are computed anew.
    """

    def heatmap(pixels: np.ndarray) -> np.ndarray:
        outputs = network.run(pixels[None])
        again = replace(prediction, pixels=pixels, logits=outputs.logits[0], evidence=outputs.evidence_of(0))
        return method.explain(network, again, settings, (code,))[..., 0]

    return heatmap


def explain_network(
    method: Method, prediction: Prediction, code: str, settings: Settings | None = None
) -> Callable[[keras.Model], np.ndarray]:
    """Return a function from another network of the same layers to its heatmap (h, w) of the same pixels."""

    def heatmap(network: keras.Model) -> np.ndarray:
        return explain_pixels(method, CompiledNetwork(network), prediction, code, settings)(prediction.pixels)

    return heatmap
