"""A Keras classifier of one's own becomes a bundle that answers as it does."""

import json

import keras
import numpy as np
import pandas as pd
import pytest

from melanoma.errors import UserError
from melanoma.model.bundle import load_bundle
from melanoma.model.classifier import Classifier
from melanoma.photos.framing import frame
from melanoma.photos.reading import read_image
from melanoma.training.adopting import adopt

L = keras.layers


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    """A Sequential model of the classes melanoma and nevus, in the order of the folders' names."""
    keras.utils.set_random_seed(3)
    layers = [L.Rescaling(1 / 255), L.Conv2D(4, 3, activation="relu"), L.GlobalAveragePooling2D()]
    model = keras.Sequential([keras.Input((64, 64, 3)), *layers, L.Dense(2, activation="softmax")])
    file = tmp_path_factory.mktemp("own") / "own.keras"
    model.save(file)
    return file


@pytest.mark.slow("a bundle made and opened by four commands")
def test_the_bundle_answers_as_the_model_does_and_is_opened_like_any_other(
    own, drawn_folder, drawn_photo, tmp_path, melanoma
):
    out = tmp_path / "models" / "own"
    status, printed, complaint = melanoma(
        *("adopt", own, "--data", drawn_folder, "--out", out, "--sensitivity", "0.8", "--json")
    )
    assert status == 0, complaint
    assert json.loads(printed)["codes"] == ["MEL", "NV"]
    bundle = load_bundle(out)
    photos = [read_image(path) for path in sorted(drawn_folder.rglob("*.png"))[:3]]
    shown = np.stack([frame(photo, 64)[0] for photo in photos])
    expected = keras.saving.load_model(own, compile=False).predict(shown, verbose=0)
    logits = np.stack([found.logits for found in Classifier(bundle)(photos)])
    scores = logits + np.log(bundle.prior)
    assert np.exp(scores - np.logaddexp.reduce(scores, axis=1)[:, None]) == pytest.approx(expected, abs=1e-5)
    card = (out / "MODEL_CARD.md").read_text(encoding="utf-8")
    assert "own.keras" in card and "not known here" in card
    assert "HAM10000" not in card and "history.png" not in card
    split = bundle.load_split()["split"]
    assert set(split) == {"calibration", "test"}
    for command in (
        ("predict", drawn_photo, "--json"),
        ("explain", drawn_photo, "--out", tmp_path / "o.png"),
    ):
        status, printed, complaint = melanoma(*command, "--model", out)
        assert status == 0, complaint
    again, _, complaint = melanoma("recalibrate", out, "--sensitivity", "0.8")
    assert again == 0, complaint


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"classes": "MEL,NV,BCC"}, "has 2 outputs, and 3 diagnoses are named"),
        ({"classes": "NV,BCC"}, "No output of the model is melanoma"),
        ({"classes": "MEL,mole,nevus"}, "NV stands for two outputs"),
        ({"classes": "MEL,potato"}, "“potato”"),
        ({"classes": "MEL,BCC"}, "The labels hold NV, for which the model has no output"),
        ({"framing": "oval"}, "There is no framing"),
        ({"preprocessing": "odd"}, "There is no preprocessing"),
        ({}, "too few for a sensitivity of 0.95"),
    ],
)
def test_labels_that_do_not_fit_are_a_sentence(own, drawn_folder, tmp_path, options, sentence):
    with pytest.raises(UserError, match=sentence):
        adopt(own, drawn_folder, tmp_path / "out", **options)
    assert not (tmp_path / "out").exists()


def test_a_table_does_not_say_the_order_of_outputs(own, drawn_folder, tmp_path):
    rows = [(path.relative_to(drawn_folder), path.parent.name) for path in drawn_folder.rglob("*.png")]
    table = tmp_path / "labels.csv"
    pd.DataFrame(rows, columns=["path", "diagnosis"]).to_csv(table, index=False)
    with pytest.raises(UserError, match="Nothing says which output"):
        adopt(own, table, tmp_path / "out", drawn_folder)


def test_a_model_that_answers_otherwise_as_one_graph_is_not_adopted(own, drawn_folder, tmp_path, monkeypatch):
    monkeypatch.setattr("melanoma.model.adopted_network.AdoptedNetwork.difference", lambda *_: 2e-5)
    with pytest.raises(UserError, match="answers otherwise"):
        adopt(own, drawn_folder, tmp_path / "out", sensitivity=0.8)
