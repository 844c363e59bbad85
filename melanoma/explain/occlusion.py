"""Occlusion sensitivity: cover a patch, see how far the log-odds fall. Needs no gradient."""

import cv2
import numpy as np

from melanoma.controls import Choice, Control, Range
from melanoma.explain.base import ExplanationRequest, Method
from melanoma.model.classifier import CompiledNetwork

_BATCH = 16  # copies at once; larger batches take more memory and no less time
BLURRED, MEAN = "blurred photo", "mean colour"


class Occlusion(Method):
    """How far the log-odds fall when a patch is covered; negative where covering makes them rise."""

    name = "occlusion"
    title = "Occlusion"
    summary = "Covers one patch after another and notes how far this diagnosis falls without it."
    paper = "Zeiler and Fergus 2014, Visualizing and understanding convolutional networks, arXiv:1311.2901"
    unit = "Fall of the log-odds when covered"
    signed = True
    cost = "many passes"

    def controls(self, network: CompiledNetwork, codes: tuple[str, ...]) -> tuple[Control, ...]:
        """Offer the patch's size and what covers it."""
        return (
            Range("patch", "Patch, share of the side", 0.1, 0.5, 0.2, 0.05),
            Choice("cover", "Covered by", (BLURRED, MEAN), BLURRED),
        )

    def maps(self, request: ExplanationRequest) -> np.ndarray:
        """Return the falls on a grid with two cells to a patch, for all diagnoses in the same passes."""
        pixels, patch = request.pixels, float(request.settings["patch"])
        cells = round(2 / patch)
        cover = patch_cover(pixels, patch, str(request.settings["cover"]))
        covered = occluded(pixels, cover, cells, patch)
        prediction = request.prediction
        after = prediction.calibration.log_odds(request.network.logits(covered, _BATCH))
        falls = prediction.log_odds - after
        return falls.reshape(cells, cells, -1)[..., request.indices]


def patch_cover(pixels: np.ndarray, patch: float, kind: str) -> np.ndarray:
    """Return what a patch shows instead, uint8 (S, S, 3): the photo blurred by half a patch, or its mean."""
    if kind == MEAN:
        mean = np.rint(pixels.mean(axis=(0, 1))).astype(np.uint8)
        return np.broadcast_to(mean, pixels.shape)
    return cv2.GaussianBlur(pixels, (0, 0), patch * pixels.shape[0] / 2)


def occluded(pixels: np.ndarray, cover: np.ndarray, cells: int, patch: float) -> np.ndarray:
    """Return copies of the photo, uint8 (cells * cells, S, S, 3), row by row.

    The image is a grid of `cells` by `cells`; in each copy a square of the share `patch` of the side, centred
    on one cell and cut at the image's edge, shows `cover`.
    """
    side = pixels.shape[0]
    centres = (np.arange(cells) + 0.5) * side / cells
    starts = np.clip(np.rint(centres - patch * side / 2), 0, side).astype(int)
    ends = np.clip(np.rint(centres + patch * side / 2), 0, side).astype(int)
    copies = np.repeat(pixels[None], cells * cells, axis=0)
    for number in range(cells * cells):
        row, column = divmod(number, cells)
        window = (slice(starts[row], ends[row]), slice(starts[column], ends[column]))
        copies[number][window] = cover[window]
    return copies
