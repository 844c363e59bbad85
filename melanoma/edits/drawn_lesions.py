"""Draws synthetic lesions from ABCD parameters, for examples and tests; they are not training data."""

from dataclasses import dataclass

import cv2
import numpy as np

from melanoma.edits.artefacts import draw_hair
from melanoma.lesion.abcd import COLOURS

_PALE, _DARK = np.array([236, 196, 178.0]), np.array([128, 86, 64.0])
_FULL_ASYMMETRY = 0.45  # of the radius: the lopsidedness that still leaves one closed outline
_FULL_IRREGULARITY = 0.16  # of the radius, likewise
_HARMONICS = range(5, 14)  # notches of a dermoscopic border, from broad to fine
_UNIT = (("asymmetry", 0, 1), ("border", 0, 1), ("colours", 1, 6), ("diameter", 0.1, 0.95), ("hairs", 0, 60))
_RANGES = (*_UNIT, ("network", 0, 1), ("skin", 0, 1))


@dataclass(frozen=True)
class LesionParameters:
    """The parameters of a drawing. Raises ValueError for a value outside its range."""

    asymmetry: float = 0.1
    """0 (mirrored about both axes) to 1."""
    border: float = 0.1
    """Irregularity of the outline, 0 to 1."""
    colours: int = 2
    """How many of `COLOURS`, 1 to 6."""
    diameter: float = 0.5
    """Of the image's shorter side, 0.1 to 0.95; that of a circle of the same area."""
    hairs: int = 0
    network: float = 0.6
    """Strength of the pigment network, 0 to 1."""
    skin: float = 0.15
    """Tone, 0 (palest) to 1 (darkest)."""

    def __post_init__(self) -> None:
        """Check the ranges."""
        for name, low, high in _RANGES:
            if not low <= getattr(self, name) <= high:
                raise ValueError(f"{name} is {getattr(self, name)}, and must lie between {low} and {high}")


NEVUS_LIKE = LesionParameters()
"""Symmetric, smooth border, two colours."""
MELANOMA_LIKE = LesionParameters(asymmetry=0.6, border=0.55, colours=5, diameter=0.62, hairs=3, network=0.7)
"""Lopsided, notched border, five colours."""


@dataclass(frozen=True)
class SyntheticLesion:
    """A drawing with its true mask and parameters."""

    image: np.ndarray
    """uint8 (H, W, 3) RGB."""
    mask: np.ndarray
    """bool (H, W), inside the outline."""
    parameters: LesionParameters


def draw_lesion(
    parameters: LesionParameters = NEVUS_LIKE, height: int = 450, width: int = 600, seed: int = 0
) -> SyntheticLesion:
    """Return a drawing; the same parameters, size and seed give the same pixels."""
    rng = np.random.default_rng(seed)
    side = min(height, width)
    inside = _outline(
        parameters, height, width, rng
    )  # signed distance to the outline in radii, above 0 inside
    mask = inside > 0
    skin = _draw_skin(parameters.skin, height, width, rng)
    lesion = _draw_pigment(parameters, inside, rng)
    edge = 0.05 + 0.05 * (1 - parameters.border)
    cover = (1 / (1 + np.exp(-np.clip(inside / edge * 4, -30, 30))))[..., None]
    picture: np.ndarray = skin * (1 - cover) + lesion * cover
    for _ in range(parameters.hairs):
        draw_hair(picture, rng)
    picture = cv2.GaussianBlur(picture, (0, 0), side / 600)
    picture = picture + rng.normal(0, 2.0, picture.shape)
    return SyntheticLesion(np.clip(np.rint(picture), 0, 255).astype(np.uint8), mask, parameters)


def draw_edge_chart(height: int = 450, width: int = 600) -> np.ndarray:
    """Return black and white stripes that grow finer from left to right, uint8 (height, width, 3): no lesion.

    It has edges and no lesion, so that a map of it shows how a method responds to edges alone.
    """
    x = np.linspace(0, 1, width)
    stripes = np.where(np.sin(2 * np.pi * (4 * x + 12 * x**2)) > 0, 225, 30).astype(np.uint8)
    return np.repeat(np.tile(stripes, (height, 1))[..., None], 3, axis=2)


