"""Draws artefacts of dermoscopic photos: rulers, ink, stickers, hair, gel, dark corners, frames, casts."""

from collections.abc import Callable

import cv2
import numpy as np

Artefact = Callable[[np.ndarray, np.random.Generator], np.ndarray]
"""uint8 RGB (H, W, 3) and a generator -> a changed copy."""

_YELLOWISH = (1.0, 0.93, 0.84)
"""Gains of red, green and blue."""
_LAMP_VARIES = 0.01  # standard deviation of the gains among one clinic's photos


def ruler(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Draw a dark scale with ticks along one side of the image."""
    drawn = image.copy()
    side = min(image.shape[:2])
    thickness = max(1, round(side / 150))
    step = side * rng.uniform(0.03, 0.06)
    shade = float(rng.uniform(0, 60))
    edge = rng.uniform(0.84, 0.97) * side
    turn, middle = (
        rng.uniform(-0.1, 0.1) + rng.integers(4) * np.pi / 2,
        (np.array(image.shape[1::-1]) - 1) / 2,
    )
    along = np.array([np.cos(turn), np.sin(turn)])
    across = np.array([-along[1], along[0]])
    base = middle + across * (edge - side / 2)
    for number in range(-40, 41):
        length = side * (0.05 if number % 5 == 0 else 0.025)
        start = base + along * number * step
        _line(drawn, start, start + across * length, (shade,) * 3, thickness)
    _line(drawn, base - along * 40 * step, base + along * 40 * step, (shade,) * 3, thickness)
    return drawn


def ink(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Draw a stroke of a skin marker, violet or blue, near the rim."""
    drawn = image.copy()
    side = min(image.shape[:2])
    angle = rng.uniform(0, 2 * np.pi) + np.linspace(0, rng.uniform(0.3, 1.2), 24)
    radius = rng.uniform(0.36, 0.5) * side
    middle = (np.array(image.shape[1::-1]) - 1) / 2
    curve = middle + radius * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    colour = rng.uniform((70, 40, 120), (110, 80, 190))
    cv2.polylines(
        drawn,
        [np.rint(curve * 8).astype(np.int32)],
        False,
        colour.tolist(),
        _width(side, rng),
        cv2.LINE_AA,
        3,
    )
    return _mix(image, drawn, rng.uniform(0.5, 0.9))


def sticker(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Draw part of a round coloured sticker, as some clinics put beside the lesion."""
    drawn = image.copy()
    side = min(image.shape[:2])
    angle = rng.uniform(0, 2 * np.pi)
    middle = np.array(image.shape[1::-1]) / 2 + rng.uniform(0.48, 0.62) * side * np.array(
        [np.cos(angle), np.sin(angle)]
    )
    colour = rng.uniform(30, 235, 3)
    radius = rng.uniform(0.1, 0.22) * side
    cv2.circle(drawn, np.rint(middle).astype(int).tolist(), round(radius), colour.tolist(), -1, cv2.LINE_AA)
    return _mix(image, drawn, rng.uniform(0.7, 1.0))


def hair(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Draw four to fourteen dark hairs across the image."""
    return hairs(image, rng, int(rng.integers(4, 15)))


def hairs(image: np.ndarray, rng: np.random.Generator, count: int) -> np.ndarray:
    """Draw so many dark hairs across the image."""
    drawn = image.copy()
    for _ in range(count):
        draw_hair(drawn, rng)
    return drawn


def dark_corners(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Darken the corners that the round tube of a dermatoscope hides."""
    height, width = image.shape[:2]
    side = min(height, width)
    y, x = np.mgrid[:height, :width].astype(np.float32)
    centre = np.array([(width - 1) / 2, (height - 1) / 2]) + rng.normal(0, 0.02 * side, 2)
    away = np.hypot(x - np.float32(centre[0]), y - np.float32(centre[1]))
    light = np.clip(0.5 - (away - rng.uniform(0.5, 0.6) * side) / (0.06 * side), 0, 1)
    return cv2.blendLinear(image, np.zeros_like(image), light, 1 - light)


def gel(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Draw bubbles in the contact gel: pale rings, and the light's reflection in some."""
    drawn = image.copy()
    side = min(image.shape[:2])
    for _ in range(int(rng.integers(3, 16))):
        centre = np.rint(rng.uniform(0, 1, 2) * image.shape[1::-1] * 8).astype(int).tolist()
        radius = side * np.exp(rng.uniform(np.log(0.008), np.log(0.05)))
        shade = float(rng.uniform(170, 255))
        cv2.circle(drawn, centre, round(radius * 8), (shade,) * 3, 1, cv2.LINE_AA, 3)
        if rng.random() < 0.5:
            cv2.circle(drawn, centre, round(radius * 3), (255.0,) * 3, -1, cv2.LINE_AA, 3)
    return _mix(image, drawn, rng.uniform(0.4, 0.9))


def round_frame(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Blacken everything outside the circle that a dermatoscope with a narrow tube shows."""
    height, width = image.shape[:2]
    side = min(height, width)
    seen = np.zeros((height, width), np.uint8)
    centre = (np.array([width - 1, height - 1]) / 2 + rng.normal(0, 0.02 * side, 2)) * 8
    radius = rng.uniform(0.42, 0.52) * side
    cv2.circle(seen, np.rint(centre).astype(int).tolist(), round(radius * 8), 255, -1, cv2.LINE_AA, 3)
    share = seen.astype(np.float32) / 255
    black = np.full_like(image, int(rng.integers(0, 16)))
    return cv2.blendLinear(image, black, share, 1 - share)


def colour_cast(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Give the whole picture the yellowish cast of one clinic's lamp, nearly the same in all its photos."""
    gains = np.array(_YELLOWISH) * rng.normal(1, _LAMP_VARIES, 3)
    return np.clip(np.rint(image * gains), 0, 255).astype(np.uint8)


ARTEFACTS: dict[str, Artefact] = {
    "ruler": ruler,
    "ink": ink,
    "sticker": sticker,
    "hair": hair,
    "dark corners": dark_corners,
}

IN_TRAINING: dict[str, Artefact] = {**ARTEFACTS, "gel": gel, "round frame": round_frame}
"""What augmentation draws: all of them, and two that no figure is measured with."""


def draw_hair(picture: np.ndarray, rng: np.random.Generator) -> None:
    """Draw one dark hair, a bent line across the picture, in place."""
    height, width = picture.shape[:2]
    start, end = rng.uniform(-0.1, 1.1, (2, 2)) * (width, height)
    bend = (start + end) / 2 + rng.normal(0, 0.08 * width, 2)
    t = np.linspace(0, 1, 40)[:, None]
    curve = (1 - t) ** 2 * start + 2 * t * (1 - t) * bend + t**2 * end
    thickness = max(1, round(min(height, width) / 300))
    cv2.polylines(
        picture, [np.rint(curve * 8).astype(np.int32)], False, (58.0, 44, 38), thickness, cv2.LINE_AA, 3
    )


def _width(side: int, rng: np.random.Generator) -> int:
    return max(1, round(side * rng.uniform(0.01, 0.03)))


def _line(
    picture: np.ndarray, start: np.ndarray, end: np.ndarray, colour: tuple[float, ...], thickness: int
) -> None:
    first, last = (np.rint(point * 8).astype(int).tolist() for point in (start, end))
    cv2.line(picture, first, last, colour, thickness, cv2.LINE_AA, 3)


def _mix(image: np.ndarray, drawn: np.ndarray, strength: float) -> np.ndarray:
    return cv2.addWeighted(drawn, strength, image, 1 - strength, 0)
