"""The compiled pass: class maps that add up, answers that do not mix between visitors."""

from concurrent.futures import ThreadPoolExecutor
from copy import copy
from dataclasses import replace

import keras
import numpy as np
import pytest

from melanoma.edits.drawn_lesions import MELANOMA_LIKE, NEVUS_LIKE, draw_lesion
from melanoma.errors import UserError
from melanoma.explain.base import ExplanationRequest
from melanoma.explain.grad_cam import channel_weights, combine
from melanoma.explain.layers import layer_pass
from melanoma.explain.registry import method_named
from melanoma.model.bundle import load_bundle
from melanoma.model.classifier import Classifier, CompiledNetwork
from melanoma.model.network import FEATURES, HEAD, convolutional_layers

PHOTOS = [
    draw_lesion(parameters, 90, 120, seed).image
    for seed in range(3)
    for parameters in (MELANOMA_LIKE, NEVUS_LIKE)
]


@pytest.mark.parametrize("which", ["small_classifier", "shipped_classifier"])
def test_class_maps_and_bias_add_up_to_the_logits(which, request):
    classifier = request.getfixturevalue(which)
    for prediction in classifier(PHOTOS):
        total = prediction.class_maps.sum(axis=(0, 1), dtype=np.float64) + prediction.bias
        assert total == pytest.approx(prediction.logits, abs=1e-4)
        assert prediction.probabilities.sum() == pytest.approx(1)


@pytest.mark.parametrize("batch", [1, 2, 5, 9])
def test_logits_do_not_hang_on_the_size_of_a_batch(small_classifier, batch):
    size = small_classifier.compiled.size
    pixels = np.random.default_rng(3).integers(0, 256, (5, size, size, 3), np.uint8)
    found = small_classifier.compiled.logits(pixels, batch)
    assert found == pytest.approx(small_classifier.compiled.run(pixels).logits, abs=1e-4)


def test_the_melanoma_alert_follows_the_threshold(small_classifier):
    for prediction in small_classifier(PHOTOS):
        reached = prediction.probability("MEL") >= small_classifier.bundle.alert_threshold
        assert prediction.melanoma_alert == reached


def test_the_alert_for_any_malignancy_has_its_own_threshold(shipped_classifier):
    """The network's outputs are made up: the photo's pixels do not matter."""
    bundle = replace(shipped_classifier.bundle, alert_threshold=0.05, malignancy_threshold=0.07)
    classifier, photo = copy(shipped_classifier), shipped_classifier.prepare(PHOTOS[0])
    classifier.bundle = bundle
    for shares, melanoma, malignancy in (
        ([0.01, 0.01, 0.94, 0.01, 0.01, 0.01, 0.005, 0.005], False, True),  # a carcinoma
        ([0.02, 0.30, 0.01, 0.03, 0.5, 0.02, 0.1, 0.02], False, True),  # a little of each
        ([0.9, 0.05, 0.01, 0.01, 0.01, 0.01, 0.005, 0.005], True, True),
        ([0.01, 0.90, 0.01, 0.01, 0.04, 0.01, 0.01, 0.01], False, False),
    ):
        logits = bundle.temperature * (np.log(shares) - np.log(bundle.prior))
        found = classifier._decide(photo, logits, None, 0.0)
        assert found.probabilities == pytest.approx(np.array(shares) / np.sum(shares))
        assert (found.melanoma_alert, found.malignancy_alert) == (melanoma, malignancy)
        assert found.malignancy == pytest.approx(sum(np.array(shares)[[0, 2, 3, 7]]) / np.sum(shares))
        assert found.alert == (melanoma or malignancy)


@pytest.mark.slow("threads that share the shipped network")
def test_visitors_at_once_get_their_own_answers(shipped_classifier):
    alone = [shipped_classifier([photo])[0].logits for photo in PHOTOS]
    assert np.ptp(alone, axis=0).max() > 0.1, "the photos must differ for mixed-up answers to show"
    with ThreadPoolExecutor(8) as pool:
        together = list(
            pool.map(lambda number: shipped_classifier([PHOTOS[number % 6]])[0].logits, range(48))
        )
    for number, logits in enumerate(together):
        assert logits == pytest.approx(alone[number % 6], abs=1e-4)


def with_float_input(network: keras.Model) -> keras.Model:
    """tf-keras-vis watches the input, and TensorFlow differentiates nothing that starts at whole numbers."""
    twin = keras.models.clone_model(network, input_tensors=[keras.Input(network.input_shape[1:])])
    twin.set_weights(network.get_weights())
    return twin


