"""LiteRT's answers are Keras', or Keras answers."""

import shutil
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest

from melanoma.edits.drawn_lesions import MELANOMA_LIKE, draw_lesion
from melanoma.errors import UserError
from melanoma.model.bundle import LITERT, NETWORK, describe, load_bundle, sha256
from melanoma.model.classifier import Classifier, CompiledNetwork, load_compiled
from melanoma.model.forward_pass import NetworkFacts
from melanoma.model.keras_pass import KerasPass
from melanoma.model.litert_pass import TOLERANCE, LiteRtPass, Origin, threads
from melanoma.model.network import HEAD
from melanoma.training.litert import compare, drawn_pictures
from tests.tiny_backbone import TINY, as_mobilenet

PICTURES = drawn_pictures(96, 4)


@pytest.fixture
def folder(small_bundle, tmp_path):
    """A copy of the small bundle, to be spoilt."""
    return shutil.copytree(small_bundle, tmp_path / "small")


def opened(folder) -> CompiledNetwork:
    with as_mobilenet():
        return load_compiled(load_bundle(folder))


_BY_KERAS: dict[str, CompiledNetwork] = {}


def keras_of(folder: Path) -> CompiledNetwork:
    """Return a bundle's network by Keras, loaded once for all copies of it."""
    digest = sha256(folder / NETWORK)
    if digest not in _BY_KERAS:
        _BY_KERAS[digest] = CompiledNetwork(load_bundle(folder).load_network(), TINY)
    return _BY_KERAS[digest]


def require_keras_with_its_numbers(folder, reason: str, caplog) -> None:
    """Require that Keras answers, that the log and the pass say why, and that the answers are its own."""
    caplog.set_level("INFO", logger="melanoma.model.classifier")
    compiled = opened(folder)
    assert compiled.forward.engine == "Keras"
    assert reason in str(compiled.forward.instead) and reason in caplog.text
    found, wanted = compiled.run(PICTURES), keras_of(folder).run(PICTURES)
    np.testing.assert_array_equal(found.logits, wanted.logits)
    np.testing.assert_array_equal(found.class_maps, wanted.class_maps)


def test_litert_gives_the_numbers_of_keras(small_bundle):
    compiled = opened(small_bundle)
    assert compiled.forward.engine == "LiteRT" and compiled.forward.instead is None
    found = compare(compiled.forward, keras_of(small_bundle).forward, drawn_pictures(96, 24))
    assert found.equal and found.pictures == 24
    assert max(found.logits, found.class_maps, found.features) <= TOLERANCE


@pytest.mark.slow("the tutorial's network, converted")
def test_a_network_without_class_maps_has_none_by_litert_either(nine_bundle):
    bundle = load_bundle(nine_bundle)
    compiled, other = load_compiled(bundle), CompiledNetwork(bundle.load_network())
    assert compiled.forward.engine == "LiteRT" and not compiled.additive
    pictures = drawn_pictures(64, 3)
    assert compiled.run(pictures).class_maps is None
    assert compare(compiled.forward, other.forward, pictures).equal


@pytest.mark.slow("the shipped network's file is that network")
def test_the_shipped_file_gives_the_numbers_of_keras(shipped_classifier):
    bundle = shipped_classifier.bundle
    wanted = CompiledNetwork(bundle.load_network(), shipped_classifier.compiled.backbone)
    forward = load_compiled(bundle).forward
    assert forward.engine == "LiteRT"
    found = compare(forward, wanted.forward, drawn_pictures(bundle.image_size, 200))
    assert found.equal, str(found)


def test_what_is_known_of_a_network_is_the_same_by_both(small_bundle):
    one, other = opened(small_bundle), keras_of(small_bundle)
    for name in ("size", "additive", "grid", "channels", "convolutions", "layers"):
        assert getattr(one, name) == getattr(other, name), name
    np.testing.assert_array_equal(one.bias, other.bias)


def test_a_picture_has_the_same_numbers_alone_and_among_others(small_bundle):
    forward = opened(small_bundle).forward
    together = forward.run(PICTURES)
    for row, picture in enumerate(PICTURES):
        alone = forward.run(picture[None])
        np.testing.assert_array_equal(alone.logits[0], together.logits[row])
        np.testing.assert_array_equal(alone.class_maps[0], together.class_maps[row])


def test_threads_do_not_mix_their_pictures(small_bundle):
    forward = opened(small_bundle).forward
    wanted = forward.run(PICTURES).logits
    with ThreadPoolExecutor(4) as pool:
        found = pool.map(lambda row: (row, forward.run(PICTURES[[row]]).logits[0]), [0, 1, 2, 3] * 10)
    for row, logits in found:
        np.testing.assert_array_equal(logits, wanted[row])


def test_keras_is_loaded_when_something_differentiates(small_bundle, monkeypatch):
    bundle = load_bundle(small_bundle)
    asked = []
    monkeypatch.setattr(
        type(bundle),
        "load_network",
        lambda self: asked.append(self) or keras.saving.load_model(self.path / NETWORK, compile=False),
    )
    with as_mobilenet():
        compiled = load_compiled(bundle)
        compiled.run(PICTURES)
        assert asked == []
        assert compiled.built_once("a twin", lambda: compiled.network) is compiled.network
        assert len(asked) == 1


