"""Single methods against answers worked out by hand or by another road."""

from types import SimpleNamespace

import cv2
import keras
import numpy as np
import pytest
import tensorflow as tf

from melanoma.errors import UserError
from melanoma.explain.base import ExplanationRequest
from melanoma.explain.baselines import edge_strength, smooth_noise
from melanoma.explain.float_input import float_twin, tail_from
from melanoma.explain.grad_cam import LAST_THREE, channel_weights, combine, mean_of
from melanoma.explain.hires_cam import products
from melanoma.explain.integrated_gradients import BLACK, completeness_gap
from melanoma.explain.layers import layer_pass
from melanoma.explain.occlusion import BLURRED, MEAN, Occlusion, occluded, patch_cover
from melanoma.explain.registry import METHODS
from melanoma.explain.target import log_odds_target
from melanoma.model.classifier import CompiledNetwork
from melanoma.model.log_odds import Calibration
from melanoma.model.network import FEATURES, HEAD, convolutional_layers
from tests.explain.subjects import assert_close

MIDDLE = "conv_pw_6_relu"
OTHER_BASELINE = pytest.mark.slow("72 steps through a network, again")


def plain_twin(network):
    """The float twin as Keras makes it, for tf-keras-vis without our additions."""
    twin = keras.models.clone_model(network, input_tensors=[keras.Input(network.input_shape[1:])])
    twin.set_weights(network.get_weights())
    return twin


def test_the_twin_gives_the_networks_logits_at_once_and_in_batches(subjects):
    for state, tolerance in (("built", 1e-4), ("built-mixed", 0.2)):
        network, prediction = subjects[state].network, subjects[state].predictions[0]
        twin = float_twin(network)
        pixels = np.stack([subject.pixels for subject in subjects[state].predictions]).astype(np.float32)
        assert twin(pixels).numpy()[0] == pytest.approx(prediction.logits, abs=tolerance)
        assert twin.predict([pixels], batch_size=1) == pytest.approx(twin(pixels).numpy(), abs=1e-4)
        assert twin.predict(pixels).dtype == np.float32, "the twin computes in full precision"


def test_a_tail_goes_on_where_its_maps_end(subject):
    prediction = subject.predictions[0]
    for layer in (FEATURES, MIDDLE):
        tail = tail_from(subject.network, layer)
        logits = tail.model(tail.maps(prediction.pixels[None])).numpy()[0]
        assert logits == pytest.approx(prediction.logits, abs=1e-4)


def test_gradients_of_a_layer_are_those_of_the_whole_network(subject):
    pixels = np.stack([prediction.pixels for prediction in subject.predictions])
    maps, gradients = layer_pass(subject.network, MIDDLE)(pixels)
    network = subject.network.network
    inner = keras.Model(network.inputs, [network.get_layer(MIDDLE).output, network.output])
    for index in range(3):
        with tf.GradientTape() as tape:
            expected_maps, logits = inner([pixels])
            target = tf.reduce_sum(logits[:, index])
        expected = tape.gradient(target, expected_maps).numpy()
        assert_close(gradients[index], expected)
    assert maps == pytest.approx(expected_maps.numpy(), abs=1e-4)


def test_grad_cam_by_gradients_agrees_with_the_evidence_at_the_last_layer(subject):
    prediction = subject.predictions[0]
    maps, gradients = layer_pass(subject.network, FEATURES)(prediction.pixels[None])
    by_gradients = combine(maps[0], prediction.slopes @ channel_weights(gradients[:, 0]))
    assert_close(by_gradients, np.maximum(prediction.evidence, 0))


@pytest.mark.parametrize("name", ["grad-cam++", "layer-cam"])
def test_at_the_last_layer_only_positive_weights_count(name, subject):
    # There the gradient of a channel is w / cells everywhere: both methods become sum(max(w, 0) * map).
    prediction = subject.predictions[0]
    maps = tail_from(subject.network, FEATURES).maps(prediction.pixels[None])[0]
    weights = np.asarray(subject.network.network.get_layer(HEAD).kernel)
    weights = weights @ prediction.slopes.T
    expected = maps @ np.maximum(weights, 0) / (maps.shape[0] * maps.shape[1])
    assert_close(METHODS[name].explain(ExplanationRequest(subject.network, prediction)), expected)


