"""Integrated Gradients: what each pixel adds to the log-odds on the way from a plain picture to the photo."""

import numpy as np

from melanoma.batches import sliced
from melanoma.controls import Choice, Control, Range
from melanoma.diagnoses import diagnosis_of
from melanoma.explain.base import ExplanationRequest, Method
from melanoma.explain.occlusion import BLURRED, MEAN, patch_cover
from melanoma.model.classifier import CompiledNetwork
from melanoma.pause_points import in_steps
from melanoma.phrases import Say, english

BLACK = "black"
_BATCH = 2  # steps at once: the backward pass keeps all activations of each
_BLUR = 0.5  # of the side: the standard deviation is half of it, so that no form is left


class IntegratedGradients(Method):
    """Difference from the baseline times the gradient, averaged along the straight way, summed over colours.

    Complete: the pixels add up to log-odds of the photo less those of the baseline, but for the steps being
    finite, see `completeness_gap`.
    """

    name = "integrated-gradients"
    title = "Integrated Gradients"
    summary = "What each pixel adds to the log-odds while a plain picture turns into the photo, step by step."
    paper = "Sundararajan et al. 2017, Axiomatic attribution for deep networks, arXiv:1703.01365"
    unit = "Logit units in each pixel"
    signed = True
    cost = "many passes"
    each_diagnosis_costs = True

    def controls(self, network: CompiledNetwork, codes: tuple[str, ...]) -> tuple[Control, ...]:
        """Offer what the way begins with, and its steps."""
        return (
            Choice("baseline", "Begins with", (MEAN, BLURRED, BLACK), MEAN),
            Range("steps", "Steps", 8, 128, 32, 8),
        )

    def needs_keras(self, request: ExplanationRequest) -> bool:
        """Return True."""
        return True

    def maps(self, request: ExplanationRequest) -> np.ndarray:
        """Return the maps at the input's full resolution (midpoint rule)."""
        import tensorflow as tf

        from melanoma.explain.float_input import float_twin
        from melanoma.explain.target import log_odds_target

        pixels = request.pixels.astype(np.float32)
        start = _baseline(request).astype(np.float32)
        steps, twin = int(request.settings["steps"]), float_twin(request.network)
        shares = (np.arange(steps, dtype=np.float32) + 0.5) / steps

        def mean_gradient(index: int) -> np.ndarray:
            total = np.zeros(pixels.shape, np.float64)
            for some in in_steps(list(sliced(shares, _BATCH))):
                way = tf.constant(start + some[:, None, None, None] * (pixels - start))
                target = log_odds_target(request.prediction.calibration, [index] * len(some))
                with tf.GradientTape(watch_accessed_variables=False) as tape:  # of the pixels alone
                    tape.watch(way)
                    log_odds = target(twin(way))
                total += tape.gradient(log_odds, way).numpy().sum(axis=0)
            return total / steps

        return np.stack(
            [((pixels - start) * mean_gradient(index)).sum(axis=-1) for index in in_steps(request.indices)],
            axis=-1,
        )

    def sum_in_words(
        self, request: ExplanationRequest, code: str, heatmap: np.ndarray, say: Say = english
    ) -> str | None:
        """Return what the pixels add up to, and what they should."""
        return say(
            "{name}: its pixels add up to {total:+.2f}; from the plain picture to the photo the log-odds "
            "change by {change:+.2f}. The difference comes from the finite number of steps.",
            name=say(diagnosis_of(code).name),
            total=float(heatmap.sum(dtype=np.float64)),
            change=_change(request, code),
        )


def completeness_gap(request: ExplanationRequest, code: str, heatmap: np.ndarray) -> float:
    """Return the sum of a map (h, w) less what it should be, logit units: 0 for infinitely many steps."""
    return float(heatmap.sum(dtype=np.float64)) - _change(request, code)


def _change(request: ExplanationRequest, code: str) -> float:
    """Return the log-odds of the photo less those of the baseline."""
    prediction, start = request.prediction, _baseline(request)
    before = prediction.calibration.log_odds(request.network.run(start[None]).logits[0])
    index = prediction.index(code)
    return float(prediction.log_odds[index] - before[index])


def _baseline(request: ExplanationRequest) -> np.ndarray:
    """Return what the way begins with, uint8 (S, S, 3)."""
    kind = str(request.settings.get("baseline", MEAN))
    if kind == BLACK:
        return np.zeros_like(request.pixels)
    return np.ascontiguousarray(patch_cover(request.pixels, _BLUR, kind))
