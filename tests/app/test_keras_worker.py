"""The process for TensorFlow: its numbers are those of this one."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest

from melanoma.app.keras_worker import KerasWorker, _NetworkThere
from melanoma.edits.drawn_lesions import MELANOMA_LIKE, draw_lesion
from melanoma.errors import UserError
from melanoma.explain.lesson.class_maps import by_gradients, by_weights
from melanoma.explain.lesson.feature_maps import backbone_of, depths_of, feature_maps
from melanoma.explain.lesson.first_layer_task import first_layer_of
from melanoma.explain.registry import METHODS
from melanoma.exports.explanation import map_of_randomised
from melanoma.laboratory.feature_store import DEPTHS
from melanoma.laboratory.features import reader
from melanoma.model.keras_task import load_keras
from melanoma.pause_points import listening

pytestmark = pytest.mark.slow("TensorFlow is imported in a process of its own")
FEW = {"score-cam": {"channels": 8}, "smoothgrad": {"copies": 4}, "integrated-gradients": {"steps": 8}}


@pytest.fixture(scope="module")
def worker():
    made = KerasWorker()
    yield made
    made.close()


@pytest.fixture(scope="module")
def there(worker, shipped_classifier):
    """The shipped network, whose Keras model is in the worker."""
    return shipped_classifier.compiled.with_keras_in(_NetworkThere(worker, shipped_classifier.bundle))


@pytest.fixture(scope="module")
def prediction(shipped_classifier):
    return shipped_classifier([draw_lesion(MELANOMA_LIKE, 450, 600, 5).image])[0]


def same(here, there):
    assert here.dtype == there.dtype and here.shape == there.shape
    np.testing.assert_allclose(there, here, atol=1e-6 * max(1.0, float(np.abs(here).max())), rtol=0)


@pytest.mark.parametrize("name", [name for name, method in METHODS.items() if not method.for_comparison])
def test_every_method_s_map_is_that_of_this_process(name, there, shipped_classifier, prediction):
    method, here = METHODS[name], shipped_classifier.compiled
    controls = {control.name for control in method.controls(here, prediction.codes)}
    settings = FEW.get(name, {}) | ({"layer": tuple(here.layers)[-3]} if "layer" in controls else {})
    same(
        method.explain(method.request(here, prediction, "MEL", settings)),
        method.explain(method.request(there, prediction, "MEL", settings)),
    )


def test_the_lesson_s_numbers_are_those_of_this_process(there, shipped_classifier, prediction):
    here = shipped_classifier.compiled
    assert depths_of(there) == depths_of(here)
    assert backbone_of(there) == backbone_of(here)
    pairs = zip(feature_maps(here, prediction.pixels), feature_maps(there, prediction.pixels), strict=True)
    for one, other in pairs:
        assert (one.layer, one.channels, one.total) == (other.layer, other.channels, other.total)
        same(one.maps, other.maps)
    same(by_weights(here, prediction, "MEL").whole, by_weights(there, prediction, "MEL").whole)
    layer = depths_of(here)[2]
    same(
        by_gradients(here, prediction, "MEL", layer).whole,
        by_gradients(there, prediction, "MEL", layer).whole,
    )
    one, other = first_layer_of(here), first_layer_of(there)
    assert (one.rectifier, one.pooling, one.stride) == (other.rectifier, other.pooling, other.stride)
    same(one.sums(prediction.pixels), other.sums(prediction.pixels))


@pytest.mark.parametrize("depth", DEPTHS)
def test_the_laboratory_s_features_are_those_of_this_process(depth, there, shipped_classifier, prediction):
    pixels = np.stack([prediction.pixels, prediction.pixels[::-1]])
    same(reader(shipped_classifier.compiled, depth)(pixels), reader(there, depth)(pixels))


def test_a_map_of_randomised_weights_is_that_of_this_process(there, shipped_classifier, prediction):
    asked = (METHODS["evidence"], prediction, {}, "MEL")
    same(map_of_randomised(shipped_classifier.compiled, *asked), map_of_randomised(there, *asked))


def test_an_error_of_the_user_is_the_same_sentence_and_the_process_stays(worker, there, prediction):
    load_keras(there)
    pid = worker.pid
    with pytest.raises(UserError, match="“nowhere” is not a convolutional layer"):
        by_gradients(there, prediction, "MEL", "nowhere")
    assert worker.pid == pid


def test_a_defect_comes_with_its_traceback_and_the_process_stays(worker, there, prediction):
    load_keras(there)
    pid = worker.pid
    with pytest.raises(RuntimeError, match="class_maps.py(.|\n)*TypeError$") as raised:
        by_gradients(there, replace(prediction, pixels=prediction.pixels[:5]), "MEL", "features")
    assert "array(" not in str(raised.value), "TensorFlow's message holds the pixels"
    assert worker.pid == pid
    with pytest.raises(RuntimeError, match="ValueError$"):
        there.keras_process.compute("melanoma.explain.lesson.feature_maps:strongest_channels", ())
    assert worker.pid == pid


def test_threads_that_ask_at_once_get_their_own_maps(there, shipped_classifier, prediction):
    here, method = shipped_classifier.compiled, METHODS["hires-cam"]
    layers = tuple(here.layers)[-3:-1]
    asked = [(layer, code) for layer in layers for code in ("MEL", "NV")] * 2

    def ask(network):
        return lambda pair: method.explain(
            method.request(network, prediction, pair[1], {"layer": pair[0]}).only(pair[1])
        )

    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(ask(there), asked))
    expected = {pair: ask(here)(pair) for pair in asked}
    for pair, map_there in zip(asked, found, strict=True):
        same(expected[pair], map_there)


def test_a_long_map_pauses_and_others_ask_in_between(worker, there, shipped_classifier, prediction):
    asked = METHODS["smoothgrad"], "MEL", {"copies": 6}
    shares, depths = [], depths_of(shipped_classifier.compiled)

    def listen(share):
        shares.append(share)
        assert depths_of(there) == depths

    with listening(listen):
        paused = asked[0].explain(asked[0].request(there, prediction, *asked[1:]))
    same(asked[0].explain(asked[0].request(shipped_classifier.compiled, prediction, *asked[1:])), paused)
    assert len(set(shares)) > 2 and sorted(shares) == shares and shares[-1] <= 1


def test_a_model_that_was_replaced_is_not_asked(worker, shipped_classifier):
    bundle = replace(shipped_classifier.bundle, temperature=9.0)
    with pytest.raises(UserError, match="isic8-mobilenet was replaced meanwhile"):
        worker.compute(bundle, "melanoma.model.keras_task:load_keras", ())


def test_a_model_that_is_gone_is_named_without_its_folder(worker, shipped_classifier, tmp_path):
    bundle = replace(shipped_classifier.bundle, path=tmp_path / "lost")
    with pytest.raises(UserError, match="^lost is not a model"):
        worker.compute(bundle, "melanoma.model.keras_task:load_keras", ())


def test_no_task_runs_twice_where_its_function_is_called_in_the_worker(there):
    """A task that calls a task computes both there: the worker's own network has no other process."""
    assert there.keras_process is not None
    with pytest.raises(RuntimeError, match="in another process"):
        _ = there.network
