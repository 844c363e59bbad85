"""What every backbone promises, on unfitted networks at 64 px."""

from dataclasses import replace
from functools import partial

import keras
import numpy as np
import pandas as pd
import pytest

from melanoma.errors import UserError
from melanoma.model.backbones.base import FEATURES, Backbone
from melanoma.model.backbones.efficientnet_lite import VARIANTS, imagenet_file
from melanoma.model.backbones.keras_applications import load_fetched
from melanoma.model.backbones.registry import BACKBONES, backbone_named
from melanoma.model.bundle import load_bundle
from melanoma.model.classifier import CompiledNetwork, load_compiled
from melanoma.model.network import HEAD, build_network, convolutional_layers
from melanoma.training.fine_tuning import FINE_TUNING, FineTuning
from melanoma.training.recipes import Precision
from tests.conftest import SHIPPED
from tests.explain.subjects import CODES, SIZE, assert_close, drawings, lively_network

MOMENTS = ("moving_mean", "moving_variance")


TRIED = [
    "mobilenet",
    pytest.param("efficientnet-lite0", marks=pytest.mark.slow("builds a second network of real size")),
]
"""Lite 1 and 2 differ from Lite 0 in counts alone, which `test_imagenet` holds to their weights."""


@pytest.fixture(scope="module", params=TRIED)
def backbone(request) -> Backbone:
    return BACKBONES[request.param]


@pytest.fixture(scope="module")
def network(backbone) -> keras.Model:
    """A network whose maps vary; each test leaves it as it was."""
    return lively_network(backbone)


@pytest.fixture(scope="module")
def pixels() -> np.ndarray:
    return np.stack(drawings())


def features_of(network: keras.Model) -> keras.Model:
    return keras.Model(network.inputs, network.get_layer(FEATURES).output)


def run(network: keras.Model, pixels: np.ndarray) -> np.ndarray:
    return keras.ops.convert_to_numpy(network([pixels], training=False))


def plain_features(backbone: Backbone) -> keras.Model:
    """The backbone with all its strides."""
    inputs = keras.Input((SIZE, SIZE, 3), dtype="uint8")
    return keras.Model([inputs], backbone.build(inputs, dense=False))


def test_the_map_has_a_cell_every_16_pixels(backbone, network):
    cells = SIZE // backbone.stride
    assert cells == 4
    assert network.get_layer(FEATURES).output.shape[1:3] == (cells, cells)
    assert plain_features(backbone).output.shape[1:3] == (2, 2)


@pytest.mark.slow("builds networks of real size again")
def test_dense_and_plain_have_the_same_weights_and_the_same_values_where_both_have_a_cell(
    backbone, network, pixels
):
    dense, plain = features_of(network), plain_features(backbone)
    described = [[(one.path, one.shape) for one in model.weights] for model in (dense, plain)]
    assert described[0] == described[1]
    plain.set_weights(dense.get_weights())
    # The stride kept every second cell, beginning with the second, as TensorFlow pads even sizes.
    found, expected = run(dense, pixels)[:, 1::2, 1::2], run(plain, pixels)
    if any(isinstance(layer, keras.layers.GlobalAveragePooling2D) for layer in dense.layers):
        # Squeeze-and-excitation takes the mean over all cells, and there are more of them.
        assert np.corrcoef(found.ravel(), expected.ravel())[0, 1] > 0.9
    else:
        assert_close(found, expected, share=1e-5)


@pytest.mark.slow("builds networks of real size again")
def test_a_reloaded_network_is_the_same(network, pixels, tmp_path):
    network.save(tmp_path / "model.keras")
    reloaded = keras.saving.load_model(tmp_path / "model.keras", compile=False, safe_mode=True)
    assert [layer.name for layer in reloaded.layers] == [layer.name for layer in network.layers]
    assert all(not isinstance(layer, keras.Model) for layer in reloaded.layers), "one flat graph"
    assert run(reloaded, pixels) == pytest.approx(run(network, pixels), abs=1e-5)


@pytest.mark.slow("builds networks of real size again")
def test_a_network_for_any_size_takes_the_weights(backbone, network, pixels):
    keras.utils.set_random_seed(3)
    free = build_network(backbone, None, len(CODES), synchronized=True)
    free.set_weights(network.get_weights())
    assert run(free, pixels) == pytest.approx(run(network, pixels), abs=1e-4)
    assert run(features_of(free), np.zeros((1, 96, 80, 3), np.uint8)).shape[1:3] == (6, 5)
    norms = [layer for layer in free.layers if isinstance(layer, keras.layers.BatchNormalization)]
    assert norms and all(layer.synchronized for layer in norms)


def moments(network: keras.Model) -> dict[str, np.ndarray]:
    return {weight.path: weight.numpy() for weight in network.weights if weight.path.endswith(MOMENTS)}


