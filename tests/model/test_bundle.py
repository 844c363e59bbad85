"""A bundle is whole, or it is refused with a sentence."""

import json
import shutil
from dataclasses import replace

import pytest

from melanoma.errors import UserError
from melanoma.model.bundle import _digest, load_bundle, new_bundle

NAN, INFINITY = float("nan"), float("inf")


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
        (lambda folder: _change(folder, surprise=1), "does not match its checksum"),
        (lambda folder: _change(folder, format=1, files={}), "damaged"),
    ],
)
def test_a_damaged_bundle_is_refused(small_bundle, tmp_path, damage, sentence):
    copy = tmp_path / "copy"
    shutil.copytree(small_bundle, copy)
    load_bundle(copy)
    damage(copy)
    with pytest.raises(UserError, match=sentence):
        load_bundle(copy)


UNSOUND = {
    "codes": (["MEL", "MEL"], ["NV", "BKL"], ["MEL"], [], "MEL", None, ["MEL", 3]),
    "image_size": (0, -96, 1e9, 96.5, True, None, "96"),
    "temperature": (0, -1.0, NAN, INFINITY, None, "1"),
    "alert_threshold": (0, 1, 1.5, -0.1, NAN, None, True),
    "alert_sensitivity": (0, 1.2, NAN, None),
    "conformal_coverage": (0, 1, NAN, None),
    "novelty_threshold": (0, -1, NAN, INFINITY, None),
    "prior": ([0.0, 0.0], [0.0, 1.0], [0.5, 0.4], [0.5], [0.5, NAN], None, 1, "ab"),
    "conformal_quantiles": ([0.5], [0.5, 1.5], [NAN, 0.5], None, [0.5, None]),
}


@pytest.mark.parametrize("form", [1, 2])
@pytest.mark.parametrize(("field", "value"), [(name, value) for name in UNSOUND for value in UNSOUND[name]])
def test_a_description_that_nothing_can_be_decided_by_is_refused_by_name(
    small_bundle, tmp_path, field, value, form
):
    copy = _changed(small_bundle, tmp_path / "copy", form, **{field: value})
    with pytest.raises(UserError, match=f"bundle.json is not sound: “{field}” is "):
        load_bundle(copy)


def test_the_first_format_is_still_read(small_bundle, tmp_path):
    old, new = load_bundle(_changed(small_bundle, tmp_path / "copy", 1)), load_bundle(small_bundle)
    assert replace(old, path=new.path) == new


@pytest.mark.parametrize(
    "change",
    [
        {"alert_threshold": 0.999},
        {"novelty_threshold": 9.0},
        {"recipe": {}},
        {"figures": {}},
        {"created": "now"},
    ],
)
def test_a_description_changed_by_hand_is_refused(small_bundle, tmp_path, change):
    copy = tmp_path / "copy"
    shutil.copytree(small_bundle, copy)
    _change(copy, **change)
    with pytest.raises(UserError, match="bundle.json does not match its checksum"):
        load_bundle(copy)


@pytest.mark.parametrize(
    "change",
    [
        {"alert_threshold": 0.25},
        {"temperature": 2.5},
        {"prior": [0.25, 0.75]},
        {"codes": ["NV", "MEL"]},
        {"conformal_quantiles": [0.25, 0.75]},
        {"novelty_threshold": 0.3},
        {"image_size": 64},
        {"framing": "lesion-square"},
        {"backbone": None},
    ],
)
def test_the_version_changes_with_all_that_decides(small_bundle, tmp_path, change):
    changed = load_bundle(_changed(small_bundle, tmp_path / "copy", 1, **change))
    assert changed.version != load_bundle(small_bundle).version
    same = load_bundle(_changed(small_bundle, tmp_path / "same", 1, created="later", name="other"))
    assert same.version == load_bundle(small_bundle).version


def test_a_failed_write_leaves_the_old_bundle_and_no_rubbish(tmp_path):
    target = tmp_path / "model"
    with new_bundle(target) as folder:
        (folder / "a").write_text("old")
    with pytest.raises(RuntimeError), new_bundle(target) as folder:
        (folder / "a").write_text("half")
        raise RuntimeError
    assert (target / "a").read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


def _changed(bundle, copy, form, **values):
    """Return a copy of a bundle with other fields, in a format; of the second with a checksum that fits."""
    shutil.copytree(bundle, copy)
    description = copy / "bundle.json"
    content = json.loads(description.read_text()) | values
    del content["format"], content["checksum"]
    if form == 1:
        content["format"] = 1
    else:
        content |= {"format": 2, "checksum": _digest(content)}
    description.write_text(json.dumps(content))
    return copy


def _change(folder, **values):
    description = folder / "bundle.json"
    description.write_text(json.dumps(json.loads(description.read_text()) | values))
