"""What a visitor reads when the model goes or memory ends with the page open, and how the page goes on."""

import shutil
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from melanoma.app.parts.shared import model
from tests.tiny_backbone import as_mobilenet

SCRIPT = Path(__file__).parents[2] / "melanoma" / "app" / "entry" / "script.py"
ALONE = """
import errno
import cv2
import numpy as np
import tensorflow as tf
from melanoma.app.parts.shared.model import classifier
from melanoma.app.parts.shared.error_messages import fragment

def raises(error):
    raise error

fragment(lambda: {work})()
"""
SHORT = "The server has too little memory for this"


@pytest.fixture
def folder(small_bundle, tmp_path, monkeypatch):
    """A folder with one model, which no other test has loaded."""
    shutil.copytree(small_bundle, tmp_path / "small")
    monkeypatch.setenv("MELANOMA_MODELS", str(tmp_path))
    model._load_bundle.clear()
    model._load_network.clear()
    return tmp_path / "small"


def opened() -> AppTest:
    app = AppTest.from_file(str(SCRIPT), default_timeout=240)
    app.run()
    return app


def errors(app: AppTest) -> list[str]:
    assert not app.exception
    return [error.value for error in app.error if "elanoma alert" not in error.value]


@pytest.mark.slow("a page with the shipped network, loaded anew")
def test_a_model_that_comes_is_used_by_the_page_that_missed_it(folder):
    folder.rename(folder.with_name(".small"))
    page = opened()
    assert errors(page) == ["There is no model. The operator has to put one into the folder of models."]
    folder.with_name(".small").rename(folder)
    assert errors(page.run()) == []
    assert page.selectbox


each_file = pytest.mark.parametrize(
    "name", ["model.keras", pytest.param("features.npz", marks=pytest.mark.slow("the same of a second file"))]
)


@each_file
def test_a_damaged_file_is_refused_until_it_is_whole_again(folder, name):
    whole = (folder / name).read_bytes()
    (folder / name).write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    page = opened()
    assert errors(page) == [
        f"small/{name} does not match its checksum, so it is not used. Copy the model again."
    ]
    (folder / name).write_bytes(whole)
    assert errors(page.run()) == []
    assert page.selectbox


@pytest.mark.slow("a model whose file goes while it is used")
def test_a_file_that_goes_after_the_check_is_a_sentence(folder):
    model.bundle_named("small")
    whole = (folder / "features.npz").read_bytes()
    (folder / "features.npz").unlink()
    page = opened()
    assert errors(page) == ["small is incomplete: features.npz is missing. Copy the model again."]
    (folder / "features.npz").write_bytes(whole)
    assert errors(page.run()) == []


@pytest.mark.slow("a model whose network goes while it is used")
def test_answers_go_on_without_the_keras_file_until_something_differentiates(folder):
    model.bundle_named("small")
    whole = (folder / "model.keras").read_bytes()
    (folder / "model.keras").unlink()
    page = opened()
    assert errors(page) == []
    with as_mobilenet():
        next(box for box in page.selectbox if box.label == "Method").set_value("layer-cam").run()
        assert errors(page) == ["small is incomplete: model.keras is missing. Copy the model again."]
        (folder / "model.keras").write_bytes(whole)
        assert errors(page.run()) == []


def test_a_part_that_runs_alone_says_that_the_model_is_gone(folder):
    folder.rename(folder.with_name(".small"))
    page = AppTest.from_string(ALONE.format(work="classifier()"), default_timeout=60).run()
    assert errors(page) == ["There is no model. The operator has to put one into the folder of models."]


@pytest.mark.parametrize(
    "work",
    [
        "np.empty(10**18)",
        "cv2.resize(np.zeros((9, 9, 3), np.uint8), (10**9, 10**9))",
        "raises(OSError(errno.ENOMEM, 'Cannot allocate memory'))",
        'raises(RuntimeError("can\'t start new thread"))',
        "raises(tf.errors.ResourceExhaustedError(None, None, 'OOM when allocating tensor'))",
    ],
)
def test_a_part_that_gets_no_memory_says_so(work):
    page = AppTest.from_string(ALONE.format(work=work), default_timeout=60).run()
    assert SHORT in errors(page)[0]


@pytest.mark.parametrize("work", ["1 / 0", "raises(OSError(errno.EIO, 'Input/output error'))"])
def test_a_defect_stays_one(work):
    page = AppTest.from_string(ALONE.format(work=work), default_timeout=60).run()
    assert page.exception and not page.error


@pytest.mark.slow("a page of two photos, one of which finds no memory")
def test_a_photo_without_memory_for_it_costs_no_other(drawn_photo, monkeypatch):
    page = opened()
    page.file_uploader[0].upload("one.jpg", drawn_photo.read_bytes(), "image/jpeg").run()
    with monkeypatch.context() as short:
        short.setattr("melanoma.photos.sandbox.np.empty", no_memory)
        page.file_uploader[0].upload("two.jpg", drawn_photo.read_bytes() + b" ", "image/jpeg").run()
    assert SHORT in as_read(errors(page)[0])
    assert [button.label for button in page.button if button.label.startswith("Photo")] == ["Photo 1"]
    page.file_uploader[0].upload("two.jpg", drawn_photo.read_bytes() + b" ", "image/jpeg").run()
    assert errors(page) == []
    assert [button.label for button in page.button if button.label.startswith("Photo")][1:] == ["Photo 2"]


@pytest.mark.slow("the page with the shipped network")
def test_a_network_without_memory_says_so_and_answers_later(drawn_photo, monkeypatch):
    page = opened()
    with monkeypatch.context() as short:
        short.setattr("melanoma.app.parts.shared.prediction.run_network", no_memory)
        page.file_uploader[0].upload("one.jpg", drawn_photo.read_bytes(), "image/jpeg").run()
    assert SHORT in errors(page)[0]
    assert not page.selectbox
    assert errors(page.run()) == []
    assert page.selectbox


def no_memory(*_: object) -> None:
    raise MemoryError


def as_read(markdown: str) -> str:
    return markdown.replace("\\", "")
