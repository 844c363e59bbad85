"""Does the map depend on what the network learnt? All its weights are shuffled."""

from typing import TYPE_CHECKING

import numpy as np

from melanoma.measures.base import MapCase, Measure, rank_correlation

if TYPE_CHECKING:
    import keras


def randomised(network: "keras.Model", seed: int = 0) -> "keras.Model":
    """Return a clone with the weights of all layers from the head to the lowest convolution shuffled.

    Weights are shuffled within a layer rather than drawn anew, so that signals keep their size through many
    layers and a map does not vanish for that reason alone. `network` is left as it is.
    """
    import keras

    clone = keras.models.clone_model(network)
    clone.set_weights(network.get_weights())
    rng = np.random.default_rng(seed)
    lowest = next(place for place, layer in enumerate(clone.layers) if _has_kernel(layer))
    for layer in reversed(clone.layers[lowest:]):
        layer.set_weights(_shuffled(layer, rng))
    return clone


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
    needs = ("explain_randomised",)
    maps = 1

    def value(self, case: MapCase) -> float:
        """Return the rank correlation, -1..1."""
        assert case.explain_randomised is not None
        return rank_correlation(case.heatmap, case.explain_randomised())


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