def _outline(parameters: LesionParameters, height: int, width: int, rng: np.random.Generator) -> np.ndarray:
    """Return 1 - r / R(angle): the outline is where the distance from the centre meets the radius R."""
    radius = parameters.diameter * min(height, width) / 2
    y, x = np.mgrid[:height, :width].astype(np.float32)
    turn = rng.uniform(0, 2 * np.pi)
    dx, dy = x - (width - 1) / 2, y - (height - 1) / 2
    angle = np.arctan2(dy, dx) + turn
    lopsided = parameters.asymmetry * _FULL_ASYMMETRY
    shape: np.ndarray = (
        1 + 0.06 * np.cos(2 * angle) + lopsided * (0.7 * np.cos(angle) + 0.5 * np.sin(3 * angle))
    )
    for harmonic in _HARMONICS:
        strength = parameters.border * _FULL_IRREGULARITY * rng.uniform(0.3, 1) * (5 / harmonic) ** 0.5
        shape = shape + strength * np.cos(harmonic * angle + rng.uniform(0, 2 * np.pi)) * 0.6
    shape = np.maximum(shape, 0.25)
    # Bring the area to that of the circle: the area is the mean of R^2 over the angles, here over pixels
    # near R.
    ring = np.abs(np.hypot(dx, dy) - radius) < radius / 3
    return 1 - np.hypot(dx, dy) / (radius * shape / np.sqrt(np.mean(shape[ring] ** 2)))


def _noise(height: int, width: int, scale: float, rng: np.random.Generator) -> np.ndarray:
    """Return a smooth random field (height, width), mean 0, deviation 1; `scale` is its grain in pixels."""
    small = rng.normal(size=(max(4, int(height / scale) + 3), max(4, int(width / scale) + 3))).astype(
        np.float32
    )
    field = cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC)
    return (field - field.mean()) / (field.std() + 1e-6)


def _draw_skin(tone: float, height: int, width: int, rng: np.random.Generator) -> np.ndarray:
    side = min(height, width)
    colour = _PALE * (1 - tone) + _DARK * tone
    texture: np.ndarray = 3 * _noise(height, width, side / 8, rng) + 2.5 * _noise(
        height, width, side / 45, rng
    )
    texture = texture + 2 * _noise(height, width, side / 150, rng)
    y, x = np.mgrid[:height, :width].astype(np.float32)
    light = 1.04 - 0.16 * (((x / width - 0.46) ** 2 + (y / height - 0.45) ** 2) / 0.5)
    redness = _noise(height, width, side / 5, rng)[..., None] * np.array([2.0, -2.0, -1.5])
    return (colour + texture[..., None] + redness) * light[..., None]


def _draw_pigment(parameters: LesionParameters, inside: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    height, width = inside.shape
    side = min(height, width)
    palette = np.array(list(COLOURS.values())[: parameters.colours], dtype=np.float64)
    # Each colour has a smooth field, mixed by softmax; light brown prefers the rim, dark brown the middle.
    fields = np.stack([_noise(height, width, side / 6, rng) for _ in palette], axis=-1) * 0.9
    depth = np.clip(inside, 0, 1)
    fields[..., 0] += 0.9 - 1.4 * depth
    if len(palette) > 1:
        fields[..., 1] += 1.4 * depth
    fields[..., 2:] -= 0.35  # lesions are mostly brown, with patches of the other colours
    weight = np.exp(2.4 * (fields - fields.max(axis=-1, keepdims=True)))
    pigment = (weight / weight.sum(axis=-1, keepdims=True)) @ palette
    pigment += 5 * _noise(height, width, side / 60, rng)[..., None]
    mesh = np.abs(_noise(height, width, side / 42, rng))
    lines = np.exp(-((mesh / 0.28) ** 2)) * parameters.network * np.clip(1.1 - depth, 0, 1)
    return pigment * (1 - 0.38 * lines[..., None])