def test_frozen_blocks_keep_their_weights_and_batch_statistics(backbone, network, pixels):
    before, weights = moments(network), network.get_weights()
    end = [layer.name for layer in network.layers].index(backbone.blocks[1])
    frozen = {layer.name for layer in network.layers[: end + 1]}
    try:
        backbone.freeze(network, 2)
        network([255 - pixels], training=True)
        after = moments(network)
        changed = {path.split("/")[0] for path in after if (after[path] != before[path]).any()}
        normalised = {path.split("/")[0] for path in before}
        assert changed == normalised - frozen and normalised & frozen
        fitted = {variable.path.split("/")[0] for variable in network.trainable_variables}
        assert fitted and not fitted & frozen and HEAD in fitted
        backbone.freeze(network, 0)
        assert all(layer.trainable for layer in network.layers)
    finally:
        backbone.freeze(network, 0)
        network.set_weights(weights)
    with pytest.raises(ValueError, match=f"has {len(backbone.blocks)} blocks, so 99 cannot be frozen"):
        backbone.freeze(network, 99)


def with_backbone(recipe: str, backbone: str | None) -> FineTuning:
    return FINE_TUNING[recipe].with_options(backbone, Precision.FLOAT32, workers=1, start=None)


@pytest.mark.slow("compiles a network of real size")
def test_a_recipe_freezes_what_the_backbone_says_or_what_it_says_itself(backbone, network):
    quick = with_backbone("quick", backbone.name)
    try:
        for blocks in (None, 2):
            replace(quick, frozen_blocks=blocks).compiled(network)
            count = backbone.frozen_blocks if blocks is None else blocks
            trained = {layer.name for layer in network.layers if layer.trainable}
            assert [name in trained for name in backbone.blocks] == [
                place >= count for place in range(len(backbone.blocks))
            ]
    finally:
        backbone.freeze(network, 0)


def test_a_recipe_takes_any_backbone():
    quick = FINE_TUNING["quick"]
    assert quick.backbone == "mobilenet" and with_backbone("quick", None) == quick
    assert with_backbone("quick", "efficientnet-lite2") == replace(quick, backbone="efficientnet-lite2")
    with pytest.raises(UserError, match="There is no backbone “vgg”"):
        with_backbone("quick", "vgg")


@pytest.mark.slow("builds networks of real size again")
@pytest.mark.parametrize("name", ["efficientnet-lite1", "efficientnet-lite2"])
def test_the_larger_lites_name_layers_that_they_have(name):
    found = BACKBONES[name]
    inputs = keras.Input((None, None, 3), dtype="uint8")
    layers = [layer.name for layer in keras.Model([inputs], found.build(inputs)).layers]
    assert layers[-1] == FEATURES
    assert {*found.depths, *found.blocks, found.in_distribution} <= set(layers)


def test_the_blocks_lie_one_behind_the_other_and_the_depths_grow_coarser(backbone, network):
    names = [layer.name for layer in network.layers]
    places = [names.index(name) for name in backbone.blocks]
    assert places == sorted(places)
    offered = convolutional_layers(network)
    assert len(backbone.depths) == 5 and backbone.depths[-1] == FEATURES == offered[-1]
    assert [offered.index(name) for name in backbone.depths] == sorted(map(offered.index, backbone.depths))
    sides = [network.get_layer(name).output.shape[1] for name in backbone.depths]
    assert sides == [32, 16, 8, 4, 4]


def test_the_in_distribution_check_reads_the_backbone_s_layer(backbone, network, pixels):
    found = CompiledNetwork(network, backbone).run(pixels).features
    maps = run(keras.Model(network.inputs, network.get_layer(backbone.in_distribution).output), pixels)
    assert_close(found, maps.mean(axis=(1, 2)))


@pytest.mark.slow("builds networks of real size again")
@pytest.mark.filterwarnings("ignore:Skipping nested container")  # Keras, of the file that does not fit
def test_weights_that_keras_saved_are_loaded_and_others_refused(backbone, network, tmp_path):
    source = features_of(network)
    source.save_weights(tmp_path / "good.weights.h5")
    inputs = keras.Input((SIZE, SIZE, 3), dtype="uint8")
    fresh = keras.Model([inputs], backbone.build(inputs))
    started = fresh.get_weights()
    backbone.load_weights(fresh, "none")
    assert all((one == two).all() for one, two in zip(started, fresh.get_weights(), strict=True))
    backbone.load_weights(fresh, str(tmp_path / "good.weights.h5"))
    assert all((one == two).all() for one, two in zip(source.get_weights(), fresh.get_weights(), strict=True))
    with pytest.raises(UserError, match="nowhere.h5: the file does not exist"):
        backbone.load_weights(fresh, "nowhere.h5")
    keras.Sequential([keras.Input((2,)), keras.layers.Dense(3)]).save_weights(tmp_path / "other.weights.h5")
    with pytest.raises(UserError, match=f"does not fit {backbone.title} without its top"):
        backbone.load_weights(fresh, str(tmp_path / "other.weights.h5"))


