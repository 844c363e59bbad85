"""Two maps that know nothing of the diagnosis: what a method must do better than."""

import zlib

import cv2
import numpy as np
from scipy.special import ndtr

from melanoma.controls import Control, Range
from melanoma.explain.base import ExplanationRequest, Method
from melanoma.model.classifier import CompiledNetwork

_GRAIN = 1.0  # cells: blobs about as broad as those of an evidence map


class RandomMap(Method):
    """Smooth random blobs, the same again for the same photo and diagnosis."""

    name = "random"
    title = "Random blobs (for comparison)"
    summary = "Chance alone: looks like a heatmap and means nothing, so a real map must do better."
    paper = "Petsiuk et al. 2018, RISE, arXiv:1806.07421, for the comparison"
    unit = "Random numbers from 0 to 1"
    signed = False
    cost = "free"
    for_comparison = True

    def controls(self, network: CompiledNetwork, codes: tuple[str, ...]) -> tuple[Control, ...]:
        """Offer another draw."""
        return (Range("draw", "Draw", 1, 100, 1, 1),)

    def maps(self, request: ExplanationRequest) -> np.ndarray:
        """Return maps on the last feature map's grid, each value uniform on 0..1."""
        photo, draw = zlib.crc32(request.pixels.tobytes()), int(request.settings["draw"])
        grid = request.network.grid
        return np.stack([smooth_noise(grid, (photo, index, draw)) for index in request.indices], axis=-1)


class EdgeMap(Method):
    """The strength of the photo's edges."""

    name = "edges"
    title = "Edges (for comparison)"
    summary = "Where the photo's brightness changes, whatever the network thinks: a map like it shows edges."
    paper = "Adebayo et al. 2018, Sanity checks for saliency maps, arXiv:1810.03292, for the comparison"
    unit = "Change of brightness, grey levels a pixel"
    signed = False
    cost = "free"
    for_comparison = True

    def maps(self, request: ExplanationRequest) -> np.ndarray:
        """Return Sobel's gradient magnitude at the input's full resolution, the same for all diagnoses."""
        return np.repeat(edge_strength(request.pixels)[..., None], len(request.codes), axis=-1)


def smooth_noise(shape: tuple[int, int], seed: tuple[int, ...]) -> np.ndarray:
    """Return blobs (h, w), each value uniform on 0..1; the same seed gives the same map."""
    reach = int(4 * _GRAIN)
    noise = np.random.default_rng(seed).standard_normal((shape[0] + 2 * reach, shape[1] + 2 * reach))
    weights = cv2.getGaussianKernel(2 * reach + 1, _GRAIN)
    blurred = cv2.sepFilter2D(noise, -1, weights, weights)[reach:-reach, reach:-reach]
    # The squares of the weights sum to the variance that is left; so what comes out is standard normal again.
    return ndtr(blurred / (weights**2).sum())


def edge_strength(pixels: np.ndarray) -> np.ndarray:
    """Return the slope of the brightness, float32 (S, S), grey levels a pixel (Sobel, divided by 8)."""
    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY).astype(np.float32)
    slopes = [cv2.Sobel(grey, cv2.CV_32F, dx, 1 - dx, scale=1 / 8) for dx in (0, 1)]
    return np.hypot(*slopes)
