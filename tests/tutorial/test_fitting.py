"""The tutorial's network learns, and a run that was cut off goes on to the same weights."""

import os
from dataclasses import replace

import keras
import numpy as np
import pandas as pd
import pytest
import tensorflow as tf

from melanoma.data.pipeline import Images
from melanoma.training.callbacks import EpochCallback
from melanoma.training.checkpoints import newest_checkpoint
from melanoma.training.loop import fit as fit_batches
from melanoma.training.recipes import Precision
from melanoma.tutorial.epochs import ShuffledSampler, judge_by_accuracy, logits_of
from melanoma.tutorial.network import build_tutorial_network, compiled_tutorial
from melanoma.tutorial.recipes import TutorialRecipe

SIZE = 32
RECIPE = TutorialRecipe("tiny", epochs=3, changed=True, dropout=0.2, batch=8, image_size=SIZE)


def light_and_dark() -> tuple[np.ndarray, np.ndarray]:
    """Pixels uint8 (40, 32, 32, 4), dark for class 0 and light for class 1."""
    rng = np.random.default_rng(0)
    labels = np.arange(40) % 2
    base = np.where(labels, 170, 60)[:, None, None, None]
    return (base + rng.integers(-40, 40, (40, SIZE, SIZE, 4))).astype(np.uint8), labels


def fit(folder, first: int, last: int) -> keras.Model:
    pixels, labels = light_and_dark()
    keras.utils.set_random_seed(5)
    model = compiled_tutorial(build_tutorial_network(RECIPE, 2, fitting=True), RECIPE)
    if first:
        file, done = newest_checkpoint(folder)
        assert done == first
        model.load_weights(file)
    sampler = ShuffledSampler.over(Images.of_one_source(pixels, labels), np.arange(32), RECIPE.seed)
    judge = judge_by_accuracy(pixels, labels, np.arange(32, 40), 1)
    callback = EpochCallback(RECIPE, model, model, folder, 4, judge, pd.DataFrame())
    batches = sampler.batches(range(first, last), 32, SIZE, 8)
    fit_batches(model, batches, range(first, last), 4, callback, tf.distribute.get_strategy())
    return model


@pytest.mark.training
def test_a_run_that_goes_on_ends_with_the_same_weights(tmp_path):
    (tmp_path / "whole").mkdir(), (tmp_path / "parts").mkdir()
    whole = fit(tmp_path / "whole", 0, 3)
    fit(tmp_path / "parts", 0, 1)
    parts = fit(tmp_path / "parts", 1, 3)
    for one, other in zip(whole.get_weights(), parts.get_weights(), strict=True):
        assert np.array_equal(one, other)
    pixels, labels = light_and_dark()
    light = np.diff(logits_of(whole, pixels, np.arange(32, 40)), axis=1)[:, 0]
    assert light[labels[32:] == 1].min() > light[labels[32:] == 0].max()


def test_every_image_comes_once_an_epoch_in_another_order():
    pixels, labels = light_and_dark()
    sampler = ShuffledSampler.over(Images.of_one_source(pixels, labels), np.arange(32), 1)
    first, second = sampler.draw(0, 32, SIZE), sampler.draw(1, 32, SIZE)
    assert sorted(first) == sorted(second) == list(range(32))
    assert first.tolist() != second.tolist()
    images, marks = next(iter(sampler.batches(range(1), 32, SIZE, 8)))
    assert np.array_equal(images.numpy(), pixels[first[:8], ..., :3])
    assert marks.numpy().argmax(axis=1).tolist() == labels[first[:8]].tolist()


def test_judging_counts_by_hand():
    pixels, labels = light_and_dark()
    network = build_tutorial_network(RECIPE, 2)
    head = network.get_layer("logits")
    kernel, _ = head.get_weights()
    head.set_weights([np.zeros_like(kernel), np.array([1.0, 0.0])])  # always class 0
    found = judge_by_accuracy(pixels, labels, np.arange(8), 1)(network, SIZE)
    assert found["calibration_accuracy"] == 0.5
    assert found["calibration_balanced_accuracy"] == 0.5
    assert np.isclose(found["calibration_loss"], (np.log(1 + np.e**-1) + np.log(1 + np.e)) / 2)


@pytest.mark.skipif(
    "ONEDNN_MAX_CPU_ISA" in os.environ,
    reason="TensorFlow asks by the real processor for bfloat16, and oneDNN is held to one without it",
)
def test_half_precision_fits_the_same_weights_and_answers_alike():
    mixed = replace(RECIPE, precision=Precision.MIXED_BFLOAT16, changed=False)
    keras.utils.set_random_seed(5)
    fitting = build_tutorial_network(mixed, 2, fitting=True)
    plain = build_tutorial_network(mixed, 2)
    assert fitting.get_layer("dense").compute_dtype == "bfloat16"
    assert plain.get_layer("dense").compute_dtype == "float32"
    assert {weight.dtype for weight in fitting.weights} == {"float32"}
    plain.set_weights(fitting.get_weights())
    pixels, _ = light_and_dark()
    one, other = (logits_of(network, pixels, np.arange(32)) for network in (plain, fitting))
    assert one.dtype == other.dtype == np.float32
    assert 0 < np.abs(one - other).max() < 0.02 * np.abs(one).max()


