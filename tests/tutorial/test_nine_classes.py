"""A bundle of nine classes without an evidence map: every command takes it, and says what it lacks."""

import json
import shutil
from dataclasses import asdict

import keras
import numpy as np
import pytest
import tensorflow as tf
from typer.testing import CliRunner

from melanoma.cli import commands
from melanoma.diagnoses import NINE, canonical, diagnosis_of, members
from melanoma.errors import UserError
from melanoma.evaluation.evaluate import group_probabilities
from melanoma.explain.base import ExplanationRequest
from melanoma.explain.registry import METHODS, first_method, offered_methods
from melanoma.model.bundle import load_bundle
from melanoma.model.network import FEATURES
from melanoma.photos.reading import read_image
from tests.explain.test_methods import QUICK

pytestmark = pytest.mark.slow("a bundle of the tutorial's network, which is of real size")
SUMS = ("evidence", "difference", "class-map")


@pytest.fixture(scope="module")
def prediction(nine_classifier, drawn_photo):
    return nine_classifier([read_image(drawn_photo)])[0]


def test_the_label_set_is_the_bundles_own(nine_bundle, prediction):
    bundle = load_bundle(nine_bundle)
    assert bundle.codes == NINE
    assert prediction.codes == NINE
    assert prediction.probabilities.sum() == pytest.approx(1)
    assert [diagnosis_of(code).malignant for code in ("PBK", "SK")] == [False, False]
    card = (nine_bundle / "MODEL_CARD.md").read_text(encoding="utf-8")
    assert "Seborrhoeic keratosis" in card and "several sides" in card and "MobileNet" not in card
    assert "computed in float32" in card


@pytest.mark.parametrize(
    ("recipe", "backbone"), [("tutorial-a", None), ("tutorial-d-honest", None), ("lesion", "mobilenet")]
)
def test_in_the_first_format_the_recipe_s_name_tells_a_network_without_a_backbone(
    nine_bundle, tmp_path, recipe, backbone
):
    copy = shutil.copytree(nine_bundle, tmp_path / "older")
    fields = asdict(load_bundle(copy)) | {"format": 1, "recipe": {"name": recipe}}
    del fields["path"], fields["backbone"]
    older = {"distance_threshold": "novelty_threshold"}
    content = {older.get(name, name): value for name, value in fields.items()}
    (copy / "bundle.json").write_text(json.dumps(content), encoding="utf-8")
    assert load_bundle(copy).backbone == backbone


def test_folder_names_mean_parts_only_where_asked():
    assert canonical("seborrheic keratosis") == "BKL"
    assert canonical("seborrheic keratosis", parts=True) == "SK"
    assert canonical("Pigmented_benign keratosis", parts=True) == "PBK"
    assert members("BKL", NINE) == ("PBK", "SK")
    assert members("BKL") == ("BKL",)
    assert members("AKIEC", NINE) == ("AK", "SCC")


def test_a_joined_label_gets_the_sum_of_its_parts():
    probabilities = np.array([[0.0, 0.0, 0.0, 0.5, 0.1, 0.15, 0.25, 0.0, 0.0]])
    grouped = group_probabilities(probabilities, NINE, ("BKL", "MEL", "NV"))
    assert grouped[0] == pytest.approx([0.4, 0.5, 0.1])


def test_the_alert_follows_the_bundles_threshold(nine_classifier, prediction):
    bundle = nine_classifier.bundle
    predictions = bundle.load_predictions()
    melanomas = predictions[(predictions["split"] == "calibration") & (predictions["diagnosis"] == "MEL")]
    found = (melanomas["MEL"] >= bundle.alert_threshold).mean()
    assert found >= bundle.alert_bound
    assert prediction.melanoma_alert == (prediction.probability("MEL") >= bundle.alert_threshold)


def test_the_probabilities_are_the_networks_own_softmax(nine_classifier, prediction):
    network = nine_classifier.bundle.load_network()
    logits = network([prediction.pixels[None]]).numpy()[0].astype(float)
    # The bundle took the classes' shares out of the bias and puts them back: all alike here.
    expected = np.exp(logits) / np.exp(logits).sum()
    assert prediction.probabilities == pytest.approx(expected, abs=1e-5)


