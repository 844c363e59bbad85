"""A network is converted to LiteRT, and refused where that is another one."""

import shutil
from dataclasses import replace

import keras
import numpy as np
import pytest

from melanoma.errors import UserError
from melanoma.model.backbones.registry import BACKBONES
from melanoma.model.bundle import LITERT, NETWORK, load_bundle
from melanoma.model.classifier import load_compiled
from melanoma.model.forward_pass import Outputs
from melanoma.model.keras_pass import KerasPass
from melanoma.training import litert
from melanoma.training.additions import add_litert
from melanoma.training.litert import compare, drawn_pictures, photos_of, write_litert
from tests.tiny_backbone import TINY, as_mobilenet


class Made:
    """Stands in for a pass: it answers what a test has written down."""

    def __init__(self, logits, class_maps, features, last_features=((1.0,),)):
        self.outputs = Outputs(
            *(
                None if part is None else np.array(part)
                for part in (logits, class_maps, features, last_features)
            )
        )

    def run(self, pixels):
        return self.outputs


def test_differences_by_hand():
    keras_ = Made([[1.0, -2.0]], [[[[0.5, 0.25]]]], [[4.0, 2.0]])
    other = Made([[1.5, -2.0]], [[[[0.5, 0.5]]]], [[4.0, 1.0]])
    found = compare(other, keras_, np.zeros((2, 1, 1, 3)))
    assert (found.pictures, found.logits, found.class_maps, found.features) == (2, 0.5, 0.25, 0.25)
    assert not found.equal
    assert compare(keras_, keras_, np.zeros((1, 1, 1, 3))).equal
    assert not compare(
        Made([[1.0, np.nan]], None, [[4.0]]), Made([[1.0, -2]], None, [[4.0]]), [np.zeros(1)]
    ).equal
    assert not compare(Made([[1.0]], None, [[4.0]]), Made([[1.0]], [[[[1.0]]]], [[4.0]]), [np.zeros(1)]).equal


@pytest.mark.parametrize(("by", "equal"), [(0.9e-4, True), (1.1e-4, False)])
def test_a_ten_thousandth_is_taken(by, equal):
    assert compare(Made([[by]], None, [[1.0]]), Made([[0.0]], None, [[1.0]]), [np.zeros(1)]).equal is equal


def test_a_converted_network_that_answers_otherwise_is_refused(small_bundle, tmp_path, monkeypatch):
    shutil.copy(small_bundle / NETWORK, tmp_path)
    network = KerasPass(keras.saving.load_model(tmp_path / NETWORK, compile=False), TINY)
    run, content = network.run, (small_bundle / LITERT).read_bytes()
    monkeypatch.setattr(litert, "convert", lambda *_: content)
    monkeypatch.setattr(network, "run", lambda pixels: replace(run(pixels), logits=run(pixels).logits + 0.01))
    refused = r"differs from Keras' by at most 0.01 in the logits.*No file was written"
    with pytest.raises(UserError, match=refused):
        write_litert(tmp_path, network, drawn_pictures(96, 2))
    assert not (tmp_path / LITERT).exists()


@pytest.mark.slow("what the converter itself says")
def test_what_litert_does_not_compute_is_a_sentence(tmp_path):
    pixels = keras.Input((32, 32, 3), dtype="uint8")
    maps = keras.layers.Conv2D(4, 3, dtype="mixed_bfloat16")(keras.layers.Rescaling(1 / 255)(pixels))
    maps = keras.layers.Activation("relu", name="features", dtype="mixed_bfloat16")(maps)
    logits = keras.layers.Dense(2, name="logits", dtype="float32")(
        keras.layers.GlobalAveragePooling2D(name="pooling", dtype="float32")(maps)
    )
    network = keras.Model(pixels, logits)
    network.save(tmp_path / NETWORK)
    with pytest.raises(UserError, match="cannot be converted to LiteRT: “"):
        write_litert(tmp_path, KerasPass(network), drawn_pictures(32, 1))
    assert not (tmp_path / LITERT).exists()


@pytest.mark.slow("converts a network, as every export of a bundle does")
def test_a_finished_bundle_gets_one(small_bundle, drawn_folder, tmp_path, monkeypatch):
    folder = shutil.copytree(small_bundle, tmp_path / "small")
    bundle = load_bundle(folder)
    (folder / LITERT).unlink()
    monkeypatch.setattr(litert, "PICTURES", 3)
    with as_mobilenet():
        monkeypatch.setitem(BACKBONES, "mobilenet", TINY)
        made, found = add_litert(bundle, [drawn_folder])
        assert load_compiled(made).forward.engine == "LiteRT"
    assert found.equal and found.pictures == 24
    assert set(made.files) == set(bundle.files)


def test_photos_are_framed_as_the_network_sees_them(drawn_folder):
    from melanoma.data.labels.read import read_labels

    found = photos_of(read_labels(drawn_folder).table, 48, "centre-square", count=5)
    assert found.shape == (5, 48, 48, 3) and found.dtype == np.uint8
