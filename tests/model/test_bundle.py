"""A bundle is whole, or it is refused with a sentence."""

import json
import shutil
from dataclasses import replace

import pytest

from melanoma.errors import UserError
from melanoma.model.bundle import _digest, describe, load_bundle, new_bundle
from melanoma.model.bundle_layout import FIRST_FORMAT, LATER, PLACES, grouped, ungrouped
from melanoma.model.classifier import Classifier
from melanoma.photos.reading import read_image

NAN, INFINITY = float("nan"), float("inf")


def test_what_finishing_wrote_loads_and_names_every_file(small_bundle):
    bundle = load_bundle(small_bundle)
    assert bundle.codes == ("MEL", "NV")
    assert bundle.image_size == 96
    on_disk = {file.name for file in small_bundle.iterdir()} - {"bundle.json"}
    assert set(bundle.files) == on_disk
    assert {"model.keras", "predictions.parquet", "features.npz", "history.csv", "MODEL_CARD.md"} <= on_disk
    assert set(bundle.load_split()["split"]) == {"train", "calibration", "test"}
    held_out = bundle.load_predictions()
    assert set(held_out["split"]) == {"calibration", "test"}
    assert held_out[["MEL", "NV"]].sum(axis=1).to_numpy() == pytest.approx(1)


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
        (lambda folder: _change(folder, format=1), "damaged"),
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
    "malignancy_threshold": (0, 1, NAN, True, "0.1"),
    "alert_bound": (0, 1, NAN),
    "malignancy_bound": (0, 1.5),
    "alert_confidence": (1, NAN, "high"),
    "alert_lesions": (0, -3, 2.5, True),
    "malignancy_lesions": (0, NAN),
    "least_coverage": (0, 1, NAN),
    "distance_threshold": (-2, 2, NAN, INFINITY, None),
    "prior": ([0.0, 0.0], [0.0, 1.0], [0.5, 0.4], [0.5], [0.5, NAN], None, 1, "ab"),
    "conformal_quantiles": ([0.5], [0.5, 1.5], [NAN, 0.5], None, [0.5, None]),
    "framing": (None, "", 3),
    "backbone": ("", 3, ["mobilenet"]),
    "recipe": (None, "honest"),
    "files": (None, ["model.keras"], {"../model.keras": "0"}, {"/model.keras": "0"}, {"model.keras": None}),
}


@pytest.mark.parametrize("form", [1, 2])
@pytest.mark.parametrize(("field", "value"), [(name, value) for name in UNSOUND for value in UNSOUND[name]])
def test_a_description_that_nothing_can_be_decided_by_is_refused_by_name(
    small_bundle, tmp_path, field, value, form
):
    copy = _changed(small_bundle, tmp_path / "copy", form, **{field: value})
    name = (FIRST_FORMAT if form == 1 else PLACES).get(field, field)
    with pytest.raises(UserError, match=f"bundle.json is not sound: “{name}” is "):
        load_bundle(copy)


def test_the_second_format_groups_what_decides(small_bundle):
    content, bundle = json.loads((small_bundle / "bundle.json").read_text()), load_bundle(small_bundle)
    assert content["alerts"] == {
        "melanoma": {
            "threshold": bundle.alert_threshold,
            "sensitivity": bundle.alert_sensitivity,
            "bound": bundle.alert_bound,
            "lesions": bundle.alert_lesions,
        },
        "malignancy": {
            "threshold": bundle.malignancy_threshold,
            "bound": bundle.malignancy_bound,
            "lesions": bundle.malignancy_lesions,
        },
        "confidence": 0.95,
    }
    assert content["prediction_sets"] == {
        "method": "adaptive",
        "coverage": bundle.conformal_coverage,
        "least_coverage": 0.8,
        "quantiles": list(bundle.conformal_quantiles),
    }
    assert content["in_distribution"] == {"threshold": bundle.distance_threshold}
    assert not set(PLACES) & set(content)


@pytest.mark.parametrize(
    ("place", "value", "named"),
    [
        (("gauge",), {"edges": [0.1]}, "gauge"),
        (("alerts", "carcinoma"), {"threshold": 0.2}, "alerts.carcinoma"),
        (("alerts", "malignancy", "surely"), 0.9, "alerts.malignancy.surely"),
        (("prediction_sets", "method"), "conditional", "prediction_sets.method: conditional"),
        (("prediction_sets", "threshold"), 0.9, "prediction_sets.threshold"),
        (("in_distribution", "layer"), "conv_9", "in_distribution.layer"),
        (("framing",), "lesion-oval", "framing: lesion-oval"),
        (("alert_threshold",), 0.1, "alert_threshold"),
    ],
)
def test_what_a_newer_version_wrote_is_refused_by_name(small_bundle, tmp_path, place, value, named):
    copy = tmp_path / "copy"
    shutil.copytree(small_bundle, copy)
    content = json.loads((copy / "bundle.json").read_text())
    *groups, last = place
    within = content
    for group in groups:
        within = within[group]
    within[last] = value
    _write(copy, content)
    with pytest.raises(UserError, match=f"made by a newer version .* it holds “{named}”, which this one"):
        load_bundle(copy)


