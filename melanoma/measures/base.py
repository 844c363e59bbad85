"""What every measure is, and the case that it judges."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, ClassVar, Literal, TypeVar

import numpy as np

from melanoma.errors import UserError
from melanoma.lesion.outline import widen
from melanoma.pause_points import in_steps

T = TypeVar("T")
Probabilities = Callable[[np.ndarray], np.ndarray]
"""uint8 (n, S, S, 3) -> float (n, classes), each row summing to 1."""


@dataclass(frozen=True)
class MapCase:
    """One heatmap of one photo, and what a measure may ask for. Raises UserError for a map with gaps."""

    probabilities: Probabilities
    pixels: np.ndarray
    """uint8 (S, S, 3), what the network saw."""
    heatmap: np.ndarray
    """float (h, w) over the pixels, larger where more speaks for the class."""
    index: int
    """Of the class that the map explains."""
    mask: np.ndarray | None = None
    """bool (S, S), the lesion's outline as drawn; measures use `lesion`."""
    explain: Callable[[np.ndarray], np.ndarray] | None = None
    """uint8 (S, S, 3) -> the same method's heatmap of the same class."""
    explain_randomised: Callable[[], np.ndarray] | None = None
    """Returns the same method's heatmap of these pixels by `randomisation.randomised` of the network."""
    _computed: dict[str, Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Check the map and the outline."""
        if self.heatmap.ndim != 2 or not np.isfinite(self.heatmap).all():
            raise UserError("The heatmap has gaps (NaN or infinite values), so it cannot be measured.")
        if self.mask is not None and self.mask.shape != self.pixels.shape[:2]:
            raise UserError(
                f"The outline is {self.mask.shape[1]} x {self.mask.shape[0]} pixels and the image "
                f"{self.pixels.shape[1]} x {self.pixels.shape[0]}. Give an outline of the same image."
            )
        if self.mask is not None and not self.mask.any():
            raise UserError("The outline is empty. Give a mask that is white where the lesion is.")

    def computed_once(self, key: str, compute: Callable[[], T]) -> T:
        """Return `compute()`, called once for all measures of this case that ask under `key`."""
        if key not in self._computed:
            self._computed[key] = compute()
        return self._computed[key]

    @cached_property
    def lesion(self) -> np.ndarray:
        """The outline widened by `outline.MARGIN`, bool (S, S): what counts as the lesion and its border.

        Raises ValueError if there is no outline.
        """
        if self.mask is None:
            raise ValueError("the case has no outline")
        return widen(self.mask)


class Measure(ABC):
    """One figure of a heatmap. Stateless."""

    name: ClassVar[str]
    title: ClassVar[str]
    meaning: ClassVar[str]
    """What the figure says, in a sentence, with its range."""
    better: ClassVar[Literal["higher", "lower"]]
    paper: ClassVar[str]
    needs: ClassVar[tuple[str, ...]] = ()
    """The optional parts of a case that it asks for."""
    passes: ClassVar[int] = 0
    """How many images it asks the network about, those of `maps` left out."""
    maps: ClassVar[int] = 0
    """How often it has the method make a map."""

    def applies(self, case: MapCase) -> bool:
        """Return True if the case has what this measure needs."""
        return all(getattr(case, part) is not None for part in self.needs)

    @abstractmethod
    def value(self, case: MapCase) -> float:
        """Return the figure; NaN where the case has no answer, such as the place of evidence that is not."""

    def over(self, cases: Iterable[MapCase]) -> np.ndarray:
        """Return the figures of many cases, float64 (n,)."""
        return np.array([self.value(case) for case in cases], dtype=np.float64)

    def advantage(self, case: MapCase, controls: Iterable[np.ndarray]) -> float:
        """Return by how much the map is better than the mean of other maps (h, w); above 0 is better.

        With random maps this says whether the map does more than chance.
        """
        chance = self.over(replace(case, heatmap=control) for control in in_steps(list(controls))).mean()
        return float(self.value(case) - chance) * (1 if self.better == "higher" else -1)

    def cost(self, map_cost: float) -> float:
        """Return how long it takes, in passes of the network, where the method's map takes `map_cost`."""
        return self.passes + self.maps * map_cost


def rank_correlation(one: np.ndarray, other: np.ndarray) -> float:
    """Return Spearman's correlation of two maps of one shape, -1..1; 0 if either is the same everywhere."""
    if np.ptp(one) == 0 or np.ptp(other) == 0:
        return 0.0
    return float(np.corrcoef(_ranks(one), _ranks(other))[0, 1])


def _ranks(values: np.ndarray) -> np.ndarray:
    """Return the rank of each value from 1, equal ones sharing their mean, float64 (n,).

    As `scipy.stats.rankdata`, whose import takes 45 MB that the page does not need otherwise.
    """
    _, places, counts = np.unique(values, return_inverse=True, return_counts=True)
    return (np.cumsum(counts) - (counts - 1) / 2)[places.ravel()]