def test_the_file_of_another_network_is_not_used(folder, caplog):
    bundle = load_bundle(folder)
    network = bundle.load_network()
    kernel, bias = network.get_layer(HEAD).get_weights()
    network.get_layer(HEAD).set_weights([kernel, bias + 1])
    network.save(folder / NETWORK)
    describe(folder, bundle)
    require_keras_with_its_numbers(folder, "was made of another network", caplog)


def test_a_missing_file(folder, caplog):
    (folder / LITERT).unlink()
    require_keras_with_its_numbers(folder, "is missing", caplog)


def test_a_bundle_that_never_had_one(folder, caplog):
    bundle = load_bundle(folder)
    (folder / LITERT).unlink()
    describe(folder, bundle)
    require_keras_with_its_numbers(folder, "has no LiteRT file", caplog)


def test_a_changed_file(folder, caplog):
    content = bytearray((folder / LITERT).read_bytes())
    content[len(content) // 2] ^= 1
    (folder / LITERT).write_bytes(content)
    require_keras_with_its_numbers(folder, "does not match its checksum", caplog)


@pytest.mark.parametrize("content", [b"", b"\0" * 4096])
def test_a_file_of_another_kind(folder, content, caplog):
    bundle = load_bundle(folder)
    (folder / LITERT).write_bytes(content)
    describe(folder, bundle)
    require_keras_with_its_numbers(folder, "LiteRT cannot run the file here", caplog)


def test_litert_is_not_installed(folder, caplog, monkeypatch):
    monkeypatch.setitem(sys.modules, "ai_edge_litert.interpreter", None)
    require_keras_with_its_numbers(folder, "LiteRT is not installed", caplog)


def test_a_processor_that_it_does_not_run_on(folder, caplog, monkeypatch):
    def refuse(*_, **__):
        raise RuntimeError("failed to create XNNPACK runtime: unsupported hardware")

    monkeypatch.setattr("ai_edge_litert.interpreter.Interpreter", refuse)
    require_keras_with_its_numbers(folder, "unsupported hardware", caplog)


@pytest.mark.parametrize("off", [2e-4, np.nan])
def test_an_interpreter_that_computes_something_else(folder, caplog, monkeypatch, off):
    from ai_edge_litert.interpreter import Interpreter

    class Astray(Interpreter):
        def get_signature_runner(self, name):
            right = super().get_signature_runner(name)
            return lambda pixels: (found := right(pixels=pixels)) | {"logits": found["logits"] + off}

    monkeypatch.setattr("ai_edge_litert.interpreter.Interpreter", Astray)
    require_keras_with_its_numbers(folder, "computes other numbers here", caplog)


def test_a_file_says_what_it_was_made_of():
    facts = NetworkFacts(32, True, (2, 3), 4, {"relu": 8, "features": 16}, np.array([0.1, -2], np.float32))
    origin = Origin("ab" * 32, facts, (0.25, -0.5))
    again = Origin.of_bytes(origin.as_bytes())
    assert replace(again, facts=facts) == origin
    assert again.facts.layers == facts.layers and again.facts.grid == (2, 3) and again.facts.channels == 16
    np.testing.assert_array_equal(again.facts.bias, facts.bias)


@pytest.mark.parametrize(("told", "wanted"), [("3", 3), ("1", 1)])
def test_it_computes_on_as_many_threads_as_tensorflow_is_told_to(monkeypatch, told, wanted):
    monkeypatch.setenv("TF_NUM_INTRAOP_THREADS", told)
    assert threads() == wanted


@pytest.mark.parametrize("told", ["", "0", "many"])
def test_it_computes_on_all_cores_where_nobody_says(monkeypatch, told):
    monkeypatch.setenv("TF_NUM_INTRAOP_THREADS", told)
    monkeypatch.setattr("os.sched_getaffinity", lambda _: {0, 2, 5}, raising=False)
    assert threads() == 3


def test_what_it_says_of_itself_is_not_for_users_and_all_else_is(small_bundle, capfd):
    import os

    from melanoma.model.litert_pass import _without_greeting

    opened(small_bundle)
    with _without_greeting():
        os.write(2, b"INFO: Created TensorFlow Lite XNNPACK delegate for CPU.\nsomething is wrong\n")
    assert capfd.readouterr().err == "something is wrong\n"


def test_a_photo_is_answered_as_by_keras(small_bundle):
    photo = draw_lesion(MELANOMA_LIKE, 120, 160, 7).image
    with as_mobilenet():
        one, other = (Classifier(load_bundle(small_bundle)) for _ in range(2))
    other.compiled = keras_of(small_bundle)
    found, wanted = one([photo])[0], other([photo])[0]
    assert found.probabilities == pytest.approx(wanted.probabilities, abs=1e-5)
    assert found.evidence == pytest.approx(wanted.evidence, abs=TOLERANCE)
    assert found.novelty == pytest.approx(wanted.novelty, abs=1e-4)
    assert (found.melanoma_alert, found.prediction_set) == (wanted.melanoma_alert, wanted.prediction_set)


def test_a_pass_names_the_network_that_its_file_was_made_of(small_bundle):
    bundle = load_bundle(small_bundle)
    assert isinstance(keras_of(small_bundle).forward, KerasPass)
    with pytest.raises(UserError, match="another network"):
        LiteRtPass(bundle.load_litert(), bundle.image_size, "0" * 64)