@pytest.mark.parametrize(
    "change", [{"alerts": None}, {"alerts": {}}, {"alerts": {"melanoma": 0.5}}, {"prediction_sets": []}]
)
def test_a_group_that_is_none_or_lacks_its_fields_is_damaged(small_bundle, tmp_path, change):
    copy = tmp_path / "copy"
    shutil.copytree(small_bundle, copy)
    _write(copy, json.loads((copy / "bundle.json").read_text()) | change)
    with pytest.raises(UserError, match="bundle.json is damaged"):
        load_bundle(copy)


def _as_first_bundles(bundle):
    """Return a bundle as those were that had one alert and sets by diagnosis."""
    return replace(bundle, conformal_method="class-conditional", **dict.fromkeys(LATER))


def test_the_first_format_is_still_read(small_bundle, tmp_path):
    old, new = load_bundle(_changed(small_bundle, tmp_path / "copy", 1)), load_bundle(small_bundle)
    assert replace(old, path=new.path) == _as_first_bundles(new)
    assert old.version == _as_first_bundles(new).version != new.version


def test_a_bundle_without_the_second_alert_is_still_read_and_gives_none(small_bundle, tmp_path, drawn_photo):
    shutil.copytree(small_bundle, tmp_path / "copy")
    described = describe(tmp_path / "copy", _as_first_bundles(load_bundle(small_bundle)))
    content = json.loads((tmp_path / "copy" / "bundle.json").read_text())
    assert content["alerts"] == {
        "melanoma": {"threshold": described.alert_threshold, "sensitivity": described.alert_sensitivity}
    }
    assert set(content["prediction_sets"]) == {"method", "coverage", "quantiles"}
    (prediction,) = Classifier(load_bundle(tmp_path / "copy"))([read_image(drawn_photo)])
    assert prediction.malignancy_alert is None and prediction.alert == prediction.melanoma_alert


@pytest.mark.parametrize("form", [1, 2])
def test_both_formats_hold_both_framings_and_no_other(small_bundle, tmp_path, form):
    for framing in ("centre-square", "lesion-square"):
        assert (
            load_bundle(_changed(small_bundle, tmp_path / framing, form, framing=framing)).framing == framing
        )
    with pytest.raises(UserError, match="newer version .* “framing: lesion-oval”"):
        load_bundle(_changed(small_bundle, tmp_path / "oval", form, framing="lesion-oval"))


def test_pictures_below_the_bundle_s_folder_are_no_files_of_it(small_bundle, tmp_path):
    copy = tmp_path / "copy"
    shutil.copytree(small_bundle, copy)
    (copy / "looks-for").mkdir()
    (copy / "looks-for" / "MEL.png").write_bytes(b"a picture")
    described = describe(copy, load_bundle(copy))
    assert described.version == load_bundle(small_bundle).version
    (copy / "looks-for" / "MEL.png").write_bytes(b"made again")
    load_bundle(copy)


@pytest.mark.parametrize(
    "change",
    [
        {"alerts": {"melanoma": {"threshold": 0.999, "sensitivity": 0.95}}},
        {"in_distribution": {"threshold": 9.0}},
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
        {"alert_sensitivity": 0.5},
        {"temperature": 2.5},
        {"prior": (0.25, 0.75)},
        {"codes": ("NV", "MEL")},
        {"malignancy_threshold": 0.25},
        {"malignancy_threshold": None},
        {"conformal_method": "class-conditional"},
        {"conformal_coverage": 0.5},
        {"conformal_quantiles": (0.25, 0.75)},
        {"distance_threshold": 0.3},
        {"image_size": 64},
        {"framing": "centre-square"},
        {"backbone": None},
        {"files": {}},
    ],
)
def test_the_version_changes_with_all_that_decides(small_bundle, change):
    bundle = load_bundle(small_bundle)
    assert replace(bundle, **change).version != bundle.version
    assert replace(bundle, created="later", name="other", figures={}).version == bundle.version


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
    content = json.loads((copy / "bundle.json").read_text())
    del content["format"], content["checksum"]
    fields = ungrouped(content, copy) | values
    if form == 1:  # flat, without a checksum, and without what came later
        for later in {"conformal_method", "recalibrated", *LATER} - set(values):
            del fields[later]
        content = {"format": 1} | {FIRST_FORMAT.get(name, name): fields[name] for name in fields}
        (copy / "bundle.json").write_text(json.dumps(content))
    else:
        _write(copy, grouped(fields))
    return copy


def _write(folder, content):
    """Write a description of the second format with a checksum that fits."""
    content = {name: value for name, value in content.items() if name not in ("format", "checksum")}
    content = {"format": 2, "checksum": _digest(content)} | content
    (folder / "bundle.json").write_text(json.dumps(content))


def _change(folder, **values):
    description = folder / "bundle.json"
    description.write_text(json.dumps(json.loads(description.read_text()) | values))
