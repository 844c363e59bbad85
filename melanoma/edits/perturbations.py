"""Perturbations of a photo, each with a control from which the page draws its slider.

They are applied in the order of `PERTURBATIONS`, from the skin to the camera: hair and rulers lie on the skin
and move with it, light and focus come last. Pixels beyond the edge are mirrored.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import cv2
import numpy as np

from melanoma.controls import Range
from melanoma.edits.artefacts import ARTEFACTS, hairs
from melanoma.errors import UserError

WORKING_SIDE = 1024
"""Larger photos are reduced to this shorter side first: more than the network's input, and quick to edit."""
_SEED = 7  # of drawn hair and rulers: one slider must not change the random numbers of another


@dataclass(frozen=True)
class Perturbation:
    """One way to change a photo, by one number."""

    control: Range
    """Its default changes nothing."""
    unit: str
    """Written after the number."""
    group: str
    apply: Callable[[np.ndarray, float], np.ndarray]
    """uint8 RGB (H, W, 3) and the number -> a changed copy of the same size."""

    @property
    def name(self) -> str:
        """Identifier in links and tests."""
        return self.control.name

    def values(self, count: int = 13) -> tuple[float, ...]:
        """Return up to `count` evenly spaced stops of the slider, which include the default."""
        low, high, step = self.control.low, self.control.high, self.control.step
        stops = round((high - low) / step)
        taken = {round(place) for place in np.linspace(0, stops, min(count, stops + 1))}
        neutral = round((self.control.default - low) / step)
        if neutral not in taken:
            taken.remove(min(taken - {0, stops}, key=lambda stop: abs(stop - neutral)))
            taken.add(neutral)
        return tuple(round(low + stop * step, 6) for stop in sorted(taken))


def apply_changes(image: np.ndarray, settings: Mapping[str, float]) -> np.ndarray:
    """Return a changed copy of uint8 RGB (H, W, 3); missing names have their default, which changes nothing.

    Raises UserError for an unknown name, or a number out of its range.
    """
    unknown = set(settings) - {change.name for change in PERTURBATIONS}
    if unknown:
        raise UserError(
            f"There is no change “{min(unknown)}”. There are {', '.join(c.name for c in PERTURBATIONS)}."
        )
    changed = image.copy()
    for change in PERTURBATIONS:
        value = change.control.read(settings.get(change.name, change.control.default))
        if value != change.control.default:
            changed = change.apply(changed, value)
    return changed


def working_copy(image: np.ndarray) -> np.ndarray:
    """Return the photo, or one shrunk to a shorter side of `WORKING_SIDE`, uint8 (h, w, 3)."""
    scale = WORKING_SIDE / min(image.shape[:2])
    if scale >= 1:
        return image
    size = (round(image.shape[1] * scale), round(image.shape[0] * scale))
    return cv2.resize(image, size, interpolation=cv2.INTER_AREA)


def sweep(
    image: np.ndarray, settings: Mapping[str, float], name: str, values: Sequence[float]
) -> list[np.ndarray]:
    """Return the photo changed by `settings`, once for each value of the change `name`."""
    return [apply_changes(image, {**settings, name: value}) for value in values]


def _turn(image: np.ndarray, degrees: float) -> np.ndarray:
    return _warp(image, cv2.getRotationMatrix2D(_middle(image), -degrees, 1.0))


def _zoom(image: np.ndarray, percent: float) -> np.ndarray:
    scale = percent / 100
    if scale < 1:  # bilinear sampling takes four pixels: average first, or fine texture turns into noise
        image = cv2.GaussianBlur(image, (0, 0), 0.4 / scale)
    return _warp(image, cv2.getRotationMatrix2D(_middle(image), 0, scale))


def _shift(image: np.ndarray, percent: float, down: bool) -> np.ndarray:
    by = percent / 100 * min(image.shape[:2])
    return _warp(image, np.array([[1, 0, 0 if down else by], [0, 1, by if down else 0]]))


