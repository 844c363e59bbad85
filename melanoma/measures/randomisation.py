"""Does the map depend on what the network learnt? Its weights are shuffled from the top layer down."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from melanoma.measures.base import MapCase, Measure, rank_correlation

if TYPE_CHECKING:
    import keras

STEPS = 5


@dataclass(frozen=True)
class Cascade:
    """How similar the map stays while more and more layers are shuffled."""

    layers: tuple[str, ...]
    """The lowest layer shuffled at each step; the last step has shuffled all."""
    similarities: np.ndarray
    """float64 (steps,), rank correlation with the map of the network as it is."""


def randomised(
    network: "keras.Model", steps: int = STEPS, seed: int = 0
) -> "Iterator[tuple[str, keras.Model]]":
    """Yield at each step the lowest layer shuffled and a clone with all layers from the head to it shuffled.

    The first step shuffles the head, the last one everything, the others lie evenly between. Weights are
    shuffled within a layer rather than drawn anew, so that signals keep their size through many layers and a
    map does not vanish for that reason alone. `network` is left as it is.
    """
    import keras

    kernels = [layer.name for layer in reversed(network.layers) if _has_kernel(layer)]
    depths = np.unique(np.rint(np.linspace(1, len(kernels), min(steps, len(kernels)))).astype(int))
    names = [layer.name for layer in network.layers]
    for depth in depths:
        lowest = kernels[depth - 1]
        clone = keras.models.clone_model(network)
        clone.set_weights(network.get_weights())
        rng = np.random.default_rng(seed)
        for layer in reversed(clone.layers[names.index(lowest) :]):
            layer.set_weights(_shuffled(layer, rng))
        yield lowest, clone


def cascade(
    network: "keras.Model",
    explain_network: "Callable[[keras.Model], np.ndarray]",
    heatmap: np.ndarray,
    steps: int = STEPS,
    seed: int = 0,
) -> Cascade:
    """Return the similarity of `heatmap` with `explain_network(clone)` at each step of `randomised`."""
    layers, similarities = [], []
    for layer, clone in randomised(network, steps, seed):
        layers.append(layer)
        similarities.append(rank_correlation(heatmap, explain_network(clone)))
    return Cascade(tuple(layers), np.array(similarities))


class Randomisation(Measure):
    """Similarity of the map with that of a network whose weights are all shuffled."""

    name = "randomisation"
    title = "Sanity under randomisation"
    meaning = (
        "Rank correlation of the map with that of the network after all its weights are shuffled, -1 to 1; "
        "near 1 the map does not depend on what the network learnt."
    )
    better = "lower"
    paper = "Adebayo et al. 2018, Sanity checks for saliency maps, arXiv:1810.03292"
    needs = ("network", "explain_network")

    def value(self, case: MapCase) -> float:
        """Return the rank correlation at the last step, -1..1."""
        assert case.explain_network is not None
        return float(cascade(case.network, case.explain_network, case.heatmap).similarities[-1])


def _has_kernel(layer: "keras.layers.Layer") -> bool:
    return any(weight.ndim > 1 for weight in layer.get_weights())


def _shuffled(layer: "keras.layers.Layer", rng: np.random.Generator) -> list[np.ndarray]:
    import keras

    weights = layer.get_weights()
    if isinstance(layer, keras.layers.BatchNormalization):
        # One order for scale, shift, mean and variance: a channel's scale fits its variance.
        order = rng.permutation(weights[0].size)
        return [weight[order] for weight in weights]
    return [rng.permutation(weight.ravel()).reshape(weight.shape) for weight in weights]