def test_there_is_no_evidence_map_and_the_reason_is_told(nine_classifier, prediction):
    assert prediction.evidence is None
    assert first_method(nine_classifier.compiled).name == "grad-cam"
    offered = offered_methods(nine_classifier.compiled)
    assert next(iter(offered)) == "grad-cam"
    assert set(METHODS) - set(offered) == set(SUMS)
    for name in SUMS:
        with pytest.raises(UserError, match="no sum over regions"):
            METHODS[name].explain(ExplanationRequest(nine_classifier.compiled, prediction))


def test_grad_cam_is_the_formula(nine_classifier, prediction):
    network, index = nine_classifier.compiled.network, NINE.index("MEL")
    lower = keras.Model(network.inputs, network.get_layer(FEATURES).output)
    maps = tf.constant(lower([prediction.pixels[None]]).numpy())
    with tf.GradientTape() as tape:
        tape.watch(maps)
        x = maps
        for name in ("pool_2", "dropout", "flat", "dense", "logits"):
            x = network.get_layer(name)(x)
        # The log-odds against the others, for the temperature and the even mix of this bundle.
        scores = x[0] / nine_classifier.bundle.temperature
        others = tf.concat([scores[:index], scores[index + 1 :]], axis=0)
        log_odds = scores[index] - tf.reduce_logsumexp(others)
    weights = tape.gradient(log_odds, maps).numpy()[0].mean(axis=(0, 1))
    expected = np.maximum((maps.numpy()[0] * weights).sum(axis=-1), 0)
    found = METHODS["grad-cam"].explain(
        ExplanationRequest(nine_classifier.compiled, prediction, {}, ("MEL",))
    )[..., 0]
    assert found.shape == nine_classifier.compiled.grid
    assert np.allclose(found, expected, atol=1e-5 * max(expected.max(), 1))


@pytest.mark.parametrize("name", [name for name in METHODS if name not in SUMS])
def test_every_other_method_explains_it(nine_classifier, prediction, name):
    asked = ExplanationRequest(nine_classifier.compiled, prediction, QUICK.get(name, {}), ("MEL",))
    found = METHODS[name].explain(asked)
    assert found.shape[2] == 1 and np.isfinite(found).all()
    assert np.ptp(found) > 0


def test_commands_take_it(nine_bundle, drawn_photo, tmp_path):
    run = CliRunner().invoke
    maps = tmp_path / "maps"
    told = run(
        commands,
        ["predict", str(drawn_photo), "--model", str(nine_bundle), "--heatmaps", str(maps), "--json"],
        catch_exceptions=False,
    )
    assert told.exit_code == 0
    assert set(json.loads(told.stdout)["probabilities"]) == set(NINE)
    assert len(list(maps.glob("*.png"))) == 1
    out = tmp_path / "map.png"
    options = [
        "explain",
        str(drawn_photo),
        "--model",
        str(nine_bundle),
        "--out",
        str(out),
        "--measures",
        "--json",
    ]
    told = run(commands, options, catch_exceptions=False)
    assert told.exit_code == 0 and out.is_file()
    found = json.loads(told.stdout)
    assert "regions" not in found and "measures" in found


def test_evaluating_joins_the_parts_and_leaves_out_what_was_fitted(nine_bundle, nine_folder, tmp_path):
    told = CliRunner().invoke(
        commands,
        ["evaluate", "--data", str(nine_folder), "--model", str(nine_bundle), "--json"],
        catch_exceptions=False,
    )
    assert told.exit_code == 0
    found = json.loads(told.stdout)
    assert found["left_out_as_fitted"] == 72 and found["images"] == 9
    labels = tmp_path / "labels.csv"
    rows = [f"{path.stem},nevus" for path in nine_folder.rglob("Train/nevus/*.png")]
    rows += [f"{path.stem},melanoma" for path in nine_folder.rglob("melanoma/*.png")]
    labels.write_text("\n".join(["isic_id,diagnosis", *rows]))
    images = tmp_path / "images"
    images.mkdir()
    for path in nine_folder.rglob("*.png"):
        (images / path.name).write_bytes(path.read_bytes())
    by_id = ["evaluate", "--data", str(labels), "--model", str(nine_bundle)]
    told = CliRunner().invoke(commands, by_id)
    assert "All 1 images are MEL" in str(told.exception), "the others were fitted under their folder's name"
    assert set(found["labels"]) == {"AK", "BCC", "BKL", "DF", "MEL", "NV", "SCC", "VASC"}