@pytest.mark.slow("the shipped network explained by the other library")
def test_grad_cam_equals_tf_keras_vis(shipped_classifier):
    from tf_keras_vis.gradcam import Gradcam

    from melanoma.explain.target import log_odds_target

    network = shipped_classifier.compiled
    prediction = shipped_classifier([PHOTOS[0]])[0]
    theirs = Gradcam(with_float_input(network.network))
    for layer in (FEATURES, "conv_pw_11_relu"):
        ours = method_named("grad-cam").explain(ExplanationRequest(network, prediction, {"layer": layer}))
        for index in range(len(prediction.codes)):
            reference = np.asarray(
                theirs(
                    log_odds_target(prediction.calibration, [index]),
                    prediction.pixels[None].astype(np.float32),
                    penultimate_layer=layer,
                    seek_penultimate_conv_layer=False,
                    expand_cam=False,
                    normalize_cam=False,
                )[0]
            )
            assert ours[..., index] == pytest.approx(reference, rel=1e-3, abs=1e-5)
            if reference.max() > 0:
                assert np.corrcoef(reference.ravel(), ours[..., index].ravel())[0, 1] > 0.999
            else:
                assert ours[..., index].max() == pytest.approx(0, abs=1e-7)


def test_grad_cam_of_two_channels_by_hand():
    maps = np.array([[[1.0, 0.0], [0.0, 2.0]]])  # one row, two cells, two channels
    gradients = np.array([[[[2.0, -1.0], [4.0, -3.0]]]])  # one class: means 3 and -2
    weights = channel_weights(gradients)
    assert weights.tolist() == [[3.0, -2.0]]
    assert combine(maps, weights)[..., 0].tolist() == [[3.0, 0.0]]


def test_unknown_names_are_refused(small_classifier):
    prediction = small_classifier([PHOTOS[0]])[0]
    with pytest.raises(UserError, match="Choose one of evidence, difference, class-map"):
        method_named("magic")
    with pytest.raises(UserError, match="not a convolutional layer"):
        layer_pass(small_classifier.compiled, "logits")
    with pytest.raises(UserError, match="not a diagnosis"):
        prediction.index("XXX")
    assert convolutional_layers(small_classifier.compiled.network)[-1] == FEATURES


def test_a_network_that_gives_no_numbers_is_not_used(small_bundle):
    classifier = Classifier(load_bundle(small_bundle))
    network = classifier.compiled.network
    kernel, bias = (weight.copy() for weight in network.get_layer(HEAD).get_weights())
    bias[0] = np.nan
    network.get_layer(HEAD).set_weights([kernel, bias])
    classifier.compiled = CompiledNetwork(network)
    with pytest.raises(UserError, match="no number. The model is not used"):
        classifier([PHOTOS[0]])


@pytest.mark.parametrize(
    "field", [{"image_size": 64}, {"codes": ("MEL", "NV", "BKL"), "prior": (0.2, 0.3, 0.5)}]
)
def test_a_network_that_is_not_the_one_described_is_refused(small_bundle, field):
    bundle = load_bundle(small_bundle)
    with pytest.raises(UserError, match=r"takes 96 x 96 pixels and has 2 outputs, and its description"):
        Classifier(replace(bundle, **field))


def decided(classifier, shares, **fields):
    """Return what is decided of made-up outputs: the probabilities are the `shares`, over their sum."""
    bundle = replace(classifier.bundle, **fields)
    other, photo = copy(classifier), classifier.prepare(PHOTOS[0])
    other.bundle = bundle
    logits = bundle.temperature * (np.log(shares) - np.log(bundle.prior))
    return other._decide(photo, logits, None, 0.5)


EIGHTHS = [0.25, 0.5, 0.03, 0.03, 0.05, 0.05, 0.05, 0.04]
"""Of melanoma, nevus, carcinoma, keratosis … in the order of the shipped network."""


def test_an_alert_rings_from_its_very_threshold_on(shipped_classifier):
    bundle = shipped_classifier.bundle
    found = decided(shipped_classifier, EIGHTHS)
    melanoma = found.probabilities[bundle.codes.index("MEL")]
    malignant = found.probabilities[bundle.malignant].sum()
    assert melanoma < malignant < 1
    for line, rings in ((0, True), (1e-9, False)):
        at = decided(shipped_classifier, EIGHTHS, alert_threshold=float(melanoma + line))
        assert at.melanoma_alert is rings
        at = decided(shipped_classifier, EIGHTHS, malignancy_threshold=float(malignant + line))
        assert at.malignancy_alert is rings
    assert decided(shipped_classifier, EIGHTHS, malignancy_threshold=None).malignancy_alert is None


def test_a_photo_at_the_very_distance_is_in_distribution(shipped_classifier):
    for threshold, within in ((0.5, True), (0.5 - 1e-9, False)):
        found = decided(shipped_classifier, EIGHTHS, distance_threshold=threshold)
        assert found.in_distribution is within and found.novelty == 0.5


def test_each_diagnosis_has_its_own_limit_in_a_set_and_the_likeliest_comes_first(shipped_classifier):
    codes = shipped_classifier.bundle.codes
    shares = np.array([0.25, 0.5, 0.125, 0.0625, 0.03, 0.015, 0.01, 0.0075])
    order = [codes[index] for index in np.argsort(-shares)]
    for called in range(8):  # the limit of one diagnosis alone is what is likelier, with room for rounding
        limits = np.zeros(8)
        limits[codes.index(order[called])] = shares[shares > np.sort(shares)[::-1][called]].sum() + 1e-9
        found = decided(shipped_classifier, shares / shares.sum(), conformal_quantiles=tuple(limits))
        assert list(found.prediction_set) == order[: called + 1]
