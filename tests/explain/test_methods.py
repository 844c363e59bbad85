"""Every method: on four states of a network, for one diagnosis or all, for visitors at once, on bad input."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields, replace

import keras
import numpy as np
import pytest

from melanoma.controls import Choice, Range
from melanoma.errors import UserError
from melanoma.explain.base import ExplanationRequest, explain_pixels
from melanoma.explain.registry import METHODS, method_named
from melanoma.model.classifier import CompiledNetwork
from melanoma.model.network import HEAD
from tests.explain.subjects import CODES, SIZE, STATES, assert_close, predict
from tests.tiny_backbone import TINY

QUICK = {
    "smoothgrad": {"copies": 2},
    "score-cam": {"channels": 8},
    "occlusion": {"patch": 0.5},
    "integrated-gradients": {"steps": 8},
}
every_method = pytest.mark.parametrize("name", METHODS)
MANY_PASSES = pytest.mark.slow("a method that asks the network many times")
costly_ones_slow = pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=MANY_PASSES) if method.cost == "many passes" else name
        for name, method in METHODS.items()
    ],
)


def maps_of(name, subject, which=0, **more):
    return METHODS[name].explain(
        ExplanationRequest(subject.network, subject.predictions[which], QUICK.get(name, {}), **more)
    )


@costly_ones_slow
def test_a_reloaded_network_is_explained_as_the_built_one_is(name, subjects):
    maps = {state: maps_of(name, subjects[state]) for state in STATES}
    for state, found in maps.items():
        assert found.dtype == np.float32, state
        assert found.shape[2] == len(CODES)
        assert np.isfinite(found).all()
        assert np.ptp(found) > 0, "equal maps would agree with anything"
        assert METHODS[name].signed or found.min() >= 0
    assert_close(maps["reloaded"], maps["built"])
    assert_close(maps["reloaded-mixed"], maps["built-mixed"])
    # Half precision through layers of random weights leaves the pattern, not the digits.
    assert np.corrcoef(maps["built-mixed"].ravel(), maps["built"].ravel())[0, 1] > 0.9


@every_method
def test_some_diagnoses_are_the_same_maps_in_the_order_asked_for(name, subject):
    everything = maps_of(name, subject)
    assert_close(maps_of(name, subject, codes=("BKL", "MEL")), everything[..., [2, 0]])
    if not METHODS[name].for_comparison:
        assert np.abs(everything[..., 0] - everything[..., 2]).max() > 0.05 * np.abs(everything).max()


@costly_ones_slow
def test_visitors_at_once_get_their_own_maps(name, subject):
    alone = [maps_of(name, subject, which) for which in (0, 1)]
    assert np.abs(alone[0] - alone[1]).max() > 0.05 * np.abs(alone[0]).max()
    with ThreadPoolExecutor(2) as pool:
        together = list(pool.map(lambda turn: maps_of(name, subject, turn % 2), range(4)))
    for turn, maps in enumerate(together):
        assert_close(maps, alone[turn % 2])


def test_what_a_method_builds_is_built_once_and_leaves_the_network_alone(subject):
    network = subject.network
    before = network.run(subject.predictions[0].pixels[None]).logits
    for name in METHODS:
        maps_of(name, subject)
    kept = dict(network._built)
    assert kept
    for name in METHODS:
        maps_of(name, subject, 1)
    assert all(network._built[key] is value for key, value in kept.items()) and len(network._built) == len(
        kept
    )
    assert network.run(subject.predictions[0].pixels[None]).logits.tolist() == before.tolist()
    assert {len(layer._inbound_nodes) for layer in network.network.layers} == {1}


@every_method
def test_a_black_photo_gets_an_answer(name, subject):
    black = predict(subject.network, np.zeros((SIZE, SIZE, 3), np.uint8))
    maps = METHODS[name].explain(ExplanationRequest(subject.network, black, QUICK.get(name, {})))
    assert np.isfinite(maps).all()
    if name == "occlusion":
        assert np.abs(maps).max() < 1e-4, "black over black changes nothing"
    if name == "edges":
        assert not maps.any()


@every_method
def test_the_map_of_other_pixels_is_that_of_their_own_prediction(name, subject):
    first, second = subject.predictions
    asked = ExplanationRequest(subject.network, first, QUICK.get(name, {}))
    again = explain_pixels(METHODS[name], asked, "NV")
    expected = METHODS[name].explain(replace(asked, prediction=second).only("NV"))[..., 0]
    assert_close(again(second.pixels), expected)


@every_method
def test_a_method_says_what_it_is_and_its_defaults_are_on_offer(name, subject):
    method = METHODS[name]
    assert method.name == name
    assert method.summary.count(".") == 1 and method.summary.endswith(".")
    assert method.title and method.paper and method.unit
    for control in method.controls(subject.network, CODES):
        assert {field.name for field in fields(control)} >= {"name", "title", "default"}
        assert control.read(control.default) == control.default
        if isinstance(control, Range):
            assert 0 < control.step <= control.high - control.low


def test_what_cannot_be_set_is_refused_with_what_can(subject):
    first = subject.predictions[0]
    explain = METHODS["grad-cam"].explain
    with pytest.raises(UserError, match="“dropout” cannot be the layer. Choose one of conv1_relu"):
        explain(ExplanationRequest(subject.network, first, {"layer": "dropout"}))
    with pytest.raises(UserError, match="has no setting “colour”. It has layer"):
        explain(ExplanationRequest(subject.network, first, {"colour": "red"}))
    with pytest.raises(UserError, match="“evidence” has|nothing to set"):
        METHODS["evidence"].explain(ExplanationRequest(subject.network, first, {"layer": "features"}))
    with pytest.raises(UserError, match="“XXX” is not a diagnosis"):
        explain(ExplanationRequest(subject.network, first, codes=("XXX",)))
    with pytest.raises(UserError, match="There is no method “magic”. Choose one of evidence, difference"):
        method_named("magic")


@pytest.mark.parametrize("value", ["many", "nan", 0, 65])
def test_a_number_out_of_range_is_refused(value):
    copies = Range("copies", "Copies", 1, 64, 24, 1)
    with pytest.raises(UserError, match="cannot be the copies. Give a number 1 to 64"):
        copies.read(value)
    assert copies.read("32") == 32


def test_a_choice_takes_its_values_only():
    cover = Choice("cover", "Covered by", ("blur", "mean"), "blur")
    assert cover.read("mean") == "mean"
    with pytest.raises(UserError, match="“grey” cannot be the cover. Choose one of blur, mean"):
        cover.read("grey")


def with_shared_head(network: keras.Model) -> keras.Model:
    """Return the network with the same weights, and the same constant, added to every output."""
    other = keras.models.clone_model(network)
    other.set_weights(network.get_weights())
    kernel, bias = other.get_layer(HEAD).get_weights()
    shared = np.random.default_rng(0).normal(scale=np.abs(kernel).max(), size=(len(kernel), 1))
    other.get_layer(HEAD).set_weights([(kernel + shared).astype(np.float32), bias + 3])
    return other


@pytest.mark.slow("every method on a network traced anew")
def test_what_all_outputs_share_changes_no_map_but_the_raw_one(subjects):
    subject = subjects["reloaded"]
    network = CompiledNetwork(with_shared_head(subject.network.network), TINY)
    before = subject.predictions[0]
    after = predict(network, before.pixels)
    assert np.abs(after.logits - before.logits).max() > 1
    assert after.probabilities == pytest.approx(before.probabilities, abs=1e-5)
    for name, method in METHODS.items():
        settings = QUICK.get(name, {})
        maps = method.explain(ExplanationRequest(subject.network, before, settings))
        again = method.explain(ExplanationRequest(network, after, settings))
        if name == "class-map":
            assert np.abs(again - maps).max() > 0.5 * np.abs(maps).max()
        else:
            assert_close(again, maps, 5e-3)
