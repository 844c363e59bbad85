"""What `melanoma evaluate` leaves out, and into which groups it divides the rest."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from melanoma.data import fingerprints
from melanoma.edits.drawn_lesions import MELANOMA_LIKE, NEVUS_LIKE, draw_lesion
from melanoma.evaluation.run import evaluate_bundle, seen_in_fitting
from melanoma.model.bundle import load_bundle
from tests.conftest import write_image


@pytest.fixture
def labels(tmp_path):
    """Four fitted pictures, one of them under its own name, and two new ones of each diagnosis, by age."""
    rows = []
    for number, (name, lesion) in enumerate(
        [("fitted", "a"), ("copy", "b"), ("other view", "b"), *((f"new{k}", f"n{k}") for k in range(4))]
    ):
        melanoma = number % 2 == 0
        drawn = draw_lesion(MELANOMA_LIKE if melanoma else NEVUS_LIKE, 90, 120, 40 + number).image
        write_image(tmp_path / "images" / f"{name}.png", drawn)
        code = "MEL" if melanoma else "NV"
        rows.append({"image_id": name, "diagnosis": code, "lesion_id": lesion, "age": 20 + 10 * number})
    rows[2]["diagnosis"] = rows[1]["diagnosis"]
    pd.DataFrame(rows).to_csv(tmp_path / "labels.csv", index=False)
    return tmp_path / "labels.csv"


@pytest.fixture
def bundle(small_bundle, labels, monkeypatch):
    """A bundle that was fitted to the pictures `fitted` and `first`, which the table has as `copy`."""
    found = load_bundle(small_bundle)
    split = pd.DataFrame(
        [("fitted", "x", "train"), ("first", "y", "calibration"), ("new0", "z", "test")],
        columns=["image_id", "lesion_id", "split"],
    )
    copy = pd.DataFrame({"image_id": ["first"], "path": [str(labels.parent / "images" / "copy.png")]})
    known = fingerprints.fingerprints(copy)
    monkeypatch.setattr(type(found), "load_split", lambda _: split)
    monkeypatch.setattr(type(found), "load_fingerprints", lambda _: known)
    return found


def test_what_was_fitted_is_left_out_and_told_by_how_it_is_known(bundle, labels):
    found = evaluate_bundle(bundle, labels)
    told = found.as_json()
    assert told["left_out_as_fitted"] == 3
    assert told["left_out_as_fitted_by"] == {"name": 1, "content": 1, "lesion": 1}
    assert found.predictions["image_id"].tolist() == ["new0", "new1", "new2", "new3"], (
        "a test picture is judged"
    )
    assert "known by name 1, by content 1, by their lesion 1" in found.as_text()
    ages = {group.name: group.images for group in found.evaluation.groups if group.kind == "age_group"}
    assert ages == {"45 to 59": 1, "60 to 74": 2, "75 up": 1}
    assert json.loads(json.dumps(told, allow_nan=False)) == told
    found.write(labels.parent / "a" / "new folder")
    found.write(labels.parent / "a" / "new folder")
    assert json.loads((labels.parent / "a" / "new folder" / "evaluation.json").read_text()) == told
    assert len(pd.read_csv(labels.parent / "a" / "new folder" / "predictions.csv")) == 4


def test_which_pictures_are_known_whatever_the_order_of_the_table(bundle, labels):
    table = pd.read_csv(labels).assign(
        path=lambda rows: str(labels.parent / "images") + "/" + rows["image_id"] + ".png"
    )
    table = table.iloc[::-1].set_axis(np.arange(10, 17))
    seen = seen_in_fitting(table, bundle)
    for mask, names in (
        (seen.by_name, ["fitted"]),
        (seen.by_content, ["copy"]),
        (seen.by_lesion, ["other view"]),
    ):
        assert mask.index.equals(table.index) and mask.dtype == bool
        assert table.loc[mask, "image_id"].tolist() == names
    calibrated = seen_in_fitting(table, bundle, ["calibration"])
    assert table.loc[calibrated.any, "image_id"].tolist() == ["other view", "copy"]


def test_without_fingerprints_names_alone_are_known_and_that_is_told(bundle, labels, monkeypatch):
    monkeypatch.setattr(type(bundle), "load_fingerprints", lambda _: None)
    table = pd.read_csv(labels).assign(path=lambda rows: rows["image_id"] + ".png")
    seen = seen_in_fitting(table, replace(bundle))
    assert table.loc[seen.any, "image_id"].tolist() == ["fitted"] and len(seen.by_content) == len(table)
    assert "by their names alone" in seen.remarks()[0]