def test_the_fitted_weights_fit_the_network_without_random_layers():
    fitting = build_tutorial_network(RECIPE, 2, fitting=True)
    plain = build_tutorial_network(RECIPE, 2)
    plain.set_weights(fitting.get_weights())
    pixels, _ = light_and_dark()
    rows = np.arange(8)
    assert np.allclose(logits_of(plain, pixels, rows), logits_of(fitting, pixels, rows), atol=1e-5)


def as_bundles_have_it(classes: int) -> keras.Model:
    """The network as a functional graph, as bundles hold it that were made before it was a `Sequential`."""
    layers = keras.layers
    pixels = keras.Input((SIZE, SIZE, 3), dtype="uint8", name="pixels")
    x = layers.Rescaling(1 / 255, name="scaled")(pixels)
    x = layers.Conv2D(64, 3, activation="relu", name="conv_1")(x)
    x = layers.MaxPooling2D(name="pool_1")(x)
    x = layers.Conv2D(128, 3, activation="relu", name="features")(x)
    x = layers.MaxPooling2D(name="pool_2")(x)
    x = layers.Dropout(0.2, seed=0, name="dropout")(x)
    x = layers.Dense(256, activation="relu", name="dense")(layers.Flatten(name="flat")(x))
    return keras.Model([pixels], layers.Dense(classes, name="logits", dtype="float32")(x), name="tutorial")


def test_the_sequential_is_the_graph_that_older_bundles_hold(tmp_path):
    older, now = as_bundles_have_it(2), build_tutorial_network(RECIPE, 2)
    older.save(tmp_path / "older.keras")
    older = keras.saving.load_model(tmp_path / "older.keras", compile=False)
    assert [layer.name for layer in now.layers] == [layer.name for layer in older.layers]
    assert not any(isinstance(layer, keras.Model) for layer in now.layers), "one flat graph"
    now.set_weights(older.get_weights())
    pixels, _ = light_and_dark()
    expected = older.predict_on_batch(pixels[..., :3])
    assert np.array_equal(now.predict_on_batch(pixels[..., :3]), expected)
    now.save(tmp_path / "now.keras")
    again = keras.saving.load_model(tmp_path / "now.keras", compile=False)
    assert np.array_equal(again.predict_on_batch(pixels[..., :3]), expected)


def test_the_penalty_counts_while_fitting_and_leaves_the_network_alone():
    fitting = build_tutorial_network(replace(RECIPE, l2=0.01), 2, fitting=True)
    hidden = [fitting.get_layer(name).kernel for name in ("conv_1", "features", "dense")]
    squares = sum(float((np.asarray(kernel) ** 2).sum()) for kernel in hidden)
    assert sum(float(loss) for loss in fitting.losses) == pytest.approx(0.01 * squares, rel=1e-4)
    plain = build_tutorial_network(replace(RECIPE, l2=0.01), 2)
    assert plain.losses == []
    plain.set_weights(fitting.get_weights())


def test_the_more_complex_network_has_one_convolution_more_and_ends_in_the_feature_map():
    network = build_tutorial_network(replace(RECIPE, channels=(4, 6, 8), dense=10), 2)
    names = [layer.name for layer in network.layers if isinstance(layer, keras.layers.Conv2D)]
    assert names == ["conv_1", "conv_2", "features"]
    assert network.get_layer("features").filters == 8 and network.get_layer("dense").units == 10


def test_the_mix_of_the_training_images_is_taken_out_of_the_bias():
    prior = np.array([0.9, 0.1])
    fitted = build_tutorial_network(RECIPE, 2, fitting=True)
    before = fitted.get_layer("logits").get_weights()
    found = RECIPE.finished(fitted, prior).get_layer("logits").get_weights()
    assert found[0] == pytest.approx(before[0])
    assert found[1] - before[1] == pytest.approx([np.log(10 / 9), np.log(10)], abs=1e-6)
    # So softmax(logits + log prior), which the bundle computes, is the fitted network's own softmax.
    assert found[1] + np.log(prior) == pytest.approx(before[1], abs=1e-6)


@pytest.mark.parametrize("honest", [True, False])
def test_the_card_says_whether_labels_and_splits_are_honest(honest):
    history = pd.DataFrame({"seconds": [30.0, 90.0]})
    found = replace(RECIPE, honest=honest).description("random weights", history)
    assert ("its figures flatter" in found.network) is not honest
    assert ("no lesion is on two sides" in found.split) is honest
    assert ("whose lesions nothing was fitted to" in found.test_images) is honest
    assert "in 2 epochs (2 minutes" in found.network
