"""Augmentation: random changes of position, colour, sharpness and surroundings."""

from dataclasses import dataclass

import cv2
import numpy as np

from melanoma.edits import artefacts, surroundings


@dataclass(frozen=True)
class Augmentation:
    """The ranges of the random changes, as half-widths; those of ratios are in natural logarithms."""

    zoom: float = 0.20
    """0.82 to 1.22 times: the contact plate fixes the scale roughly, but photos are cropped differently."""
    stretch: float = 0.10
    """One axis against the other by up to 1.22: some of the archive's copies were squashed, 4:3 to 1:1."""
    shift: float = 0.06
    """Of the side: lesions are centred, but not perfectly."""
    light: float = 0.15
    """Brightness."""
    cast: float = 0.07
    """Each colour channel by itself: white balance differs between sources."""
    gamma: float = 0.12
    saturation: float = 0.15
    blur: float = 1.0
    """Standard deviation of a Gaussian at 224 px, on a quarter of the images: sources differ in sharpness."""
    sharpen: float = 0.6
    """Strength of an unsharp mask, at most, on a quarter of the images, for the same reason."""
    artefacts: float = 0.35
    """Share of the images that get a ruler, ink, a sticker, hair, gel, dark corners or a round frame."""
    coarse: float = 0.2
    """Share of the images that are reduced to `COARSEST` pixels or more, and enlarged again."""


COARSEST = 84
"""Pixels a side of the smallest photos that are worth learning from: BCN20000's, as a copy of it has them."""
_MOST_HAIRS = 40


def augment(image: np.ndarray, size: int, rng: np.random.Generator, ranges: Augmentation) -> np.ndarray:
    """Return a randomly changed copy, uint8 (size, size, channels), of a square image (P, P, channels).

    Any rotation and flip, then artefacts and the other `ranges`. The first three channels are RGB; a fourth,
    such as a mask, moves with them and keeps its values. The same generator state gives the same result.
    """
    changed = _warp(image, size, rng, ranges)
    colours = np.ascontiguousarray(changed[..., :3])
    if rng.random() < ranges.artefacts:
        colours = _painted(colours, rng)
    colours = _refocus(_recolour(colours, rng, ranges), rng, ranges)
    if rng.random() < ranges.coarse and size > COARSEST:
        side = int(rng.integers(COARSEST, size))
        small = cv2.resize(colours, (side, side), interpolation=cv2.INTER_AREA)
        colours = cv2.resize(small, (size, size), interpolation=cv2.INTER_LINEAR)
    changed[..., :3] = colours
    return changed


def resurround(
    image: np.ndarray,
    inside: np.ndarray,
    other: np.ndarray,
    other_inside: np.ndarray,
    rng: np.random.Generator,
) -> np.ndarray:
    """Return the lesion of `image` in surroundings drawn at random, uint8 (P, P, 3).

    `inside` and `other_inside` are float (P, P) 0..1, the lesions' widened outlines. The surroundings are the
    skin of the image `other` in a random orientation, the image's own mean colour or blur, or a random
    colour; half of them get a ruler, ink, a sticker, hair or dark corners.
    """
    kind = rng.random()
    if kind < 0.55:
        turns, flip = int(rng.integers(4)), rng.random() < 0.5
        skin = np.rot90(surroundings.painted_out(other, other_inside), turns)
        replaced = np.ascontiguousarray(skin[:, ::-1] if flip else skin)
    elif kind < 0.70:
        replaced = surroundings.plain(image, inside)
    elif kind < 0.85:
        replaced = surroundings.blurred(image, inside)
    else:
        replaced = np.broadcast_to(rng.integers(0, 256, 3).astype(np.uint8), image.shape).copy()
    if rng.random() < 0.5:
        names = list(artefacts.ARTEFACTS)
        replaced = artefacts.ARTEFACTS[names[int(rng.integers(len(names)))]](replaced, rng)
    return surroundings.compose(image, replaced, inside)


def _painted(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return the image with one artefact, a third of the time with many hairs, which lie on lesions too."""
    if rng.random() < 1 / 3:
        return artefacts.hairs(image, rng, int(rng.integers(4, _MOST_HAIRS)))
    names = list(artefacts.IN_TRAINING)
    return artefacts.IN_TRAINING[names[int(rng.integers(len(names)))]](image, rng)


def _warp(image: np.ndarray, size: int, rng: np.random.Generator, ranges: Augmentation) -> np.ndarray:
    """Rotate, flip, zoom, stretch and shift in one interpolation; what lies outside is mirrored in."""
    side = image.shape[0]
    scale = size / side * np.exp(rng.uniform(-ranges.zoom, ranges.zoom))
    stretch = np.exp(rng.uniform(-ranges.stretch, ranges.stretch))
    flip = rng.choice((-1.0, 1.0))
    angle = rng.uniform(0, 2 * np.pi)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    matrix = turn @ np.diag([scale * stretch * flip, scale / stretch])
    centre = np.array([(side - 1) / 2, (side - 1) / 2])
    target = (size - 1) / 2 + rng.uniform(-ranges.shift, ranges.shift, 2) * size
    affine = np.hstack([matrix, (target - matrix @ centre)[:, None]])
    if scale < 0.75:  # bilinear sampling takes four pixels: average first, or fine texture turns into noise
        image = cv2.GaussianBlur(image, (0, 0), 0.4 / scale)
    return cv2.warpAffine(
        image, affine, (size, size), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101
    )


def _recolour(image: np.ndarray, rng: np.random.Generator, ranges: Augmentation) -> np.ndarray:
    saturation = np.exp(rng.uniform(-ranges.saturation, ranges.saturation))
    gains = np.exp(rng.uniform(-ranges.light, ranges.light) + rng.uniform(-ranges.cast, ranges.cast, 3))
    grey = np.tile([0.299, 0.587, 0.114], (3, 1))
    matrix = gains[:, None] * (saturation * np.eye(3) + (1 - saturation) * grey)
    gamma = np.exp(rng.uniform(-ranges.gamma, ranges.gamma))
    curve = (255 * (np.arange(256) / 255) ** gamma).round().astype(np.uint8)
    return cv2.LUT(cv2.transform(image, matrix), curve)


def _refocus(image: np.ndarray, rng: np.random.Generator, ranges: Augmentation) -> np.ndarray:
    kind, strength = rng.random(2)
    if kind < 0.25:
        return cv2.GaussianBlur(image, (0, 0), 0.2 + strength * ranges.blur * image.shape[0] / 224)
    if kind < 0.5:
        amount = strength * ranges.sharpen
        return cv2.addWeighted(image, 1 + amount, cv2.GaussianBlur(image, (0, 0), 1.5), -amount, 0)
    return image
