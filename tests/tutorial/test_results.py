"""Figures of the experiments, their table and the story, worked out by hand."""

import json
import shutil
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from melanoma.errors import UserError
from melanoma.model.bundle import load_bundle
from melanoma.training.recipes import Precision
from melanoma.tutorial import document
from melanoma.tutorial.proposals import TUNED
from melanoma.tutorial.recipes import EXPERIMENTS
from melanoma.tutorial.results import (
    Result,
    Seen,
    measure,
    originals,
    result_of,
    results_in,
    seen_before,
)
from melanoma.tutorial.story import NOTEBOOK, read_story

# Files p and q show picture 0, r another picture of lesion L, s and t have nothing in common with others.
KNOWN = pd.DataFrame(
    {
        "image_id": ["p", "q", "r", "s", "t"],
        "picture": [0, 0, 1, 2, 3],
        "lesion_id": ["K", "K", "L", "L", "M"],
    }
)
HISTORY = pd.DataFrame(
    {
        "epoch": [1, 2],
        "accuracy": [0.5, 0.9],
        "calibration_accuracy": [0.6, 0.5],
        "loss": [1.0, 2.0],
        "calibration_loss": [1.0, 3.0],
    }
)


@pytest.fixture
def result():
    validation = pd.Series(["Train/x/p.jpg", "Train/x/s.jpg", "Train/y/t_rotated_004.jpg", "Train/y/t.jpg"])
    fitted = pd.Series(["Train/y/q_rotated_001.jpg", "Train/x/r.jpg"])
    truth, predicted = np.array([0, 0, 1, 1]), np.array([0, 1, 1, 0])
    return measure("tutorial-a", truth, predicted, 1, validation, fitted, KNOWN, HISTORY)


def test_copies_and_relatives_on_the_other_side_are_counted():
    validation = pd.Series(["Train/x/p.jpg", "Train/x/s.jpg", "Train/y/t_rotated_004.jpg", "unlisted.jpg"])
    seen = seen_before(validation, pd.Series(["b/q_rotated_001.jpg", "x/r.jpg"]), KNOWN)
    assert seen.copied.tolist() == [True, False, False, False]
    assert seen.related.tolist() == [False, True, False, False]
    assert seen.group.tolist() == ["K", "L", "M", "unlisted"]


def test_names_of_copies_lead_to_their_originals():
    names = pd.Series(["a/ISIC_1_rotated_012.jpg", "ISIC_1", "b/ISIC_2 (1).jpg"])
    assert originals(names) == ["ISIC_1", "ISIC_1", "ISIC_2 (1)"]


def test_accuracies_by_hand(result):
    assert result.accuracy.value == 0.5
    assert result.accuracy_copied.value == 1.0
    assert result.accuracy_new.value == 0.5
    assert result.balanced_accuracy.value == 0.5
    assert result.melanoma_found.value == 0.5
    assert result.accuracy.low < 0.5 < result.accuracy.high


@pytest.mark.slow("a bundle of the tutorial's network")
def test_the_result_of_a_bundle_is_its_predictions(nine_bundle, tmp_path):
    bundle = load_bundle(nine_bundle)
    history = pd.read_csv(bundle.path / "history.csv")
    assert "accuracy" not in history, "the drawn bundle was not fitted"
    rows = bundle.load_predictions().query("split == 'calibration'")
    right = rows[list(bundle.codes)].idxmax(axis=1) == rows["diagnosis"]
    found = result_of(bundle, KNOWN)
    assert found.accuracy.value == pytest.approx(right.mean())
    assert found.images == len(rows)


def test_results_outlive_their_bundle(result, tmp_path):
    kept = json.loads(json.dumps(result.as_json()))
    again = Result.from_json("tutorial-a", kept)
    assert again.as_json() == kept and again.accuracy == result.accuracy
    pd.testing.assert_frame_equal(again.history, HISTORY, check_dtype=False)
    found = results_in(tmp_path, KNOWN, {"tutorial-a": kept}, EXPERIMENTS)
    assert list(found) == ["tutorial-a"] and found["tutorial-a"].as_json() == kept