@pytest.mark.parametrize("name", ["grad-cam++", "layer-cam"])
def test_from_the_layer_upwards_is_the_same_as_from_the_pixels(name, subject):
    prediction = subject.predictions[0]
    whole = METHODS[name].computed_by(plain_twin(subject.network.network))
    target = log_odds_target(prediction.calibration, [1])
    theirs = whole(
        lambda logits: target(logits) - tf.stop_gradient(target(logits)),
        prediction.pixels[None].astype(np.float32),
        penultimate_layer=MIDDLE,
        seek_penultimate_conv_layer=False,
        expand_cam=False,
        normalize_cam=False,
    )
    request = ExplanationRequest(subject.network, prediction, {"layer": MIDDLE}, ("NV",))
    assert_close(METHODS[name].explain(request)[..., 0], np.asarray(theirs)[0])


def test_score_cam_is_that_of_tf_keras_vis(subject):
    from tf_keras_vis.scorecam import Scorecam

    prediction = subject.predictions[0]
    calibration = prediction.calibration
    keras.utils.disable_interactive_logging()
    try:
        theirs = Scorecam(plain_twin(subject.network.network))(
            # It makes a softmax of the logits; the probability shown is that of tempered logits and mix.
            lambda softmax: calibration.probabilities(np.log(softmax))[:, 1],
            prediction.pixels[None].astype(np.float32),
            penultimate_layer=FEATURES,
            seek_penultimate_conv_layer=False,
            expand_cam=False,
            normalize_cam=False,
            max_N=8,
        )
    finally:
        keras.utils.enable_interactive_logging()
    ours = METHODS["score-cam"].explain(
        ExplanationRequest(subject.network, prediction, {"channels": 8}, ("NV",))
    )
    assert_close(ours[..., 0], np.asarray(theirs)[0])


def test_a_method_prints_nothing(subject, capsys):
    METHODS["score-cam"].explain(
        ExplanationRequest(subject.network, subject.predictions[0], {"channels": 4}, ("NV",))
    )
    assert capsys.readouterr() == ("", "")


def test_smoothgrad_without_noise_is_the_gradient(subject):
    prediction = subject.predictions[0]
    pixels = tf.constant(prediction.pixels[None], tf.float32)
    with tf.GradientTape() as tape:
        tape.watch(pixels)
        log_odds = log_odds_target(prediction.calibration, [2])(plain_twin(subject.network.network)(pixels))
    expected = np.abs(tape.gradient(log_odds, pixels).numpy()[0]).max(axis=-1)
    maps = METHODS["smoothgrad"].explain(
        ExplanationRequest(subject.network, prediction, {"copies": 6, "noise": 0}, ("BKL",))
    )
    assert_close(maps[..., 0], expected)
    noisy = METHODS["smoothgrad"].explain(
        ExplanationRequest(subject.network, prediction, {"copies": 2}, ("BKL",))
    )
    assert np.abs(noisy[..., 0] - expected).max() > 0.1 * expected.max(), "the noise must matter"