@pytest.mark.parametrize("backbone", BACKBONES.values(), ids=list(BACKBONES))
def test_the_card_names_the_backbone(backbone):
    history = pd.read_csv(SHIPPED / "history.csv")
    card = with_backbone("lesion", backbone.name).description("some weights", history)
    assert card.network.startswith(f"{backbone.title} ({backbone.citation}) at 192 x 192 pixels")
    assert card.network.endswith("beginning with some weights.")
    assert backbone.licence in card.weights_licence and backbone.imagenet[3:] in card.weights_licence


def test_a_bundle_without_the_key_is_a_mobilenet():
    assert load_bundle(SHIPPED).backbone == "mobilenet"
    assert load_compiled(load_bundle(SHIPPED)).backbone is BACKBONES["mobilenet"]


@pytest.mark.parametrize("backbone", BACKBONES.values(), ids=list(BACKBONES))
def test_weights_are_told_in_words(backbone):
    assert backbone.describe_weights("none") == "random weights"
    assert backbone.describe_weights("imagenet") == backbone.imagenet
    assert backbone.describe_weights("some/where/my.weights.h5") == "backbone weights of my.weights.h5"


def test_an_unknown_backbone_is_refused_with_those_there_are():
    with pytest.raises(UserError, match="no backbone “vgg”. Choose one of mobilenet, .*efficientnet-lite0, "):
        backbone_named("vgg")


def spacings(network: keras.Model) -> dict[str, int]:
    """Pixels between the cells that each depthwise convolution takes together."""
    return {
        layer.name: SIZE // (layer.output.shape[1] * layer.strides[0]) * layer.dilation_rate[0]
        for layer in network.layers
        if isinstance(layer, keras.layers.DepthwiseConv2D)
    }


def test_what_the_stride_spread_is_spread_by_dilation(backbone, network):
    dense, plain = spacings(network), spacings(plain_features(backbone))
    assert dense == plain and max(dense.values()) == 32


def test_pixels_come_to_the_first_convolution_between_minus_one_and_one(backbone, network):
    first = next(layer for layer in network.layers if isinstance(layer, keras.layers.Conv2D))
    before = keras.Model(network.inputs, first.input)
    found = run(before, np.full((1, SIZE, SIZE, 3), [0, 51, 255], np.uint8))[0, SIZE // 2, SIZE // 2]
    assert found == pytest.approx([-1, -0.6, 1], abs=0.01)


def test_three_blocks_of_mobilenet_keep_imagenet_s_weights_and_none_of_the_lites():
    assert {name: backbone.frozen_blocks for name, backbone in BACKBONES.items()} == {
        **{"mobilenet": 3, "efficientnet-lite0": 0, "efficientnet-lite1": 0, "efficientnet-lite2": 0}
    }


def test_weights_that_keras_fetches_are_those_of_the_network_without_its_top():
    """The download itself is Keras'."""
    asked = {}

    def application(**options):
        asked.update(options)
        return keras.Sequential([keras.Input((2,)), keras.layers.Dense(3, kernel_initializer="ones")])

    features = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3)])
    load_fetched(application, features)
    assert (features.get_weights()[0] == 1).all()
    assert (asked["include_top"], asked["weights"]) == (False, "imagenet")
    load = BACKBONES["mobilenet"].load_imagenet
    assert isinstance(load, partial)
    assert (load.func, load.args) == (load_fetched, (keras.applications.MobileNet,))


@pytest.mark.parametrize("variant", VARIANTS, ids=lambda variant: variant.title)
def test_the_package_s_file_is_found_without_importing_it(variant, tmp_path, monkeypatch):
    package = variant.package.replace("-", "_")
    (tmp_path / package / "models").mkdir(parents=True)
    (tmp_path / package / "__init__.py").write_text("raise AssertionError")
    (tmp_path / package / "models" / variant.file).touch()
    monkeypatch.syspath_prepend(tmp_path)
    assert imagenet_file(variant) == tmp_path / package / "models" / variant.file
    (tmp_path / package / "models" / variant.file).unlink()
    with pytest.raises(UserError, match=f"come with the package {variant.package}, which is not installed"):
        imagenet_file(variant)


def test_it_has_as_many_weights_as_the_published_network(backbone, network):
    """MobileNet as Keras counts it without its top; Lite 0, of 4.65 million, with its head and without moving
    statistics. That each layer is the published one, the slow test with the real weights says.
    """
    published = {"mobilenet": 3_228_864, "efficientnet-lite0": 4_652_008 - 1_281_000}
    features = features_of(network)
    statistics = sum(int(np.prod(one.shape)) for one in features.weights if one.path.endswith(MOMENTS))
    counted = features.count_params() - (statistics if backbone.name.startswith("efficientnet") else 0)
    assert counted == published[backbone.name]
