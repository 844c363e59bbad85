"""Replaces the surroundings of a lesion: blurred, plain, or another photo's skin.

A heatmap can lie wholly inside the lesion although the prediction depends on the surroundings, through the
receptive fields. So other surroundings are used in training, as a consistency loss, and in evaluation, to
measure how often the prediction changes.
"""

import cv2
import numpy as np

SOFTNESS = 0.02
"""Of the image's side: standard deviation of the blending, so that the replacement leaves no hard edge."""
_COARSE = 32
"""Side of the picture in which the skin under a lesion is estimated, pixels: its colour, not its texture."""


def blurred(image: np.ndarray, inside: np.ndarray) -> np.ndarray:
    """Return surroundings of the image's own colours without detail, uint8 (H, W, 3).

    The lesion is painted out first, then blurred by a Gaussian with 0.08 of the side.
    """
    small = cv2.resize(painted_out(image, inside), (64, 64), interpolation=cv2.INTER_AREA)
    return cv2.resize(cv2.GaussianBlur(small, (0, 0), 5.0), image.shape[1::-1], interpolation=cv2.INTER_CUBIC)


def plain(image: np.ndarray, inside: np.ndarray) -> np.ndarray:
    """Return surroundings of one colour, the mean of the image outside `inside`, uint8 (H, W, 3)."""
    outside = inside < 0.5
    colour = image[outside].mean(axis=0) if outside.any() else image.mean(axis=(0, 1))
    return np.broadcast_to(np.rint(colour).astype(np.uint8), image.shape).copy()


def painted_out(image: np.ndarray, inside: np.ndarray) -> np.ndarray:
    """Return the image with the region `inside`, float (H, W) 0..1, filled with the colours around it.

    Colours are a weighted mean of the pixels outside, nearest first (normalised convolution: Knutsson and
    Westin 1993). If `inside` covers the whole image, it gets its own mean colour.
    """
    side = (_COARSE, _COARSE)
    weight = cv2.resize((1 - inside).astype(np.float32), side, interpolation=cv2.INTER_AREA)
    weight[weight < 0.5] = 0  # cells that are half lesion would mix its colour into the skin
    colours = cv2.resize(image, side, interpolation=cv2.INTER_AREA).astype(np.float32)
    filled = np.broadcast_to(
        np.average(colours, axis=(0, 1), weights=np.broadcast_to(weight[..., None] + 1e-6, colours.shape)),
        colours.shape,
    ).astype(np.float32)
    for spread in (8.0, 4.0, 2.0):  # from far to near, so that near colours replace far ones
        total = cv2.GaussianBlur(weight, (0, 0), spread)[..., None]
        near = cv2.GaussianBlur(colours * weight[..., None], (0, 0), spread) / np.maximum(total, 1e-6)
        trust = np.clip(total / 0.05, 0, 1)
        filled = filled * (1 - trust) + near * trust
    coarse = np.clip(np.rint(filled), 0, 255).astype(np.uint8)
    skin = cv2.resize(coarse, image.shape[1::-1], interpolation=cv2.INTER_CUBIC)
    return compose(skin, image, inside)


def compose(image: np.ndarray, surroundings: np.ndarray, inside: np.ndarray) -> np.ndarray:
    """Return `image` where `inside`, float (H, W), is 1 and `surroundings` where it is 0, blended softly.

    The transition lies outside the outline, so the lesion's own pixels stay unchanged.
    """
    share = soften(inside)
    return cv2.blendLinear(image, surroundings, share, 1 - share)


def soften(inside: np.ndarray) -> np.ndarray:
    """Return the region with a soft rim: 1 inside, falling to 0 within a few hundredths of the side."""
    inside = np.asarray(inside, dtype=np.float32)
    return np.maximum(inside, cv2.GaussianBlur(inside, (0, 0), SOFTNESS * inside.shape[0]))