def toy_network(pixels):
    """Two logits: the mean red of the upper left quarter in units of 255, and its negative."""

    def logits(images, batch):
        red = images[:, : images.shape[1] // 2, : images.shape[2] // 2, 0].mean(axis=(1, 2)) / 255
        return np.stack([red, -red], axis=1)

    codes, calibration = ("MEL", "NV"), Calibration(1.0, (0.5, 0.5))
    prediction = SimpleNamespace(
        codes=codes,
        pixels=pixels,
        calibration=calibration,
        log_odds=calibration.log_odds(logits(pixels[None], 1)[0]),
        index=codes.index,
    )
    return SimpleNamespace(logits=logits), prediction


def test_occlusion_by_hand():
    # Red in the upper left quarter only, so the photo's mean is a quarter of it. With a patch of half the
    # side and two cells to a patch, the patch centred on cell (1, 1) covers 6/8 of the quarter each way.
    pixels = np.zeros((32, 32, 3), np.uint8)
    pixels[:16, :16, 0] = 200
    network, prediction = toy_network(pixels)
    maps = Occlusion().explain(ExplanationRequest(network, prediction, {"patch": 0.5, "cover": MEAN}))
    fall = 2 * (200 - 50) / 255  # of one logit less the other, its negative
    share = np.array([12, 16 - 4, 16 - 12, 0]) / 16  # of the quarter's rows under a patch at each of 4 cells
    assert maps.shape == (4, 4, 2)
    assert maps[..., 0] == pytest.approx(fall * np.outer(share, share), abs=1e-6)
    assert maps[..., 1] == pytest.approx(-maps[..., 0])


def test_patches_cover_the_photo_and_nothing_else_changes():
    pixels = np.full((30, 30, 3), 9, np.uint8)
    cover = np.full_like(pixels, 200)
    copies = occluded(pixels, cover, 3, 1 / 3)
    changed = (copies != pixels).all(axis=-1)
    assert changed.sum(axis=0).tolist() == np.ones((30, 30)).tolist(), "patches of one cell tile the photo"
    assert changed[1][:10, 10:20].all() and changed[1].sum() == 100
    assert set(np.unique(copies)) == {9, 200}


def test_a_cover_keeps_the_colour_and_takes_the_detail():
    pixels = np.zeros((64, 64, 3), np.uint8)
    pixels[:, ::2] = 200
    assert patch_cover(pixels, 0.25, MEAN).tolist() == np.full_like(pixels, 100).tolist()
    assert np.abs(patch_cover(pixels, 0.25, "blurred photo").astype(int) - 100).max() <= 12


def test_an_edge_is_as_strong_as_its_step():
    pixels = np.full((8, 8, 3), 40, np.uint8)
    pixels[:, 4:] = 120
    strength = edge_strength(pixels)
    assert strength[:, 3:5] == pytest.approx(40)  # 80 grey levels over two pixels
    assert not strength[:, :3].any() and not strength[:, 5:].any()


def test_random_blobs_are_uniform_smooth_and_repeatable():
    field = smooth_noise((200, 200), (1, 2, 3))
    assert np.quantile(field, [0.1, 0.5, 0.9]) == pytest.approx([0.1, 0.5, 0.9], abs=0.03)
    assert np.corrcoef(field[:, 1:].ravel(), field[:, :-1].ravel())[0, 1] > 0.6
    assert field.tolist() == smooth_noise((200, 200), (1, 2, 3)).tolist()
    for other in ((0, 2, 3), (1, 0, 3), (1, 2, 0)):
        assert abs(np.corrcoef(field.ravel(), smooth_noise((200, 200), other).ravel())[0, 1]) < 0.1


def test_the_mean_of_layers_is_at_the_finest_grid():
    coarse = np.array([[1.0, 3.0]], np.float32)[..., None]
    fine = np.zeros((2, 4, 1), np.float32)
    assert mean_of([coarse, fine])[..., 0].tolist() == (cv2.resize(coarse[..., 0], (4, 2)) / 2).tolist()


def test_the_last_three_layers_averaged(subject):
    prediction = subject.predictions[0]
    grad_cam = METHODS["grad-cam"].explain
    layers = convolutional_layers(subject.network.network)[-3:]
    each = [grad_cam(ExplanationRequest(subject.network, prediction, {"layer": layer})) for layer in layers]
    assert np.abs(each[0] - each[2]).max() > 0
    averaged = grad_cam(ExplanationRequest(subject.network, prediction, {"layer": LAST_THREE}))
    assert averaged == pytest.approx(np.mean(each, axis=0), abs=1e-6)


@pytest.mark.parametrize("layer", ["nowhere", "pooling", "logits"])
def test_a_layer_without_maps_is_refused(layer, subject):
    with pytest.raises(UserError, match=f"“{layer}” is not a convolutional layer of this model. Choose"):
        layer_pass(subject.network, layer)


def test_hires_cam_at_the_last_layer_is_the_evidence_map(subject):
    prediction = subject.predictions[0]
    maps, gradients = layer_pass(subject.network, FEATURES)(prediction.pixels[None])
    assert_close(products(maps[0], gradients[:, 0]) @ prediction.slopes.T, prediction.evidence)
    grad_cam = METHODS["grad-cam"].explain(ExplanationRequest(subject.network, prediction))
    assert_close(grad_cam, np.maximum(prediction.evidence, 0))
    layers = METHODS["hires-cam"].controls(subject.network, prediction.codes)[0].values
    assert layers == convolutional_layers(subject.network.network)[:-1], "so it is offered below the last"


def test_products_by_hand():
    maps = np.array([[[1.0, 2.0], [0.0, 4.0]]])  # one row, two cells, two channels
    gradients = np.array([[[[3.0, -1.0], [5.0, 0.5]]]])  # one class
    assert products(maps, gradients)[..., 0].tolist() == [[1.0, 2.0]]


@pytest.mark.parametrize(
    "baseline", [MEAN, *(pytest.param(other, marks=OTHER_BASELINE) for other in (BLURRED, BLACK))]
)
def test_integrated_gradients_add_up_to_the_change_from_the_baseline(baseline, subject):
    prediction, method = subject.predictions[0], METHODS["integrated-gradients"]
    gaps = {}
    for steps in (8, 64):
        settings = {"baseline": baseline, "steps": steps}
        asked = ExplanationRequest(subject.network, prediction, settings, ("MEL",))
        heatmap = method.explain(asked)[..., 0]
        gaps[steps] = completeness_gap(asked, "MEL", heatmap)
    assert abs(gaps[64]) < 0.02 * np.abs(heatmap).sum()
    assert abs(gaps[64]) < abs(gaps[8]) or abs(gaps[8]) < 1e-3


def test_integrated_gradients_of_a_straight_line_are_exact():
    # Log-odds of 2 / 255 times the mean red of the upper left quarter: each of its n pixels adds 2 r / 255 n.
    pixels = np.zeros((32, 32, 3), np.uint8)
    pixels[:16, :16, 0] = np.arange(256).reshape(16, 16) % 200
    keras_pixels = keras.Input((32, 32, 3), dtype="uint8", name="pixels")
    quarter = keras.layers.Cropping2D(((0, 16), (0, 16)))(keras.layers.Rescaling(1 / 255)(keras_pixels))
    maps = keras.layers.Conv2D(1, 1, use_bias=False, name=FEATURES)(quarter)
    pooled = keras.layers.GlobalAveragePooling2D(name="pooling")(maps)
    head = keras.layers.Dense(2, name=HEAD)
    network = keras.Model([keras_pixels], head(pooled))
    network.get_layer(FEATURES).kernel.assign(np.array([1, 0, 0], np.float32).reshape(1, 1, 3, 1))
    head.kernel.assign([[1.0, -1.0]])
    compiled = CompiledNetwork(network)
    outputs, calibration = compiled.run(pixels[None]), Calibration(1.0, (0.5, 0.5))
    prediction = SimpleNamespace(
        codes=("MEL", "NV"),
        pixels=pixels,
        calibration=calibration,
        log_odds=calibration.log_odds(outputs.logits[0]),
        index=("MEL", "NV").index,
    )
    asked = ExplanationRequest(compiled, prediction, {"baseline": BLACK, "steps": 8}, ("MEL",))
    heatmap = METHODS["integrated-gradients"].explain(asked)[..., 0]
    assert heatmap[:16, :16] == pytest.approx(2 * (pixels[:16, :16, 0] / 255) / 256, abs=1e-6)
    assert not heatmap[16:].any() and not heatmap[:, 16:].any()
    assert completeness_gap(asked, "MEL", heatmap) == pytest.approx(0, abs=1e-5)