def _blur(image: np.ndarray, percent: float) -> np.ndarray:
    return cv2.GaussianBlur(image, (0, 0), percent / 100 * min(image.shape[:2]))


def _light(image: np.ndarray, percent: float) -> np.ndarray:
    return _gains(image, np.full(3, 1 + percent / 100))


def _warmth(image: np.ndarray, percent: float) -> np.ndarray:
    return _gains(image, np.array([1 + percent / 100, 1, 1 - percent / 100]))


def _green(image: np.ndarray, percent: float) -> np.ndarray:
    return _gains(image, np.array([1, 1 + percent / 100, 1]))


def _gains(image: np.ndarray, gains: np.ndarray) -> np.ndarray:
    levels = np.arange(256)[:, None, None]
    return cv2.LUT(image, np.clip(np.rint(levels * gains), 0, 255).astype(np.uint8))


def _hairs(image: np.ndarray, count: float) -> np.ndarray:
    return hairs(image, np.random.default_rng(_SEED), round(count))


def _several(image: np.ndarray, count: float, artefact: str) -> np.ndarray:
    """Draw an artefact `count` times; the first stay where they are when another one is added."""
    for number in range(round(count)):
        image = ARTEFACTS[artefact](image, np.random.default_rng((_SEED, number)))
    return image


def _corners(image: np.ndarray, percent: float) -> np.ndarray:
    dark = ARTEFACTS["dark corners"](image, np.random.default_rng(_SEED))
    return cv2.addWeighted(dark, percent / 100, image, 1 - percent / 100, 0)


def _middle(image: np.ndarray) -> tuple[float, float]:
    return (image.shape[1] - 1) / 2, (image.shape[0] - 1) / 2


def _warp(image: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    return cv2.warpAffine(
        image, matrix, image.shape[1::-1], flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT_101
    )


SKIN, POSITION, CAMERA = "On the skin", "Position", "Camera and light"
PERTURBATIONS: tuple[Perturbation, ...] = (
    Perturbation(Range("hairs", "Hairs", 0, 60, 0, 1), "", SKIN, _hairs),
    Perturbation(Range("rulers", "Rulers", 0, 4, 0, 1), "", SKIN, partial(_several, artefact="ruler")),
    Perturbation(Range("ink", "Ink strokes", 0, 8, 0, 1), "", SKIN, partial(_several, artefact="ink")),
    Perturbation(Range("stickers", "Stickers", 0, 5, 0, 1), "", SKIN, partial(_several, artefact="sticker")),
    Perturbation(Range("turn", "Turn clockwise", -180, 180, 0, 5), "°", POSITION, _turn),
    Perturbation(Range("right", "Shift right", -30, 30, 0, 1), " %", POSITION, partial(_shift, down=False)),
    Perturbation(Range("down", "Shift down", -30, 30, 0, 1), " %", POSITION, partial(_shift, down=True)),
    Perturbation(Range("zoom", "Zoom", 50, 250, 100, 5), " %", POSITION, _zoom),
    Perturbation(Range("blur", "Blur", 0, 5, 0, 0.25), " %", CAMERA, _blur),
    Perturbation(Range("light", "Light", -60, 60, 0, 5), " %", CAMERA, _light),
    Perturbation(Range("warmth", "Cold to warm light", -40, 40, 0, 2), " %", CAMERA, _warmth),
    Perturbation(Range("green", "Magenta to green cast", -30, 30, 0, 2), " %", CAMERA, _green),
    Perturbation(Range("corners", "Dark corners", 0, 100, 0, 10), " %", CAMERA, _corners),
)
"""All changes, in the order in which they are applied."""


def change_named(name: str) -> Perturbation:
    """Return a change; raises UserError if there is none of this name."""
    for change in PERTURBATIONS:
        if change.name == name:
            return change
    raise UserError(
        f"There is no change “{name}”. There are {', '.join(change.name for change in PERTURBATIONS)}."
    )
