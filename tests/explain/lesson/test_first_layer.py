"""The first layer's numbers, worked by hand and held to what Keras computes, for every kind of beginning."""

import keras
import numpy as np
import pytest

from melanoma.edits.drawn_lesions import MELANOMA_LIKE, draw_lesion
from melanoma.errors import UserError
from melanoma.explain.lesson.first_layer import FirstLayer, Pooling, Rectifier
from melanoma.explain.lesson.reading_first_layer import first_layer
from melanoma.model.backbones.registry import BACKBONES

layers = keras.layers


def begun(*parts, size: int = 20) -> keras.Model:
    """A network that is nothing but these layers, with weights that are none of their defaults."""
    network = keras.Sequential([keras.Input((size, size, 3), dtype="uint8"), *parts])
    draw = np.random.default_rng(3)
    for weight in network.weights:
        signs = 1 if "variance" in weight.path else draw.choice([-1, 1], weight.shape)
        weight.assign(draw.uniform(0.02, 0.09, weight.shape) * signs)
    return keras.Model(network.inputs, network.outputs)


BEGINNINGS = {
    "same, odd, dilated": lambda: begun(
        layers.Rescaling(1 / 255), layers.Conv2D(4, (3, 5), padding="same", dilation_rate=(2, 1)), size=17
    ),
    "padded, stride 3": lambda: begun(
        layers.Rescaling([0.01, 0.02, 0.03], [-1, 0, 1]),
        layers.ZeroPadding2D(((1, 2), (3, 0))),
        layers.Conv2D(4, 4, 3, use_bias=False),
        layers.BatchNormalization(scale=False),
        layers.LeakyReLU(negative_slope=0.1),
    ),
    "normalised before": lambda: begun(
        layers.Normalization(mean=[1.0, 2.0, 3.0], variance=[4.0, 9.0, 16.0]),
        layers.Dropout(0.5),
        layers.Conv2D(4, 3, 2, padding="same", activation="relu6"),
        layers.BatchNormalization(),
    ),
    "pooled": lambda: begun(
        layers.Rescaling(1 / 255), layers.Conv2D(4, 3, activation="relu"), layers.MaxPooling2D()
    ),
}


def require_same(network: keras.Model) -> None:
    found = first_layer(network)
    size = network.input_shape[1]
    pixels = draw_lesion(MELANOMA_LIKE, size, size, 3).image
    output = keras.Model(network.inputs, network.get_layer(found.output).output)
    expected = keras.ops.convert_to_numpy(output([pixels[None]], training=False))[0]
    assert np.ptp(expected) > 0.1
    assert found.maps(pixels) == pytest.approx(expected, abs=2e-5 * float(np.abs(expected).max()))


@pytest.mark.parametrize("name", BEGINNINGS)
def test_its_maps_are_the_layer_s(name):
    require_same(BEGINNINGS[name]())


@pytest.mark.slow("the shipped weights")
def test_the_shipped_network_s_too(shipped_classifier):
    require_same(shipped_classifier.compiled.network)


@pytest.mark.slow("builds every backbone of real size")
@pytest.mark.parametrize("name", BACKBONES)
def test_every_backbone_begins_with_a_filter_that_can_be_watched(name):
    pixels = keras.Input((64, 64, 3), dtype="uint8", name="pixels")
    network = keras.Model([pixels], BACKBONES[name].build(pixels))
    norm = next(layer for layer in network.layers if isinstance(layer, layers.BatchNormalization))
    draw = np.random.default_rng(4)
    norm.set_weights([draw.uniform(0.3, 1.5, weight.shape) for weight in norm.get_weights()])
    require_same(network)
    found = first_layer(network)
    assert found.normalised and found.rectifier == Rectifier(0.0, 6.0) and found.stride == (2, 2)


def test_a_patch_by_hand():
    kernels = np.zeros((2, 2, 3, 1), np.float32)
    kernels[0, 0, 0], kernels[1, 1, 2] = 2.0, -1.0  # red at the upper left, blue at the lower right
    layer = FirstLayer(
        kernels=kernels,
        biases=np.array([0.5], np.float32),
        scale=np.array([0.1, 0.1, 0.1]),
        offset=np.array([-1.0, -1.0, -1.0]),
        stride=(2, 2),
        dilation=(1, 1),
        before=(1, 1),
        shape=(2, 2),
        normalised=False,
        rectifier=Rectifier(0.0, 6.0),
        output="",
        pooling=None,
    )
    pixels = np.zeros((3, 3, 3), np.uint8)
    pixels[0, 0, 2], pixels[1, 1, 0], pixels[2, 2, 2] = 30, 200, 50
    # Upper left: red lies in the zeros around, blue is 30 * 0.1 - 1 = 2. Lower right: red is 19, blue is 4.
    assert layer.sums(pixels)[0, 0, 0] == pytest.approx(0.5 - 2)
    assert layer.sums(pixels)[1, 1, 0] == pytest.approx(0.5 + 2 * 19 - 4)
    assert layer.maps(pixels)[[0, 1], [0, 1], 0].tolist() == [0, 6]


def test_what_follows_is_what_the_network_has(shipped_classifier):
    mobilenet = first_layer(shipped_classifier.compiled.network)
    assert mobilenet.normalised and mobilenet.rectifier == Rectifier(0.0, 6.0)
    assert mobilenet.stride == (2, 2) and mobilenet.pooling is None, "MobileNet has no pooling after it"
    pooled = first_layer(BEGINNINGS["pooled"]())
    assert not pooled.normalised and pooled.rectifier == Rectifier(0.0, None)
    assert pooled.pooling == Pooling(True, (2, 2), (2, 2), (0, 0), (9, 9))


def test_a_beginning_of_another_kind_is_refused_with_its_reason():
    with pytest.raises(UserError, match="there is DepthwiseConv2D at its beginning"):
        first_layer(begun(layers.Rescaling(1 / 255), layers.DepthwiseConv2D(3)))
    with pytest.raises(UserError, match="there is Conv2D at its beginning"):
        first_layer(begun(layers.Conv2D(6, 3, groups=3)))
    with pytest.raises(UserError, match="there is Rescaling at its beginning"):
        first_layer(begun(layers.ZeroPadding2D(1), layers.Rescaling(1.0, 1.0), layers.Conv2D(6, 3)))
    pixels = keras.Input((20, 20, 3), dtype="uint8")
    both = layers.Concatenate()([layers.Conv2D(2, 3, padding="same")(pixels) for _ in range(2)])
    with pytest.raises(UserError, match="several ways at once"):
        first_layer(keras.Model(pixels, both))
