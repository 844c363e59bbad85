"""The lesions that a head is fitted to and tried on: drawings, or a few real photos."""

from collections.abc import Callable, Sequence

import numpy as np

from melanoma.edits.drawn_lesions import LesionParameters, draw_lesion
from melanoma.errors import UserError
from melanoma.lesion.framing import frame_photo
from melanoma.lesion.outline import find_lesion

FITTED, HELD_BACK = 80, 60
"""Drawings, half of each kind: enough for a head to learn from, and for an interval of about 10 points."""
FEWEST_PHOTOS = 6
"""Real photos of each kind: with fewer, one photo moves a figure by more than eight points of a hundred."""
_APART = 0.5
"""How far the two kinds lie apart in severity, whose standard deviation is `_SPREAD`: so that a clean head
is right clearly more often than by chance and clearly less often than always (docs/laboratory.md)."""
_SPREAD = 0.25
_SIGN_VARIES = 0.15  # standard deviation of one sign, such as the border, about the lesion's severity
_MIDDLE = 0.35  # of the side: radius of the disc that stands for a lesion whose outline was not found

Look = tuple[np.ndarray, np.ndarray]
"""A square, uint8 (S, S, 3) RGB, and where its lesion is, bool (S, S)."""


class Lesions:
    """Squares as the network sees them, each made when it is first asked for. Safe for several threads."""

    def __init__(self, malignant: Sequence[bool], held: Sequence[bool] | None, make: Callable[[int], Look]):
        """Take the truth of each lesion, which are held back, and what makes the square of a number.

        Without `held` each is held back once, from a head that is fitted to all others. Raises UserError if
        all are of one class.
        """
        self.malignant: np.ndarray = np.array(malignant, dtype=bool)
        self.held: np.ndarray | None = None if held is None else np.array(held, dtype=bool)
        if self.malignant.all() or not self.malignant.any():
            raise UserError("All lesions are of one class, so there is nothing to tell apart.")
        self._make = make
        self._made: dict[int, Look] = {}

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self.malignant)

    def look(self, lesion: int) -> Look:
        """Return a lesion's square and mask, not to be changed."""
        if lesion not in self._made:
            self._made[lesion] = self._make(lesion)
        return self._made[lesion]

    @property
    def groups(self) -> tuple[np.ndarray, ...]:
        """The lesions in which shares are counted, int (n,) each: by class, fitted and held back apart."""
        sides = [np.ones(len(self), bool)] if self.held is None else [~self.held, self.held]
        return tuple(
            np.flatnonzero(side & (self.malignant == kind)) for side in sides for kind in (True, False)
        )

    @property
    def folds(self) -> tuple[tuple[np.ndarray, np.ndarray], ...]:
        """The lesions of each fit and those that it is tried on, int arrays."""
        numbers = np.arange(len(self))
        if self.held is not None:
            return ((numbers[~self.held], numbers[self.held]),)
        return tuple((np.delete(numbers, number), numbers[number : number + 1]) for number in numbers)


def drawn_lesions(size: int, fitted: int = FITTED, held_back: int = HELD_BACK) -> Lesions:
    """Return drawings of `size` pixels a side, every other one like a melanoma.

    Each has a severity, drawn from one of two normal distributions that overlap, and signs about it.
    """
    total = fitted + held_back

    def make(lesion: int) -> Look:
        drawn = draw_lesion(_parameters(lesion), size, size, seed=lesion)
        return drawn.image, drawn.mask

    return Lesions([number % 2 == 1 for number in range(total)], [n >= fitted for n in range(total)], make)


def framed_photos(
    photos: Sequence[np.ndarray], malignant: Sequence[bool], size: int, framing: str
) -> Lesions:
    """Return photos, uint8 (H, W, 3) RGB, as the network sees them; each is held back once.

    A lesion's mask is the outline that is found, or a disc in the middle where none is trusted. Raises
    UserError if there are fewer than `FEWEST_PHOTOS` of a kind.
    """
    fewest = min(sum(malignant), len(malignant) - sum(malignant))
    if fewest < FEWEST_PHOTOS:
        raise UserError(
            "There are not enough real photos to fit to: {fewest} of one kind, and {needed} are needed. Take "
            "the drawings.",
            fewest=fewest,
            needed=FEWEST_PHOTOS,
        )

    def make(lesion: int) -> Look:
        pixels = frame_photo(photos[lesion], size, framing).pixels
        outline = find_lesion(pixels)
        return pixels, outline.mask if outline.trusted else _disc(size)

    return Lesions(malignant, None, make)


def _parameters(lesion: int) -> LesionParameters:
    rng = np.random.default_rng(lesion)
    severity = rng.normal(0.5 + (_APART / 2 if lesion % 2 else -_APART / 2), _SPREAD)

    def sign() -> float:
        return float(np.clip(severity + rng.normal(0, _SIGN_VARIES), 0, 1))

    return LesionParameters(
        asymmetry=0.05 + 0.7 * sign(),
        border=0.05 + 0.6 * sign(),
        colours=round(1.6 + 3.8 * sign()),
        diameter=float(rng.uniform(0.4, 0.66)),
        hairs=int(rng.integers(0, 6)),
        network=float(rng.uniform(0.3, 0.8)),
        skin=float(rng.uniform(0.05, 0.4)),
    )


def _disc(size: int) -> np.ndarray:
    y, x = np.mgrid[:size, :size] - (size - 1) / 2
    return np.asarray(np.hypot(x, y) < _MIDDLE * size)
