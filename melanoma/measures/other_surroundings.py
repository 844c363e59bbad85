"""The surroundings test: the same lesion on other skin, and the same skin without the lesion.

A map can lie wholly inside the lesion while the network still reads the surroundings through its receptive
fields. So the answer is asked for again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from melanoma.edits import surroundings
from melanoma.edits.drawn_lesions import LesionParameters, draw_lesion
from melanoma.lesion.outline import widen
from melanoma.measures.base import MapCase, Measure, Probabilities

_TONES = (0.05, 0.45)  # of the drawn skin: pale and brown


@dataclass(frozen=True)
class SurroundingsChange:
    """One changed image and its answer."""

    name: str
    keeps_lesion: bool
    """True if the surroundings were replaced, False if the lesion was."""
    image: np.ndarray
    """uint8 (S, S, 3)."""
    probabilities: np.ndarray
    """float64 (classes,)."""
    moved: np.ndarray
    """float64 (classes,): these probabilities less those of the photo."""
    answer_changes: bool
    """True if another class is the likeliest."""


@dataclass(frozen=True)
class SurroundingsTest:
    """What became of the answer."""

    changes: tuple[SurroundingsChange, ...]

    @property
    def with_lesion(self) -> tuple[SurroundingsChange, ...]:
        """The images that keep the lesion."""
        return tuple(change for change in self.changes if change.keeps_lesion)

    @property
    def changed_answers(self) -> float:
        """Share of the images with the lesion in other surroundings that get another answer, 0..1."""
        return float(np.mean([change.answer_changes for change in self.with_lesion]))

    def furthest(self, index: int) -> float:
        """Return the furthest that a class' probability moves while the lesion stays, 0..1."""
        return float(max(abs(change.moved[index]) for change in self.with_lesion))

    def lost_with_lesion(self, index: int) -> float:
        """Return by how much a class' probability falls when the lesion is painted out, -1..1."""
        return float(np.mean([-change.moved[index] for change in self.changes if not change.keeps_lesion]))


def surroundings_test(
    probabilities: Probabilities,
    pixels: np.ndarray,
    lesion: np.ndarray,
    skins: Sequence[np.ndarray] | None = None,
) -> SurroundingsTest:
    """Return how the answer changes with everything outside the lesion replaced, and without it.

    `pixels` is uint8 (S, S, 3), `lesion` bool (S, S), the widened outline. `skins` are pictures of
    skin without a lesion, uint8 (S, S, 3), that the lesion is put on; drawn ones if None.
    """
    inside = lesion.astype(np.float32)
    replaced = {
        "surroundings blurred": surroundings.blurred(pixels, inside),
        "surroundings of one colour": surroundings.plain(pixels, inside),
    }
    for number, skin in enumerate(drawn_skins(pixels.shape[0]) if skins is None else skins, start=1):
        replaced[f"other skin {number}"] = skin
    images = {name: surroundings.compose(pixels, other, inside) for name, other in replaced.items()}
    images["lesion painted out"] = surroundings.painted_out(pixels, inside)
    before, *after = np.asarray(probabilities(np.stack([pixels, *images.values()])), dtype=np.float64)
    return SurroundingsTest(
        tuple(
            SurroundingsChange(
                name, name in replaced, image, found, found - before, bool(found.argmax() != before.argmax())
            )
            for (name, image), found in zip(images.items(), after, strict=True)
        )
    )


@lru_cache(maxsize=4)
def drawn_skins(side: int) -> tuple[np.ndarray, ...]:
    """Return drawings of pale and brown skin without a lesion, uint8 (side, side, 3), not to be changed."""
    skins = []
    for seed, tone in enumerate(_TONES):
        drawing = draw_lesion(LesionParameters(diameter=0.2, skin=tone), side, side, seed)
        skins.append(surroundings.painted_out(drawing.image, widen(drawing.mask).astype(np.float32)))
    return tuple(skins)


class ChangedAnswers(Measure):
    """Share of replaced surroundings that change the answer."""

    name = "surroundings-answer"
    title = "Answers that change with the surroundings"
    meaning = (
        "Share of the tries, 0 to 1, in which the same lesion in other surroundings gets another answer."
    )
    better = "lower"
    paper = "Bissoto et al. 2019, (De)constructing bias on skin lesion datasets, arXiv:1904.08818"
    needs = ("mask",)
    passes = 6  # for all measures of the surroundings together

    def value(self, case: MapCase) -> float:
        """Return the share, 0..1."""
        return _test(case).changed_answers


class MovedProbability(Measure):
    """The furthest move of the probability in other surroundings."""

    name = "surroundings-move"
    title = "Probability that hangs on the surroundings"
    meaning = "The furthest that the diagnosis' probability moves, 0 to 1, when only the surroundings change."
    better = "lower"
    paper = ChangedAnswers.paper
    needs = ("mask",)

    def value(self, case: MapCase) -> float:
        """Return the largest absolute move, 0..1."""
        return _test(case).furthest(case.index)


class LesionRemoved(Measure):
    """The fall of the probability when the lesion is painted out."""

    name = "lesion-removed"
    title = "Probability lost with the lesion"
    meaning = (
        "By how much the diagnosis' probability falls, -1 to 1, when the lesion is painted out with skin."
    )
    better = "higher"
    paper = ChangedAnswers.paper
    needs = ("mask",)

    def value(self, case: MapCase) -> float:
        """Return the fall, -1..1."""
        return _test(case).lost_with_lesion(case.index)


def _test(case: MapCase) -> SurroundingsTest:
    return case.computed_once(
        "surroundings", lambda: surroundings_test(case.probabilities, case.pixels, case.lesion)
    )
