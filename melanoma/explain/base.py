"""What every explanation method is."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import ClassVar, Literal

import numpy as np

from melanoma.controls import Control, Setting, Settings, read_settings
from melanoma.model.classifier import CompiledNetwork
from melanoma.model.keras_task import keras_task
from melanoma.model.prediction import Prediction
from melanoma.pause_points import pause
from melanoma.phrases import Say, english


@dataclass(frozen=True)
class ExplanationRequest:
    """What is to be explained: the diagnoses `codes` of one prediction, by a method set to `settings`.

    Raises UserError for a diagnosis that the prediction does not have.
    """

    network: CompiledNetwork
    """The network that made the prediction."""
    prediction: Prediction
    settings: Settings = field(default_factory=dict)
    """Values of the method's controls by name; missing ones take their defaults. Within `Method.maps` every
    control has a checked value."""
    codes: tuple[str, ...] = ()
    """The diagnoses asked for, in the order of the maps; all of the prediction's if none is given."""

    def __post_init__(self) -> None:
        """Ask for all diagnoses where none is named, and check those that are."""
        if not self.codes:
            object.__setattr__(self, "codes", self.prediction.codes)
        for code in self.codes:
            self.prediction.index(code)

    @property
    def pixels(self) -> np.ndarray:
        """What the network saw, uint8 (S, S, 3)."""
        return self.prediction.pixels

    @property
    def indices(self) -> list[int]:
        """Where `codes` stand in the network's outputs."""
        return [self.prediction.index(code) for code in self.codes]

    def only(self, code: str) -> "ExplanationRequest":
        """Return the same request for one diagnosis."""
        return replace(self, codes=(code,))


@dataclass(frozen=True)
class Method(ABC):
    """One way to explain a prediction: nearly always, which regions make the log-odds of a diagnosis.

    Stateless, so one object serves all visitors, and its class is all that another process is sent of it. A
    new method states what it is in the class variables and computes its maps in `maps`.
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
    """True if the cells of a map make the log-odds: `starting_values` + their sum - `division`."""
    needs_evidence: ClassVar[bool] = False
    """True for maps that only a network with an evidence map has."""
    speaks_for: ClassVar[bool] = True
    """False for maps whose sign tells nothing by itself, for or against a diagnosis."""
    for_comparison: ClassVar[bool] = False
    """True for maps that know nothing of the diagnosis, with which the others are compared."""

    def offered(self, network: CompiledNetwork) -> bool:
        """Return whether the method can explain this network."""
        return network.additive or not self.needs_evidence

    def controls(self, network: CompiledNetwork, codes: tuple[str, ...]) -> tuple[Control, ...]:
        """Return what can be set, for a network whose diagnoses are `codes`."""
        return ()

    def request(
        self, network: CompiledNetwork, prediction: Prediction, code: str, settings: Settings | None = None
    ) -> ExplanationRequest:
        """Return the request for the map of a diagnosis as page and commands show it.

        With the maps of all others, which share its colour scale, unless each would take its own time.
        """
        codes = (code,) if self.each_diagnosis_costs else prediction.codes
        return ExplanationRequest(network, prediction, settings or {}, codes)

    def explain(self, request: ExplanationRequest) -> np.ndarray:
        """Return the heatmaps of `request.codes`, float32 (h, w, len(codes)), in `unit`, not scaled.

        Raises UserError for a setting or value that there is not, and where the network is not one for this
        method.
        """
        controls = self.controls(request.network, request.prediction.codes)
        checked = replace(request, settings=read_settings(controls, request.settings))
        if not self.needs_keras(checked):
            return np.asarray(self.maps(checked), dtype=np.float32)
        return maps_by_keras(checked.network, self, checked.prediction, dict(checked.settings), checked.codes)

    def needs_keras(self, request: ExplanationRequest) -> bool:
        """Return whether `maps` asks for the network's Keras model, every control having a checked value."""
        return False

    def sum_in_words(
        self, request: ExplanationRequest, code: str, heatmap: np.ndarray, say: Say = english
    ) -> str | None:
        """Return what the cells of the map (h, w) of a diagnosis make together.

        None where their sum means nothing.
        """
        return None

    @abstractmethod
    def maps(self, request: ExplanationRequest) -> np.ndarray:
        """Return the heatmaps (h, w, len(request.codes)); every control has a checked value."""


@keras_task
def maps_by_keras(
    network: CompiledNetwork,
    method: Method,
    prediction: Prediction,
    settings: dict[str, Setting],
    codes: tuple[str, ...],
) -> np.ndarray:
    """Return a method's heatmaps (h, w, len(codes)), float32; `settings` are checked."""
    maps = method.maps(ExplanationRequest(network, prediction, settings, codes))
    return np.asarray(maps, dtype=np.float32)


def explain_pixels(
    method: Method, request: ExplanationRequest, code: str
) -> Callable[[np.ndarray], np.ndarray]:
    """Return a function from uint8 (S, S, 3) to the heatmap (h, w) of one diagnosis.

    For measures that ask again with changed pixels, or of a changed network. The request's prediction lends
    the names of the diagnoses, calibration and bias; logits and class maps are computed anew, and with them
    which diagnosis is the likeliest other.
    """

    def heatmap(pixels: np.ndarray) -> np.ndarray:
        outputs = request.network.run(pixels[None])
        pause(0.0)
        again = replace(
            request.prediction, pixels=pixels, logits=outputs.logits[0], class_maps=outputs.class_maps_of(0)
        )
        return method.explain(replace(request, prediction=again).only(code))[..., 0]

    return heatmap
