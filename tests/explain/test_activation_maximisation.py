"""Pictures made for an output, on networks whose best picture is known, and on the shipped one."""

import cv2
import keras
import numpy as np
import pytest

from melanoma.explain.activation_maximisation import maximise_log_odds
from melanoma.model.classifier import CompiledNetwork
from melanoma.model.log_odds import Calibration
from melanoma.model.network import FEATURES, HEAD, POOLING

SIZE = 32
EVEN = Calibration(1.0, (0.5, 0.5))
RED, GREEN, BLUE = range(3)


def network_over(features: keras.layers.Layer, kernel: list[list[float]]) -> CompiledNetwork:
    """Return a network whose logits are the kernel, (3, classes), times the mean of each feature map."""
    pixels = keras.Input((SIZE, SIZE, 3), dtype="uint8", name="pixels")
    pooled = keras.layers.GlobalAveragePooling2D(name=POOLING)(features(pixels))
    head = keras.layers.Dense(len(kernel[0]), name=HEAD)
    network = keras.Model([pixels], head(pooled))
    head.kernel.assign(kernel)
    return CompiledNetwork(network)


@keras.saving.register_keras_serializable("tests")
def closeness(pixels):
    """Return maps that are highest, at 0, where a channel is 90."""
    return -keras.ops.square((keras.ops.cast(pixels, "float32") - 90) / 10)


@pytest.fixture(scope="module")
def linear() -> CompiledNetwork:
    """The first logit grows with red and falls with blue, the second the other way round.

    So steeply that the wish for smoothness hardly counts.
    """
    scaled = keras.layers.Rescaling(1 / 255, name=FEATURES)
    return network_over(scaled, [[1e6, -1e6], [0.0, 0.0], [-1e6, 1e6]])


def test_the_picture_of_a_linear_network_is_its_kernel(linear):
    for index, (grown, fallen) in enumerate([(RED, BLUE), (BLUE, RED)]):
        made = maximise_log_odds(linear, EVEN, index, steps=30)
        assert made.shape == (SIZE, SIZE, 3) and made.dtype == np.uint8
        assert made[..., grown].mean() > 250 and made[..., fallen].mean() < 5
        assert 100 < made[..., GREEN].mean() < 156, "nothing asks for green"
        assert linear.run(made[None]).logits[0, index] > 0.95e6


def test_the_same_seed_gives_the_same_picture(linear):
    made, again, other = (maximise_log_odds(linear, EVEN, 0, steps=3, seed=seed) for seed in (0, 0, 1))
    assert made.tolist() == again.tolist()
    assert made.tolist() != other.tolist()


def test_an_ascent_that_overshoots_returns_the_best_picture_of_its_way():
    # The logit is highest at the grey of the start; the first step, of some 30 grey levels, goes past it.
    network = network_over(keras.layers.Lambda(closeness, name=FEATURES), [[1e6, 0.0]] * 3)
    start = np.full((SIZE, SIZE, 3), 90, np.uint8)
    start[0, 0] = 91  # on the summit itself the gradient is 0, and nothing would move
    for steps in (1, 13):
        assert maximise_log_odds(network, EVEN, 0, steps, start).tolist() == start.tolist()


def test_the_last_picture_counts_after_any_number_of_steps(linear):
    start = np.zeros((SIZE, SIZE, 3), np.uint8)
    reached = [
        float(maximise_log_odds(linear, EVEN, 0, steps, start)[..., RED].mean()) for steps in (1, 2, 4)
    ]
    assert 0 < reached[0] < reached[1] < reached[2]


@pytest.mark.slow("an ascent through the shipped network")
def test_on_the_shipped_network_no_picture_ends_below_its_photo(shipped_classifier, drawn_image):
    network, bundle = shipped_classifier.compiled, shipped_classifier.bundle

    def log_odds(picture):
        return bundle.calibration.log_odds(network.run(picture[None]).logits[0])

    before = log_odds(drawn_image)
    for index in (bundle.codes.index("MEL"), bundle.codes.index("NV")):
        made = maximise_log_odds(network, bundle.calibration, index, steps=5, start=drawn_image)
        # Up to rounding: a pass over several pictures adds up in another order than one over a single one.
        assert log_odds(made)[index] > before[index] - 1e-3


def test_a_photo_to_begin_with_is_changed_and_not_replaced(linear):
    rng = np.random.default_rng(1)
    photo = cv2.resize(rng.integers(60, 190, (4, 4, 3), np.uint8), (SIZE, SIZE))
    made = maximise_log_odds(linear, EVEN, 0, steps=1, start=photo)
    shifts = (np.roll(photo, (dy, dx), (0, 1)) for dy in range(-8, 9) for dx in range(-8, 9))
    away = min(np.abs(made.astype(int) - moved).mean() for moved in shifts)
    assert 10 < away < 40, "one step of some 30 grey levels, after a shift of at most 8 pixels"


@pytest.fixture
def drawn_image(shipped_classifier) -> np.ndarray:
    from melanoma.edits.drawn_lesions import NEVUS_LIKE, draw_lesion

    size = shipped_classifier.compiled.size
    return draw_lesion(NEVUS_LIKE, size, size, 3).image
