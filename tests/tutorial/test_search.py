"""The search for hyperparameters: bounded, the same again after a kill, and apart from what judges it."""

import json
import sys

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from melanoma.errors import UserError
from melanoma.training.dataset import Dataset
from melanoma.tutorial import __main__ as command
from melanoma.tutorial.experiment_data import honest_table
from melanoma.tutorial.recipes import EXPERIMENTS, TutorialRecipe, _tuned
from melanoma.tutorial.search import Search, fit_trial, search_table, search_trials

DATA = {"images": 9}


def landscape(recipe: TutorialRecipe, report) -> float:
    """The best networks change their photos at random and learn slowly; each epoch is a little better."""
    best = 0.4 + 0.2 * recipe.changed - 0.1 * abs(np.log10(recipe.learning_rate / 3e-4))
    for epoch in range(1, recipe.epochs + 1):
        report(epoch, best * epoch / recipe.epochs)
    return best


def counted(fit_one):
    """Return the function and a list that gets the choices of each of its calls."""
    asked = []

    def count(recipe, report):
        asked.append(recipe)
        return fit_one(recipe, report)

    return count, asked


@pytest.mark.slow("that a search which was killed finds what a whole one does")
def test_the_search_is_bounded_and_after_a_kill_finds_the_same(tmp_path):
    fit_one, asked = counted(landscape)
    found = search_trials(tmp_path / "whole.db", Search(trials=5), fit_one, DATA)
    assert len(found["trials"]) == len(asked) == 5
    best = max(found["trials"], key=lambda trial: trial["accuracy"])
    assert found["best"] == best["choices"] and best["choices"]["changed"]
    assert all(recipe.honest and recipe.epochs == 6 for recipe in asked)
    assert search_trials(tmp_path / "whole.db", Search(trials=5), fit_one, DATA) == found
    assert len(asked) == 5, "nothing was left to do"

    def killed(recipe, report):
        if len(asked) == 7:
            report(1, 0.1)
            raise KeyboardInterrupt
        return fit_one(recipe, report)

    with pytest.raises(KeyboardInterrupt):
        search_trials(tmp_path / "parts.db", Search(trials=5), killed, DATA)
    assert search_trials(tmp_path / "parts.db", Search(trials=5), landscape, DATA) == found


@pytest.mark.slow("some trials are fitted")
def test_a_trial_that_is_worse_than_the_others_is_stopped_and_counts(tmp_path):
    asked = []

    def later_ones_are_worse(recipe, report):
        asked.append(recipe)
        value = 0.5 if len(asked) < 5 else 0.1
        for epoch in range(1, recipe.epochs + 1):
            report(epoch, value)
        return value

    found = search_trials(tmp_path / "trials.db", Search(trials=5), later_ones_are_worse, DATA)
    assert [trial["epochs"] for trial in found["trials"]] == [6, 6, 6, 6, 3]


def test_other_settings_or_data_need_another_folder(tmp_path):
    storage = tmp_path / "trials.db"
    search_trials(storage, Search(trials=1), landscape, DATA)
    for search, data in ((Search(epochs=3), DATA), (Search(), {"images": 8})):
        with pytest.raises(UserError, match="begun with other settings or data"):
            search_trials(storage, search, landscape, data)
    assert len(search_trials(storage, Search(trials=1), landscape, DATA)["trials"]) == 1
    (tmp_path / "broken.db").write_bytes(b"this is no database " * 100)
    with pytest.raises(UserError, match="broken.db is no storage of a search"):
        search_trials(tmp_path / "broken.db", Search(), landscape, DATA)


def test_without_optuna_it_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(UserError, match="needs the package optuna: pip install -r requirements-dev.txt"):
        search_trials(tmp_path / "trials.db", Search(), landscape, DATA)


