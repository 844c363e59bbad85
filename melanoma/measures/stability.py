"""Whether a map stays the same when the photo hardly changes."""

from collections.abc import Callable

import numpy as np

from melanoma.measures.base import MapCase, Measure, rank_correlation
from melanoma.pause_points import in_steps

NOISE = 3.0  # grey levels, standard deviation: as much as a camera's sensor adds, and hardly visible
REPEATS = 4


def similarities_under_noise(
    explain: Callable[[np.ndarray], np.ndarray],
    pixels: np.ndarray,
    heatmap: np.ndarray,
    noise: float = NOISE,
    repeats: int = REPEATS,
) -> np.ndarray:
    """Return the rank correlation of `heatmap` with the map of each of several noisy copies, (repeats,)."""
    rng = np.random.default_rng(0)
    found = []
    for _ in in_steps(range(repeats)):
        noisy = np.clip(np.rint(pixels + rng.normal(0, noise, pixels.shape)), 0, 255).astype(np.uint8)
        found.append(rank_correlation(heatmap, explain(noisy)))
    return np.array(found)


class Stability(Measure):
    """Mean similarity of the map with those of slightly noisy copies."""

    name = "stability"
    title = "Stability"
    meaning = (
        "Rank correlation of the map with those of copies of the photo with a little noise, -1 to 1; "
        "1 is the same map, 0 another one."
    )
    better = "higher"
    paper = "Alvarez-Melis and Jaakkola 2018, On the robustness of interpretability methods, arXiv:1806.08049"
    needs = ("explain",)
    maps = REPEATS

    def value(self, case: MapCase) -> float:
        """Return the mean rank correlation, -1..1."""
        assert case.explain is not None
        return float(similarities_under_noise(case.explain, case.pixels, case.heatmap).mean())
