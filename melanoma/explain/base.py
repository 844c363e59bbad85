"""What every explanation method is."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from melanoma.classifier import CompiledNetwork
from melanoma.prediction import Prediction


@dataclass(frozen=True)
class Choice:
    """A control of a method: one of several values. The page draws it, the command line takes it."""

    name: str
    title: str
    values: tuple[str, ...]
    default: str


class Method(ABC):
    """One way to explain a prediction. Stateless, so one object serves all visitors."""

    name: ClassVar[str]
    title: ClassVar[str]
    summary: ClassVar[str]
    """One sentence for a reader who has never heard of it."""
    paper: ClassVar[str]
    signed: ClassVar[bool]
    """True if negative values mean evidence against the diagnosis."""
    cost: ClassVar[Literal["free", "one pass", "many passes"]]

    def controls(self, network: CompiledNetwork) -> tuple[Choice, ...]:
        """Return the controls that this method offers for a network."""
        return ()

    @abstractmethod
    def explain(
        self, network: CompiledNetwork, prediction: Prediction, settings: Mapping[str, str] | None = None
    ) -> np.ndarray:
        """Return the heatmaps of all diagnoses, float32 (h, w, classes), not scaled.

        `settings` gives values for the controls; missing ones take their defaults.
        """