def test_what_judges_the_experiments_takes_no_part(nine_folder, tmp_path):
    """Among 81 drawings, whose names say their diagnosis; every lesion has two of them."""
    rows = [
        (path.stem, ["AK", "BCC", "DF", "MEL", "NV", "BKL", "BKL", "SCC", "VASC"][int(path.stem[5])])
        for path in sorted(nine_folder.rglob("*.png"))
    ]
    truth = pd.DataFrame(rows, columns=["isic_id", "diagnosis"])
    truth["lesion_id"] = [f"L{name[:-1]}{int(name[-1]) // 2}" for name in truth["isic_id"]]
    truth.to_csv(tmp_path / "truth.csv", index=False)
    table = search_table(nine_folder, tmp_path / "truth.csv", tmp_path)
    honest = honest_table(nine_folder, tmp_path / "truth.csv", 123).set_index("image_id")
    assert set(honest.loc[table["image_id"], "split"]) == {"train"}
    assert len(table) == (honest["split"] == "train").sum()
    assert set(table["split"]) == {"train", "calibration"}
    assert table.groupby("lesion_id")["split"].nunique().max() == 1
    assert 0.1 < (table["split"] == "calibration").mean() < 0.3


@pytest.mark.slow("fits networks of a search")
def test_a_trial_is_fitted_and_judged_on_its_own_images():
    rng = np.random.default_rng(0)
    labels = np.arange(40) % 2
    base = np.where(labels, 170, 60)[:, None, None, None]
    pixels = (base + rng.integers(-40, 40, (40, 32, 32, 4))).astype(np.uint8)
    split = np.where(np.arange(40) < 32, "train", "calibration")
    table = pd.DataFrame({"split": split, "source": "one", "lesion_id": np.arange(40)})
    dataset = Dataset(table, ("MEL", "NV"), pixels, np.full(40, 32), labels)
    recipe = TutorialRecipe("tiny", epochs=4, batch=8, image_size=32)
    reported = []
    score = fit_trial(dataset, recipe, lambda epoch, accuracy: reported.append((epoch, accuracy)))
    assert [epoch for epoch, _ in reported] == [1, 2, 3, 4]
    assert score == pytest.approx(np.mean([accuracy for _, accuracy in reported[-3:]])) and score > 0.8
    again = []
    assert fit_trial(dataset, recipe, lambda *told: again.append(told)) == score and again == reported


def test_the_recipe_has_the_choices_that_were_found():
    best = {"learning_rate": 5e-4, "dropout": 0.1, "l2": 1e-4, "dense": 64, "changed": True}
    (tuned,) = _tuned({"search": {"best": best}})
    assert tuned.name == "tutorial-tuned-honest" and tuned.honest and tuned.proposed
    assert {name: tuned.settings()[name] for name in best} == best
    assert tuned.epochs == EXPERIMENTS["tutorial-c-honest"].epochs
    assert list(_tuned({})) == []


def test_the_command_writes_what_was_found_and_leaves_the_rest(tmp_path, monkeypatch):
    file = tmp_path / "story.json"
    file.write_text(json.dumps({"files": 3, "search": "older"}), encoding="utf-8")
    found = {"trials": [{}], "best": {"dense": 64}}
    asked = []

    def run_search(*given):
        asked.append(given)
        return found

    monkeypatch.setattr(command, "FILE", file)
    monkeypatch.setattr(command, "read_story", lambda: json.loads(file.read_text(encoding="utf-8")))
    monkeypatch.setattr(command, "run_search", run_search)
    options = ["search", "--data", "set", "--truth", "labels.csv", "--trials", "3", "--epochs", "2"]
    told = CliRunner().invoke(command.commands, options, catch_exceptions=False)
    assert told.exit_code == 0 and "1 trials. The best: {'dense': 64}" in told.stdout
    assert json.loads(file.read_text(encoding="utf-8")) == {"files": 3, "search": found}
    assert (asked[0][3].trials, asked[0][3].epochs) == (3, 2)
    told = CliRunner().invoke(command.commands, ["search", "--data", "set"])
    assert isinstance(told.exception, UserError) and "with --truth" in str(told.exception)
    told = CliRunner().invoke(command.commands, [])
    assert isinstance(told.exception, UserError) and "with --data" in str(told.exception)
