"""Measures a heatmap of any method, and describes the results: joins `explain` and `measures`."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from melanoma.controls import Setting
from melanoma.explain.base import ExplanationRequest, Method, explain_pixels
from melanoma.explain.registry import METHODS
from melanoma.measures.base import MapCase, Measure, Probabilities
from melanoma.measures.interpretation import Verdict, sentences, verdict
from melanoma.measures.randomisation import randomised
from melanoma.measures.registry import MEASURES, measures_of
from melanoma.model.alert_wording import within_sentence
from melanoma.model.classifier import Classifier, CompiledNetwork
from melanoma.model.keras_task import keras_task
from melanoma.model.prediction import Prediction
from melanoma.pause_points import in_steps
from melanoma.phrases import Say, english

_BATCH = 16
_RANDOM_MAPS = 3  # whose mean is the baseline
_AGAINST_CHANCE = ("deletion", "insertion", "deletion-to-skin")
_MAP_COSTS = {"free": 1, "one pass": 8, "many passes": 120}
"""How many passes by LiteRT take as long as a map, by the method's cost."""


@dataclass(frozen=True)
class MeasuredMap:
    """The measures of one heatmap."""

    figures: dict[str, float]
    """By the measure's name; NaN if it is not defined for the map."""
    by_chance: dict[str, float]
    """The advantage over random maps by the measure's name; above 0 is better."""
    sentences: tuple[str, ...]
    verdict: Verdict

    def as_json(self) -> dict[str, Any]:
        """Return the figures with their meaning; undefined ones are null."""
        measures = {
            name: {
                "title": MEASURES[name].title,
                "value": None if np.isnan(value) else value,
                "better": MEASURES[name].better,
                "meaning": MEASURES[name].meaning,
            }
            | ({"better_than_random_by": self.by_chance[name]} if name in self.by_chance else {})
            for name, value in self.figures.items()
        }
        return {"verdict": self.verdict, "measures": measures, "sentences": list(self.sentences)}

    def as_text(self) -> str:
        """Return the verdict, the sentences and one line a figure."""
        lines = [f"The map {self.verdict}.", *self.sentences]
        for name, value in self.figures.items():
            measure = MEASURES[name]
            shown = "no answer" if np.isnan(value) else f"{value:.3f}"
            chance = f"; better than random by {self.by_chance[name]:+.3f}" if name in self.by_chance else ""
            lines.append(f"  {measure.title}: {shown} ({measure.better} is better{chance})")
        return "\n".join(lines)


def measure_map(
    classifier: Classifier,
    method: Method,
    request: ExplanationRequest,
    code: str,
    heatmap: np.ndarray,
    mask: np.ndarray | None = None,
    say: Say = english,
    before: Callable[[Measure], None] | None = None,
) -> MeasuredMap:
    """Return the figures of a heatmap (h, w) of one diagnosis, the `method`'s answer to the request.

    `mask` is the lesion's outline in the network's input, bool (S, S); without one, measures that need it
    are left out. `say` translates the sentences, `before` is called with each measure before it is computed.
    Takes as long as some 400 predictions and 5 computations of the map, with pause points between.
    """
    case = MapCase(
        probabilities=probabilities_of(classifier),
        pixels=request.pixels,
        heatmap=heatmap,
        index=request.prediction.index(code),
        mask=mask,
        explain=explain_pixels(method, request, code),
        explain_randomised=lambda: map_of_randomised(
            request.network, method, request.prediction, dict(request.settings), code
        ),
    )
    figures, by_chance, random = {}, {}, random_maps(request, code)
    steps = [(measure, False) for measure in measures_of(case)]
    steps += [(measure, True) for measure, _ in steps if measure.name in _AGAINST_CHANCE]
    costs = [
        measure.cost(_MAP_COSTS[method.cost]) * (len(random) if chance else 1) for measure, chance in steps
    ]
    for measure, chance in in_steps(steps, costs):
        if before is not None:
            before(measure)
        if chance:
            by_chance[measure.name] = measure.advantage(case, random)
        else:
            figures[measure.name] = measure.value(case)
    # Maps for comparison, of random spots and edges, show no evidence: where they lie is not described.
    described = {
        name: figures[name] for name in figures if not method.for_comparison or name == "randomisation"
    }
    lines = sentences(case, described, within_sentence(code, say), by_chance, say)
    return MeasuredMap(figures, by_chance, tuple(lines), verdict(case, described, by_chance))


@keras_task
def map_of_randomised(
    network: CompiledNetwork, method: Method, prediction: Prediction, settings: dict[str, Setting], code: str
) -> np.ndarray:
    """Return the heatmap (h, w) of one diagnosis, of the network after all its weights are shuffled.

    That network is made once and kept with the other: compiling it takes seconds.
    """
    other = network.built_once("randomised", lambda: CompiledNetwork(randomised(network.network)))
    request = ExplanationRequest(other, prediction, settings, (code,))
    return explain_pixels(method, request, code)(request.pixels)


def random_maps(request: ExplanationRequest, code: str) -> list[np.ndarray]:
    """Return random maps (h, w) as a baseline, for the photo of a request."""
    return [
        METHODS["random"].explain(replace(request, settings={"draw": draw}).only(code))[..., 0]
        for draw in range(1, _RANDOM_MAPS + 1)
    ]


def probabilities_of(classifier: Classifier) -> Probabilities:
    """Return the classifier as a function of pixels, uint8 (n, S, S, 3) -> float64 (n, classes)."""
    calibration = classifier.bundle.calibration

    def probabilities(pixels: np.ndarray) -> np.ndarray:
        return calibration.probabilities(classifier.compiled.logits(pixels, _BATCH))

    return probabilities
