"""SmoothGrad: the log-odds' gradient by pixel, averaged over noisy copies; gradients by tf-keras-vis."""

import zlib

import numpy as np

from melanoma.batches import sliced
from melanoma.controls import Control, Range
from melanoma.explain.base import ExplanationRequest, Method
from melanoma.model.classifier import CompiledNetwork
from melanoma.pause_points import in_steps

_BATCH = 1  # copies at once: the backward pass keeps all activations


class SmoothGrad(Method):
    """The magnitude of the mean gradient over noisy copies of the photo, the largest of its three colours."""

    name = "smoothgrad"
    title = "SmoothGrad"
    summary = "Which single pixels would change the log-odds most if their colour changed a little."
    paper = "Smilkov et al. 2017, SmoothGrad, arXiv:1706.03825"
    unit = "Change of the log-odds by one grey level"
    signed = False
    cost = "many passes"
    each_diagnosis_costs = True

    def controls(self, network: CompiledNetwork, codes: tuple[str, ...]) -> tuple[Control, ...]:
        """Offer the number of noisy copies and the noise."""
        return (
            Range("copies", "Noisy copies", 1, 64, 24, 1),
            Range("noise", "Noise, share of the photo's contrast", 0, 0.5, 0.15, 0.05),
        )

    def needs_keras(self, request: ExplanationRequest) -> bool:
        """Return True."""
        return True

    def maps(self, request: ExplanationRequest) -> np.ndarray:
        """Return the maps at the input's full resolution; the noise is the same for the same photo."""
        from tf_keras_vis.saliency import Saliency

        from melanoma.explain.float_input import float_twin
        from melanoma.explain.target import log_odds_target

        pixels, settings = request.pixels.astype(np.float32), request.settings
        rng = np.random.default_rng(zlib.crc32(request.pixels.tobytes()))
        deviation = float(settings["noise"]) * np.ptp(pixels)
        shape = (int(settings["copies"]), *pixels.shape)
        noisy = pixels + deviation * rng.standard_normal(shape, dtype=np.float32)
        saliency, calibration = Saliency(float_twin(request.network)), request.prediction.calibration

        def gradient(index: int) -> np.ndarray:
            """Return the mean gradient (S, S, 3) of the log-odds of one diagnosis."""
            total = np.zeros(pixels.shape, np.float64)
            for batch in in_steps(list(sliced(noisy, _BATCH))):
                target = log_odds_target(calibration, [index] * len(batch))
                found = saliency(target, batch, gradient_modifier=None, keepdims=True, normalize_map=False)
                total += np.asarray(found).sum(axis=0)
            return total / len(noisy)

        return np.stack(
            [np.abs(gradient(index)).max(axis=-1) for index in in_steps(request.indices)], axis=-1
        )
