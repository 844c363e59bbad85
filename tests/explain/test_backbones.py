"""Every method explains every backbone, also at layers between blocks that something goes round."""

import numpy as np
import pytest

from melanoma.errors import UserError
from melanoma.explain.base import ExplanationRequest
from melanoma.explain.float_input import tail_from
from melanoma.explain.layers import layer_pass
from melanoma.explain.registry import METHODS
from melanoma.model.backbones.registry import BACKBONES
from melanoma.model.classifier import CompiledNetwork
from melanoma.model.network import convolutional_layers
from tests.explain.subjects import Subject, assert_close, drawings, lively_network, predict
from tests.explain.test_methods import QUICK

pytestmark = pytest.mark.slow("every method on backbones of real size; test_methods has each on the tiny one")

TRIED = [name for name in BACKBONES if name not in ("efficientnet-lite1", "efficientnet-lite2")]
"""Lite 1 and 2 have the graph of Lite 0 with some blocks more."""


@pytest.fixture(scope="module", params=TRIED)
def subject(request) -> Subject:
    backbone = BACKBONES[request.param]
    network = CompiledNetwork(lively_network(backbone), backbone)
    first, second = (predict(network, pixels) for pixels in drawings())
    return Subject(network, (first, second))


# On a MobileNet: test_methods has its graph, and tests/app/test_keras_worker.py the shipped one.
@pytest.mark.parametrize("subject", ["efficientnet-lite0"], indirect=True)
@pytest.mark.parametrize("name", METHODS)
def test_every_method_explains_it(name, subject):
    first, second = (
        METHODS[name].explain(request)[..., 0]
        for request in (
            ExplanationRequest(subject.network, prediction, QUICK.get(name, {}), ("MEL",))
            for prediction in subject.predictions
        )
    )
    assert np.isfinite(first).all() and np.ptp(first) > 0
    assert np.abs(first - second).max() > 0.05 * np.abs(first).max(), "two photos, two maps"


def test_evidence_adds_up(subject):
    for prediction in subject.predictions:
        total = prediction.class_maps.sum(axis=(0, 1), dtype=np.float64) + prediction.bias
        assert total == pytest.approx(prediction.logits, abs=1e-4)
        evidence = prediction.evidence.sum(axis=(0, 1), dtype=np.float64)
        summed = prediction.starting_values + evidence - prediction.division
        assert summed == pytest.approx(prediction.log_odds, abs=1e-4)


def test_the_slopes_at_a_middle_layer_are_the_differences(subject):
    """Of the logits when a map is changed a little, through everything above the layer."""
    layer = subject.network.backbone.depths[3]
    maps, gradients = layer_pass(subject.network, layer)(subject.predictions[0].pixels[None])
    tail = tail_from(subject.network, layer).model
    direction = np.random.default_rng(0).standard_normal(maps.shape).astype(np.float32)
    step = 1e-3 * np.abs(maps).mean()
    up, down = (tail(maps + sign * step * direction, training=False).numpy()[0] for sign in (1, -1))
    assert_close((gradients[:, 0] * direction).sum(axis=(1, 2, 3)), (up - down) / (2 * step), share=0.05)


def test_a_layer_that_something_goes_round_is_not_offered(subject):
    offered = convolutional_layers(subject.network.network)
    assert set(subject.network.backbone.depths) <= set(offered)
    inside = [layer.name for layer in subject.network.network.layers if layer.name == "block2b_expand_relu"]
    for name in inside:
        assert name not in offered
        with pytest.raises(UserError, match=f"“{name}” is not a convolutional layer"):
            layer_pass(subject.network, name)
