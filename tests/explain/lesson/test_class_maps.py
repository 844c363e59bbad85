"""A class map is the sum of weight times feature map: worked by hand, and held to the network's own."""

import numpy as np
import pytest

from melanoma.errors import UserError
from melanoma.explain.base import ExplanationRequest
from melanoma.explain.lesson.class_maps import by_gradients, by_weights
from melanoma.explain.lesson.contributions import contributions, counts_to_choose
from melanoma.explain.lesson.feature_maps import feature_maps, strongest_channels
from melanoma.explain.registry import METHODS
from melanoma.model.network import FEATURES
from tests.explain.subjects import CODES, Subject, assert_close, drawings, lively_network, predict
from tests.tiny_backbone import TINY


@pytest.fixture(scope="module")
def subject() -> Subject:
    from melanoma.model.classifier import CompiledNetwork

    network = CompiledNetwork(lively_network(), TINY)
    first, second = (predict(network, pixels) for pixels in drawings())
    return Subject(network, (first, second))


def test_two_channels_by_hand():
    maps = np.zeros((1, 2, 2), np.float32)
    maps[0, :, 0] = (1, 2)
    maps[0, :, 1] = (4, 0)
    parts = contributions(maps, np.array([0.5, -1.0]))
    assert parts.channels.tolist() == [1, 0], "-4 weighs more than +1.5"
    assert parts.totals.tolist() == [-4.0, 1.5]
    assert parts.sum_of(0).tolist() == [[0, 0]]
    assert parts.sum_of(1).tolist() == [[-4, 0]]
    assert parts.rest(1) == 1.5
    assert parts.product(1).tolist() == [[0.5, 1.0]]
    assert parts.whole.tolist() == [[-3.5, 1.0]]


@pytest.mark.parametrize("index", range(len(CODES)))
def test_all_channels_make_the_evidence_map_and_the_log_odds(subject, index):
    prediction = subject.predictions[0]
    parts = by_weights(subject.network, prediction, CODES[index])
    assert_close(parts.whole, prediction.evidence[..., index])
    total = parts.sum_of(7).sum() + parts.rest(7) + prediction.starting_values[index]
    assert total - prediction.division[index] == pytest.approx(prediction.log_odds[index], abs=1e-4)


def test_at_the_last_layer_mean_gradients_are_the_heads_weights(subject):
    prediction = subject.predictions[0]
    by_slope = by_gradients(subject.network, prediction, "NV", FEATURES)
    assert_close(by_slope.whole, by_weights(subject.network, prediction, "NV").whole)


def test_below_it_the_positive_part_is_the_page_s_grad_cam(subject):
    prediction, layer = subject.predictions[0], TINY.depths[1]
    parts = by_gradients(subject.network, prediction, "MEL", layer)
    expected = METHODS["grad-cam"].explain(
        ExplanationRequest(subject.network, prediction, {"layer": layer}, ("MEL",))
    )[..., 0]
    assert_close(np.maximum(parts.whole, 0), expected)
    with pytest.raises(UserError, match="nowhere"):
        by_gradients(subject.network, prediction, "MEL", "nowhere")


def test_five_depths_from_fine_to_coarse(subject):
    depths = feature_maps(subject.network, subject.predictions[0].pixels, most=3)
    sides = [depth.maps.shape[0] for depth in depths]
    assert len(depths) == 5 and sides == sorted(sides, reverse=True) and sides[0] > sides[-1]
    for depth in depths:
        spread = depth.maps.std(axis=(0, 1))
        assert depth.maps.shape[-1] == len(depth.channels) == 3
        assert (np.diff(spread) <= 0).all() and depth.total > 3


def test_a_channel_that_answers_everywhere_alike_is_not_strong():
    maps = np.zeros((2, 2, 3), np.float32)
    maps[..., 0] = 6.0
    maps[0, 0, 1] = 1.0
    maps[0, :, 2] = 2.0
    assert strongest_channels(maps, 2).tolist() == [2, 1]


def test_the_slider_goes_one_by_one_and_ends_at_all():
    assert counts_to_choose(1024)[:12] == (*range(11), 15)
    assert counts_to_choose(1024)[-2:] == (1000, 1024)
    assert counts_to_choose(4) == (0, 1, 2, 3, 4)
