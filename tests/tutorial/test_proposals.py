"""Proposals, predictions and claims: held against recipes, and against results worked out by hand."""

import copy
from dataclasses import replace

import pandas as pd
import pytest

from melanoma.tutorial.claims import claims
from melanoma.tutorial.document import PAGE
from melanoma.tutorial.document_fit import claims_table, proposals, search, verdicts
from melanoma.tutorial.proposals import PROPOSALS, TUNED, commands_of, outcome_of, titles
from melanoma.tutorial.recipes import EXPERIMENTS
from melanoma.tutorial.results import Result
from melanoma.tutorial.story import read_story

BY_RECIPE = {proposal.recipe: proposal for proposal in PROPOSALS}
L2 = BY_RECIPE["tutorial-l2-honest"]
FOUND = {
    "trials": [
        {
            "choices": {"learning_rate": 5e-4, "dropout": 0.1, "l2": 0.0, "dense": 64, "changed": changed},
            "accuracy": accuracy,
            "epochs": 6,
        }
        for changed, accuracy in ((False, 0.5), (True, 0.61))
    ],
    "epochs": 6,
}
FOUND["best"] = FOUND["trials"][1]["choices"]


def ran(accuracy: float, fitted: float, validation: float) -> dict:
    return {
        "accuracy": {"value": accuracy, "low": accuracy - 0.05, "high": accuracy + 0.05},
        "fitted_by_epoch": [fitted] * 5,
        "validation_by_epoch": [validation] * 5,
    }


def test_every_experiment_has_a_title_and_every_proposal_true_labels_and_one_side_for_a_lesion():
    assert set(titles()) - {TUNED} == set(EXPERIMENTS) - {TUNED}
    for name in set(BY_RECIPE) & set(EXPERIMENTS):
        assert EXPERIMENTS[name].honest


def test_l2_and_the_more_complex_network_change_one_thing_each():
    base = EXPERIMENTS["tutorial-a-honest"].settings()
    for name, changed in (
        ("tutorial-l2-honest", {"name", "l2"}),
        ("tutorial-complex-honest", {"name", "channels", "dense"}),
    ):
        own = EXPERIMENTS[name].settings()
        assert {key for key in base if base[key] != own[key]} == changed
        assert EXPERIMENTS[name].proposed and not EXPERIMENTS["tutorial-a-honest"].proposed


@pytest.mark.parametrize(
    ("result", "right"),
    [
        (ran(0.50, 0.9, 0.5), True),
        (ran(0.60, 0.9, 0.5), False),  # above the range
        (ran(0.50, 0.6, 0.55), False),  # in the range, and underfitted
    ],
)
def test_a_prediction_is_right_with_range_and_verdict(result, right):
    outcome = outcome_of(L2, result)
    assert outcome.as_predicted is right and outcome.accuracy == result["accuracy"]["value"]


def test_without_prediction_or_curves_there_is_no_right_or_wrong():
    assert outcome_of(BY_RECIPE["tutorial-b-honest"], ran(0.5, 0.9, 0.5)).as_predicted is None
    unknown = outcome_of(L2, ran(0.5, 0.9, 0.5) | {"fitted_by_epoch": [None] * 5})
    assert unknown.verdict is None and unknown.as_predicted is None


def test_the_commands_of_the_tuned_network_begin_with_the_search():
    first, second = commands_of(TUNED, precision="mixed_bfloat16")
    assert first.startswith("python -m melanoma.tutorial search --data kaggle2357 --truth isic/labels.csv")
    assert first.endswith("--precision mixed_bfloat16")
    assert f"--recipe {TUNED} --precision mixed_bfloat16 --out models/{TUNED}" in second
    assert commands_of("tutorial-b", honest=False) == (
        "python train.py --data kaggle2357 --recipe tutorial-b --out models/tutorial-b",
    )


def test_the_tables_hold_verdicts_results_and_what_was_not_run():
    stored = read_story()["results"]["tutorial-a"]
    results = {"tutorial-a": Result.from_json("tutorial-a", stored)}
    lines = verdicts(results).splitlines()
    assert lines[2].startswith("| (a) | 0.906 | 0.502 | 0.404 | 5 | **overfitting** |")
    assert lines[3].count("not yet run") == 5 and len(lines) == 2 + len(titles())
    told = proposals({L2.recipe: Result.from_json(L2.recipe, stored)}).splitlines()
    row = next(line for line in told if line.startswith("| L2 "))
    assert "0.48 to 0.56, overfitting." in row and row.endswith("0.471 (0.421 to 0.519), overfitting | no |")
    assert sum("not yet run: `python" in line for line in told) == len(PROPOSALS) - 1


def test_a_fresh_run_s_table_is_that_of_its_stored_figures():
    # 0.73249999 from the run itself, 0.7325 from its figures of four digits: 0.732 and 0.733.
    fitted = [0.704999983, 0.713750005, 0.704375029, 0.743749976, 0.795624971]
    stored = Result.from_json("tutorial-a", read_story()["results"]["tutorial-a"])
    curves = {"accuracy": fitted, "calibration_accuracy": 0.5, "loss": 1.0, "calibration_loss": 1.0}
    fresh = replace(stored, history=pd.DataFrame({"epoch": range(1, 6), **curves}))
    again = Result.from_json("tutorial-a", fresh.as_json())
    assert verdicts({"tutorial-a": fresh}) == verdicts({"tutorial-a": again})


def test_the_search_is_told_trial_by_trial():
    lines = search(FOUND).splitlines()
    assert lines[2] == "| 1 | 0.0005 | 0.1 | 0 | 64 | no | 6 | 0.500 |"
    assert lines[3].endswith("| yes | 6 | 0.610 **best** |")
    assert "has not been run yet. `python -m melanoma.tutorial search" in search(None)


def test_claims_are_answered_by_the_story_s_figures():
    story = copy.deepcopy(read_story())
    for folder in story["folders"]:
        folder["files"]["train"] = 500 if folder["name"] == "nevus" else 100
    story["notebook"] = {"tutorial-a": 0.31, "tutorial-b": 0.36}
    deaths, sizes, accuracy, *_ = (str(one.what_is_so) for one in claims(story))
    assert "58,667 by melanoma and 69,416 by others, it is 46%" in deaths
    assert sizes.startswith("The training folders hold 100 to 500 images. The largest is “Mole (nevus)”")
    assert "Its own output shows 31% to 36%." in accuracy
    assert all("](https://doi.org/10." in str(one.what_is_so) for one in (claims(story)[0], claims(story)[5]))


def test_the_committed_document_has_the_story_s_verdicts_and_claims():
    story = read_story()
    page = PAGE.read_text(encoding="utf-8")
    results = {name: Result.from_json(name, stored) for name, stored in story["results"].items()}
    parts = (verdicts(results), proposals(results), search(story.get("search")), claims_table(story))
    for part in parts:
        assert part in page
    assert (TUNED in EXPERIMENTS) == ("search" in story)
