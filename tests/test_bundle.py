"""A bundle is whole, or it is refused with a sentence."""

import json
import shutil

import pytest

from melanoma.bundle import load_bundle, new_bundle
from melanoma.errors import UserError


def test_what_finishing_wrote_loads_and_names_every_file(small_bundle):
    bundle = load_bundle(small_bundle)
    assert bundle.codes == ("MEL", "NV")
    assert bundle.image_size == 96
    on_disk = {file.name for file in small_bundle.iterdir()} - {"bundle.json"}
    assert set(bundle.files) == on_disk
    assert {"model.keras", "predictions.parquet", "features.npz", "history.csv", "MODEL_CARD.md"} <= on_disk
    assert set(bundle.load_split()["split"]) == {"train", "calibration", "test"}
    held_back = bundle.load_predictions()
    assert set(held_back["split"]) == {"calibration", "test"}
    assert held_back[["MEL", "NV"]].sum(axis=1).to_numpy() == pytest.approx(1)


@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        (lambda folder: shutil.rmtree(folder), "is not a model"),
        (lambda folder: (folder / "bundle.json").write_text("{"), "damaged"),
        (lambda folder: (folder / "bundle.json").write_text("[]"), "damaged"),
        (lambda folder: (folder / "model.keras").unlink(), "model.keras is missing"),
        (lambda folder: (folder / "features.npz").write_bytes(b"other"), "does not match its checksum"),
        (lambda folder: _change(folder, format=99), "another version"),
        (lambda folder: _change(folder, surprise=1), "damaged"),
        (lambda folder: _change(folder, files={}), "names no model.keras"),
    ],
)
def test_a_damaged_bundle_is_refused(small_bundle, tmp_path, damage, sentence):
    copy = tmp_path / "copy"
    shutil.copytree(small_bundle, copy)
    load_bundle(copy)
    damage(copy)
    with pytest.raises(UserError, match=sentence):
        load_bundle(copy)


def test_a_failed_write_leaves_the_old_bundle_and_no_rubbish(tmp_path):
    target = tmp_path / "model"
    with new_bundle(target) as folder:
        (folder / "a").write_text("old")
    with pytest.raises(RuntimeError), new_bundle(target) as folder:
        (folder / "a").write_text("half")
        raise RuntimeError
    assert (target / "a").read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


def _change(folder, **values):
    description = folder / "bundle.json"
    description.write_text(json.dumps(json.loads(description.read_text()) | values))