def test_the_precision_is_told_and_asked_for(result):
    mixed = replace(result, precision=Precision.MIXED_BFLOAT16)
    kept = json.loads(json.dumps(mixed.as_json()))
    assert Result.from_json("tutorial-a", kept).precision == mixed.precision
    assert document.more_figures({"tutorial-a": mixed}).endswith("| mixed_bfloat16 |")
    first, second = document.commands({"tutorial-a": mixed, "tutorial-b": result}).splitlines()[1:3]
    assert "--recipe tutorial-a --precision mixed_bfloat16 --out" in first and "precision" not in second
    before = {name: value for name, value in result.as_json().items() if name != "precision"}
    assert Result.from_json("tutorial-a", before).precision == Precision.FLOAT32


@pytest.mark.slow("a bundle of the tutorial's network")
def test_a_bundle_comes_before_an_earlier_result(result, nine_bundle, tmp_path):
    shutil.copytree(nine_bundle, tmp_path / "tutorial-a")
    (found,) = results_in(tmp_path, KNOWN, {"tutorial-a": result.as_json()}, EXPERIMENTS).values()
    assert found.images == len(load_bundle(nine_bundle).load_predictions().query("split == 'calibration'"))
    assert found.images != result.images


def test_what_was_not_kept_or_not_known_stays_so(result):
    kept = {name: value for name, value in result.as_json().items() if "loss" not in name}
    again = Result.from_json("tutorial-a", {**kept, "accuracy": {"value": None, "low": None, "high": None}})
    assert np.isnan(again.accuracy.value) and again.history["loss"].isna().all()
    assert again.as_json()["fitted_loss_by_epoch"] == [None, None]


def test_the_table_says_what_was_not_run(result):
    lines = document.accuracies({"tutorial-a": result}).splitlines()
    assert len(lines) == 2 + len(document.TITLES)
    assert "| 0.75 | 0.51 | 0.500 (" in lines[2] and lines[2].endswith("| not yet run |")
    assert lines[3].count("not yet run") == 3
    proposed = {name for name, recipe in EXPERIMENTS.items() if recipe.proposed or name == TUNED}
    assert set(document.TITLES) | set(document.HONEST.values()) == set(EXPERIMENTS) - proposed
    assert set(NOTEBOOK) <= set(document.TITLES)


def test_the_other_tables_hold_the_counts(result):
    met = Seen(np.array([True, False]), np.array([False, True]), np.array(["a", "b"]))
    assert "| 2 | 1 | 1 | 1.000" in document.copies({"tutorial-a": result}, dict.fromkeys(EXPERIMENTS, met))
    assert "| 0.500 to 0.600 | 0.600, epoch 1 |" in document.more_figures({"tutorial-a": result})
    side = pd.DataFrame({"diagnosis": ["MEL", "MEL", "SK"], "split": ["train", "calibration", "train"]})
    counts = document.class_counts({"a": side})
    assert "| Melanoma | 1 | 1 |" in counts and "| all | 2 | 1 |" in counts
    for name in (*EXPERIMENTS, TUNED):
        assert document.commands({}).count(f"--recipe {name} ") == 1


def test_parts_are_filled_between_their_marks():
    page = "a\n<!-- x -->\nold\n<!-- /x -->\nb\n"
    filled = document.fill(page, {"x": "new\\1"})
    assert filled == "a\n<!-- x -->\nnew\\1\n<!-- /x -->\nb\n"
    assert document.fill(filled, {"x": "new\\1"}) == filled
    with pytest.raises(UserError, match="no marks <!-- y -->"):
        document.fill(page, {"y": "new"})


def test_curves_are_drawn_and_nothing_run_is_said(result, tmp_path):
    document.draw_curves({"tutorial-a": result}, tmp_path / "curves.png")
    assert (tmp_path / "curves.png").stat().st_size > 5000
    with pytest.raises(UserError, match="no curves"):
        document.draw_curves({}, tmp_path / "none.png")


def test_the_committed_figures_and_document_agree():
    story = read_story()
    page = document.PAGE.read_text(encoding="utf-8")
    for name, title in document.TITLES.items():
        line = next(line for line in page.splitlines() if line.startswith(f"| {title} |"))
        run = name in story["results"]
        assert (f"{story['results'][name]['accuracy']['value']:.3f}" if run else "not yet run") in line
    assert sum(sum(folder["files"].values()) for folder in story["folders"]) == story["files"]
