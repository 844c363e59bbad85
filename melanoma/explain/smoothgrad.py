"""SmoothGrad: the gradient of a logit by pixel, averaged over noisy copies; gradients by tf-keras-vis."""

import zlib

import numpy as np
from tf_keras_vis.saliency import Saliency
from tf_keras_vis.utils.scores import CategoricalScore

from melanoma.controls import Control, Range
from melanoma.explain.base import ExplanationRequest, Method
from melanoma.explain.float_input import float_twin
from melanoma.model.classifier import CompiledNetwork

_BATCH = 2  # copies at once: the backward pass keeps all activations, which four made 700 MB at 224 px


class SmoothGrad(Method):
    """The magnitude of the mean gradient over noisy copies of the photo, the largest of its three colours."""

    name = "smoothgrad"
    title = "SmoothGrad"
    summary = "Which single pixels would change the score most if their colour changed a little."
    paper = "Smilkov et al. 2017, SmoothGrad, arXiv:1706.03825"
    unit = "Change of the logit by one grey level"
    signed = False
    cost = "many passes"
    each_diagnosis_costs = True

    def controls(self, network: CompiledNetwork, codes: tuple[str, ...]) -> tuple[Control, ...]:
        """Offer the number of noisy copies and the noise."""
        return (
            Range("copies", "Noisy copies", 1, 64, 24, 1),
            Range("noise", "Noise, share of the photo's contrast", 0, 0.5, 0.15, 0.05),
        )

    def maps(self, request: ExplanationRequest) -> np.ndarray:
        """Return the maps at the input's full resolution; the noise is the same for the same photo."""
        pixels, settings = request.pixels.astype(np.float32), request.settings
        rng = np.random.default_rng(zlib.crc32(request.pixels.tobytes()))
        deviation = float(settings["noise"]) * np.ptp(pixels)
        shape = (int(settings["copies"]), *pixels.shape)
        noisy = pixels + deviation * rng.standard_normal(shape, dtype=np.float32)
        saliency = Saliency(float_twin(request.network))
        return np.stack(
            [np.abs(_gradient(saliency, noisy, index)).max(axis=-1) for index in request.indices], axis=-1
        )


def _gradient(saliency: Saliency, copies: np.ndarray, index: int) -> np.ndarray:
    """Return the mean gradient (S, S, 3) of one logit over copies (n, S, S, 3)."""
    total = np.zeros(copies.shape[1:], np.float64)
    for start in range(0, len(copies), _BATCH):
        batch = copies[start : start + _BATCH]
        score = CategoricalScore([index] * len(batch))
        gradients = saliency(score, batch, gradient_modifier=None, keepdims=True, normalize_map=False)
        total += np.asarray(gradients).sum(axis=0)
    return total / len(copies)
