"""Classifiers of one's own, as others build them, become networks of this project with the same answers."""

from pathlib import Path

import keras
import numpy as np
import pytest

from melanoma.errors import UserError
from melanoma.explain.base import ExplanationRequest
from melanoma.explain.registry import METHODS, offered_methods
from melanoma.model.adopted_network import PREPROCESSING, adopt_network, load_own_model
from melanoma.model.classifier import CompiledNetwork
from melanoma.model.network import FEATURES, HEAD, POOLING
from tests.explain.subjects import CODES, SIZE, drawings, predict
from tests.explain.test_methods import QUICK

L = keras.layers
SIDE = 32
PIXELS = np.random.default_rng(0).integers(0, 80, (3, SIDE, SIDE, 3)).astype(np.uint8)
PIXELS[1, :, :, 0] += 150
PIXELS[2, : SIDE // 2] += 100


def saved(model: keras.Model, folder: Path) -> keras.Model:
    """The model as it comes back from its file, its batch statistics no longer those of a new one."""
    for layer in model.layers:
        if layer.name == "base":
            layer.set_weights([weight + 0.1 for weight in layer.get_weights()])
    model.save(folder / "own.keras")
    return load_own_model(folder / "own.keras")


def sequential() -> keras.Model:
    """As tutorials write it."""
    layers = [L.Rescaling(1 / 255), L.Conv2D(6, 3, activation="relu"), L.MaxPooling2D(), L.Dropout(0.2)]
    layers += [L.Flatten(), L.Dense(8, activation="relu"), L.Dense(4, activation="softmax")]
    return keras.Sequential([keras.Input((SIDE, SIDE, 3)), *layers])


def nested() -> keras.Model:
    """As Keras' guide on transfer learning builds it, names occur twice."""
    start = keras.Input((SIDE, SIDE, 3))
    inner = keras.Sequential([L.Conv2D(5, 3, name="conv"), L.BatchNormalization(), L.ReLU(name=HEAD)])
    backbone = keras.Model(start, L.Conv2D(6, 3, activation="relu", name="conv")(inner(start)), name="base")
    inputs = keras.Input((SIDE, SIDE, 3))
    x = L.RandomFlip("horizontal")(inputs)
    x = backbone(x / 127.5 - 1.0, training=False)
    x = L.Dropout(0.2)(L.GlobalAveragePooling2D()(x))
    return keras.Model(inputs, L.Dense(3, activation="softmax")(x))


def two_classes() -> keras.Model:
    """One output with a sigmoid."""
    inputs = keras.Input((SIDE, SIDE, 3))
    x = L.GlobalAveragePooling2D()(L.Conv2D(5, 3, activation="relu")(L.Rescaling(1 / 255)(inputs)))
    return keras.Model(inputs, L.Dense(1, activation="sigmoid")(x))


def softmax_behind() -> keras.Model:
    """Logits without a bias, and softmax as a layer of its own; a residual block."""
    inputs = keras.Input((SIDE, SIDE, 3))
    x = L.Conv2D(5, 3, padding="same", activation="relu")(L.Rescaling(1 / 255)(inputs))
    x = L.Add()([x, L.Conv2D(5, 3, padding="same")(x)])
    x = L.GlobalAveragePooling2D()(x)
    return keras.Model(inputs, L.Softmax()(L.Dense(3, use_bias=False)(x)))


@pytest.mark.parametrize(
    ("build", "classes", "additive"),
    [
        (sequential, 4, False),
        (nested, 3, True),
        pytest.param(two_classes, 2, True, marks=pytest.mark.slow("one output for two classes, explained")),
        pytest.param(softmax_behind, 3, True, marks=pytest.mark.slow("softmax as a layer, explained")),
    ],
)
def test_the_answers_stay_and_every_method_that_applies_explains_them(build, classes, additive, tmp_path):
    adopted = adopt_network(saved(build(), tmp_path))
    network = adopted.network
    answers = adopted.answers_of_model(PIXELS)
    assert answers.shape == (3, classes) and answers.std(axis=0).max() > 1e-4, "each photo has its own"
    assert adopted.difference(PIXELS) < 1e-5
    assert not any(isinstance(layer, keras.Model) for layer in network.layers)
    assert network.layers[-1].name == HEAD and network.inputs[0].dtype == "uint8"
    assert adopted.additive == additive == (POOLING in {layer.name for layer in network.layers})
    network.save(tmp_path / "adopted.keras")
    compiled = CompiledNetwork(keras.saving.load_model(tmp_path / "adopted.keras", compile=False))
    outputs = compiled.run(PIXELS)
    assert outputs.logits == pytest.approx(np.asarray(network.predict(PIXELS, verbose=0)), abs=1e-5)
    if additive:
        summed = outputs.class_maps.sum(axis=(1, 2)) + compiled.bias
        assert summed == pytest.approx(outputs.logits, abs=1e-4)
    offered = offered_methods(compiled)
    assert ("evidence" in offered) == additive and {"grad-cam", "occlusion"} <= set(offered)


@pytest.fixture(scope="module")
def readers_sequential(tmp_path_factory) -> CompiledNetwork:
    """The tutorial's network as its readers write and save it, adopted; little, for three diagnoses."""
    keras.utils.set_random_seed(3)
    layers = [L.Rescaling(1 / 255), L.Conv2D(8, 3, activation="relu"), L.MaxPooling2D()]
    layers += [L.Conv2D(8, 3, activation="relu"), L.MaxPooling2D(), L.Dropout(0.2), L.Flatten()]
    layers += [L.Dense(16, activation="relu"), L.Dense(len(CODES), activation="softmax")]
    model = keras.Sequential([keras.Input((SIZE, SIZE, 3)), *layers])
    return CompiledNetwork(adopt_network(saved(model, tmp_path_factory.mktemp("own"))).network)


@pytest.mark.slow("every method on a network that flattens its maps")
@pytest.mark.parametrize("name", METHODS)
def test_a_sequential_is_explained_by_every_method_that_applies(name, readers_sequential):
    photo = predict(readers_sequential, drawings()[0])
    asked = ExplanationRequest(readers_sequential, photo, QUICK.get(name, {}))
    if name not in offered_methods(readers_sequential):
        with pytest.raises(UserError, match="no sum over regions"):
            METHODS[name].explain(asked)
        return
    maps = METHODS[name].explain(asked)
    assert maps.shape[2] == len(CODES) and np.isfinite(maps).all() and np.ptp(maps) > 0


@pytest.mark.parametrize(
    "preprocessing",
    ["imagenet", *(pytest.param(name, marks=pytest.mark.slow("the same")) for name in PREPROCESSING[:-1])],
)
def test_the_pixels_are_prepared_as_the_model_expects_them(preprocessing, tmp_path):
    inputs = keras.Input((SIDE, SIDE, 3))
    x = L.GlobalAveragePooling2D()(L.Conv2D(4, 3, activation="relu")(inputs))
    model = saved(keras.Model(inputs, L.Dense(3, activation="softmax")(x)), tmp_path)
    shown = PIXELS.astype(np.float64)
    shown = {
        "0-255": shown,
        "0-1": shown / 255,
        "-1-1": shown / 127.5 - 1,
        "imagenet": (shown / 255 - (0.485, 0.456, 0.406)) / (0.229, 0.224, 0.225),
    }[preprocessing]
    expected = model.predict(shown.astype(np.float32), verbose=0)
    adopted = adopt_network(model, preprocessing)
    assert adopted.answers_of_model(PIXELS) == pytest.approx(expected, abs=1e-5)
    assert adopted.difference(PIXELS) < 1e-5
    assert adopted.network.get_layer(FEATURES).output.shape[1] == SIDE - 2


def classifier(shape=(SIDE, SIDE, 3), end=lambda x: L.Dense(3, activation="softmax")(x)) -> keras.Model:
    inputs = keras.Input(shape)
    return keras.Model(inputs, end(L.GlobalAveragePooling2D()(L.Conv2D(4, 3)(inputs))))


def two_inputs() -> keras.Model:
    one, other = keras.Input((SIDE, SIDE, 3)), keras.Input((2,))
    x = L.Concatenate()([L.GlobalAveragePooling2D()(L.Conv2D(4, 3)(one)), other])
    return keras.Model([one, other], L.Dense(3, activation="softmax")(x))


def without_convolution() -> keras.Model:
    inputs = keras.Input((SIDE, SIDE, 3))
    return keras.Model(inputs, L.Dense(3, activation="softmax")(L.Flatten()(L.Rescaling(0.1)(inputs))))


@pytest.mark.parametrize(
    ("model", "sentence"),
    [
        (two_inputs, "has 2 inputs"),
        (lambda: classifier((SIDE, 40, 3)), "input is 32 x 40 x 3"),
        (lambda: classifier((None, None, 3)), "input is any x any x 3"),
        (lambda: classifier((SIDE, SIDE, 1)), "input is 32 x 32 x 1"),
        (lambda: classifier(end=lambda x: L.Dense(1000, activation="softmax")(x)), "output is 1000"),
        (lambda: classifier(end=lambda x: L.Dense(3, activation="sigmoid")(x)), "activation sigmoid"),
        (lambda: classifier(end=lambda x: L.Dense(1)(x)), "single output without a sigmoid"),
        (lambda: classifier(end=lambda x: L.ReLU()(L.Dense(3)(x))), "ends in ReLU"),
        (without_convolution, "no feature map"),
    ],
)
def test_what_is_no_classifier_of_pictures_is_a_sentence(model, sentence):
    with pytest.raises(UserError, match=sentence):
        adopt_network(model())


@keras.saving.register_keras_serializable("elsewhere")
class Elsewhere(L.Layer):
    def call(self, inputs):
        return inputs


def test_files_that_bring_or_need_code_are_refused(tmp_path):
    for name, layer in (("lambda", L.Lambda(lambda x: x)), ("custom", Elsewhere())):
        classifier(end=lambda x, layer=layer: L.Dense(3)(layer(x))).save(tmp_path / f"{name}.keras")
    keras.saving.get_custom_objects().clear()  # as in a process that does not know the layer
    with pytest.raises(UserError, match="custom.keras cannot be used"):
        load_own_model(tmp_path / "custom.keras")
    with pytest.raises(UserError, match="lambda.keras cannot be used"):
        load_own_model(tmp_path / "lambda.keras")
    (tmp_path / "other.keras").write_bytes(b"no zip")
    with pytest.raises(UserError, match="other.keras cannot be used"):
        load_own_model(tmp_path / "other.keras")
    (tmp_path / "torch.pt").write_bytes(b"PK")
    with pytest.raises(UserError, match="no .keras file"):
        load_own_model(tmp_path / "torch.pt")
    with pytest.raises(UserError, match="There is no file"):
        load_own_model(tmp_path / "none.keras")
