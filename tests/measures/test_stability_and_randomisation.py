"""Maps that never change, always change, or change with the head only."""

import keras
import numpy as np
import pytest

from melanoma.measures.base import MapCase, rank_correlation
from melanoma.measures.randomisation import Randomisation, randomised
from melanoma.measures.stability import Stability, similarities_under_noise

PIXELS = np.random.default_rng(1).integers(60, 200, (24, 24, 3)).astype(np.uint8)
BRIGHTNESS = PIXELS.mean(axis=2)


def probabilities(pixels):
    return np.full((len(pixels), 2), 0.5)


def test_rank_correlation_by_hand():
    one = np.array([[1.0, 2.0], [3.0, 40.0]])
    assert rank_correlation(one, one**3) == pytest.approx(1)
    assert rank_correlation(one, -one) == pytest.approx(-1)
    assert rank_correlation(one, np.array([[2.0, 1.0], [3.0, 4.0]])) == pytest.approx(0.8)
    assert rank_correlation(one, np.ones((2, 2))) == 0


def test_equal_values_share_their_mean_rank():
    # Ranks 1.5, 1.5, 3, 4 and 1, 2, 3.5, 3.5: covariance 4, squares 4.5 and 4.5.
    one, other = np.array([[1.0, 1.0], [5.0, 9.0]]), np.array([[0.0, 2.0], [7.0, 7.0]])
    assert rank_correlation(one, other) == pytest.approx(4 / 4.5)


def test_stability_of_maps_that_keep_and_that_lose_everything():
    rng = np.random.default_rng(2)
    steady = MapCase(probabilities, PIXELS, BRIGHTNESS, 0, explain=lambda pixels: BRIGHTNESS)
    assert Stability().value(steady) == pytest.approx(1)
    erratic = MapCase(probabilities, PIXELS, BRIGHTNESS, 0, explain=lambda pixels: rng.normal(size=(24, 24)))
    assert abs(Stability().value(erratic)) < 0.15


def test_the_noise_is_small_the_same_each_time_and_grows_when_asked():
    seen = []

    def look(pixels):
        seen.append(pixels)
        return pixels.mean(axis=2)

    little = similarities_under_noise(look, PIXELS, BRIGHTNESS, noise=2, repeats=3)
    assert len(little) == 3
    spread = [float(np.std(pixels.astype(int) - PIXELS)) for pixels in seen]
    assert spread == pytest.approx([2, 2, 2], abs=0.2)
    assert not np.array_equal(seen[0], seen[1])
    assert similarities_under_noise(look, PIXELS, BRIGHTNESS, noise=2, repeats=3).tolist() == little.tolist()
    much = similarities_under_noise(look, PIXELS, BRIGHTNESS, noise=40, repeats=3)
    assert much.mean() < little.mean() - 0.1


@pytest.fixture(scope="module")
def network():
    keras.utils.set_random_seed(3)
    pixels = keras.Input((24, 24, 3), dtype="uint8")
    x = keras.layers.Rescaling(1 / 255)(pixels)
    for block in range(3):
        x = keras.layers.Conv2D(8, 3, padding="same", use_bias=False, name=f"conv_{block}")(x)
        x = keras.layers.BatchNormalization(name=f"norm_{block}")(x)
        x = keras.layers.ReLU(name=f"relu_{block}")(x)
    x = keras.layers.GlobalAveragePooling2D()(x)
    built = keras.Model(pixels, keras.layers.Dense(4, name="head")(x))
    for block in range(3):
        built.get_layer(f"norm_{block}").set_weights(
            list(np.random.default_rng(block).uniform(0.5, 2, (4, 8)))
        )
    return built


def weights_before_and_after(network, clone):
    """Triples of a layer's name, one of its weights, and what became of it."""
    return [
        (layer.name, before, after)
        for layer, copy in zip(network.layers, clone.layers, strict=True)
        for before, after in zip(layer.get_weights(), copy.get_weights(), strict=True)
    ]


def test_every_layer_with_weights_is_shuffled_and_the_network_stays(network):
    before = [weight.copy() for weight in network.get_weights()]
    clone = randomised(network)
    changed = {
        name
        for name, weight, after in weights_before_and_after(network, clone)
        if not np.array_equal(weight, after)
    }
    assert changed == {"head", *(f"{kind}_{block}" for kind in ("conv", "norm") for block in range(3))}
    assert all(np.array_equal(*pair) for pair in zip(before, network.get_weights(), strict=True))
    again = randomised(network)
    assert all(np.array_equal(*pair) for pair in zip(clone.get_weights(), again.get_weights(), strict=True))


def test_shuffled_weights_are_the_same_numbers_and_a_channel_keeps_its_own(network):
    clone = randomised(network)
    for _, before, after in weights_before_and_after(network, clone):
        assert np.sort(after, axis=None).tolist() == np.sort(before, axis=None).tolist()
    pairs = [
        {tuple(channel) for channel in np.stack(model.get_layer("norm_1").get_weights(), axis=1)}
        for model in (network, clone)
    ]
    assert pairs[0] == pairs[1]


def value_of(network, explain):
    """Return the figure of a map that is a function of the network alone."""
    return Randomisation().value(
        MapCase(
            probabilities,
            PIXELS,
            explain(network),
            0,
            explain_randomised=lambda: explain(randomised(network)),
        )
    )


def test_a_map_of_edges_passes_unchanged_and_a_map_of_weights_does_not(network):
    assert value_of(network, lambda model: BRIGHTNESS) == pytest.approx(1)
    assert abs(value_of(network, lambda model: model.get_layer("head").get_weights()[0])) < 0.5
    lowest = value_of(network, lambda model: model.get_layer("conv_0").get_weights()[0].reshape(27, 8))
    assert abs(lowest) < 0.5


def test_an_all_black_map_of_a_clone_counts_as_unlike():
    case = MapCase(probabilities, PIXELS, BRIGHTNESS, 0, explain_randomised=lambda: np.zeros((24, 24)))
    assert Randomisation().value(case) == 0


def test_it_applies_only_where_the_network_can_be_randomised():
    assert not Randomisation().applies(MapCase(probabilities, PIXELS, BRIGHTNESS, 0))
