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
from melanoma.explain.layers import convolutional_layers, layer_pass
from melanoma.explain.occlusion import MEAN, Occlusion, covering, occluded
from melanoma.explain.registry import METHODS
from melanoma.model.network import FEATURES, HEAD
from tests.explain.subjects import assert_close

MIDDLE = "conv_pw_6_relu"


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
    by_gradients = combine(maps[0], channel_weights(gradients[:, 0]))
    assert_close(by_gradients, np.maximum(prediction.evidence, 0))


@pytest.mark.parametrize("name", ["grad-cam++", "layer-cam"])
def test_at_the_last_layer_only_positive_weights_count(name, subject):
    # There the gradient of a channel is w / cells everywhere: both methods become sum(max(w, 0) * map).
    prediction = subject.predictions[0]
    maps = tail_from(subject.network, FEATURES).maps(prediction.pixels[None])[0]
    weights = np.asarray(subject.network.network.get_layer(HEAD).kernel)
    expected = maps @ np.maximum(weights, 0) / (maps.shape[0] * maps.shape[1])
    assert_close(METHODS[name].explain(ExplanationRequest(subject.network, prediction)), expected)


@pytest.mark.parametrize("name", ["grad-cam++", "layer-cam"])
def test_from_the_layer_upwards_is_the_same_as_from_the_pixels(name, subject):
    prediction = subject.predictions[0]
    whole = METHODS[name].computed_by(plain_twin(subject.network.network))
    theirs = whole(
        lambda logits: logits[:, 1] - tf.stop_gradient(logits[:, 1]),
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
    from tf_keras_vis.utils.scores import CategoricalScore

    prediction = subject.predictions[0]
    keras.utils.disable_interactive_logging()
    try:
        theirs = Scorecam(plain_twin(subject.network.network))(
            CategoricalScore([1]),
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
        logit = plain_twin(subject.network.network)(pixels)[0, 2]
    expected = np.abs(tape.gradient(logit, pixels).numpy()[0]).max(axis=-1)
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

    codes = ("MEL", "NV")
    own = logits(pixels[None], 1)[0]
    prediction = SimpleNamespace(codes=codes, pixels=pixels, logits=own, index=codes.index)
    return SimpleNamespace(logits=logits), prediction


def test_occlusion_by_hand():
    # Red in the upper left quarter only, so the photo's mean is a quarter of it. With a patch of half the
    # side and two cells to a patch, the patch centred on cell (1, 1) covers 6/8 of the quarter each way.
    pixels = np.zeros((32, 32, 3), np.uint8)
    pixels[:16, :16, 0] = 200
    network, prediction = toy_network(pixels)
    maps = Occlusion().explain(ExplanationRequest(network, prediction, {"patch": 0.5, "cover": MEAN}))
    fall = (200 - 50) / 255
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
    assert covering(pixels, 0.25, MEAN).tolist() == np.full_like(pixels, 100).tolist()
    assert np.abs(covering(pixels, 0.25, "blurred photo").astype(int) - 100).max() <= 12


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
