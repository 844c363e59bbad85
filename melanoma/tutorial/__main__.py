"""Make docs/tutorial.md's tables and curves, and the figures of the page “The data”, from the runs.

python -m melanoma.tutorial --data kaggle2357 --truth isic/labels.csv
python -m melanoma.tutorial search --data kaggle2357 --truth isic/labels.csv      tune hyperparameters

Reads the bundles of the tutorial's recipes in `models/`. For missing ones the figures of an earlier run stay,
or “not yet run”.
"""

import json
import os
import tempfile
from pathlib import Path
from typing import Annotated

from melanoma.training.allocator import keep_memory

if __name__ == "__main__":
    keep_memory()
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import pandas as pd
import typer

from melanoma.data.audit.run import audit
from melanoma.errors import UserError, exit_on_user_error
from melanoma.files import write_whole
from melanoma.model.bundle import models_folder
from melanoma.training import options
from melanoma.training.recipes import Precision
from melanoma.tutorial import document, document_fit
from melanoma.tutorial.experiment_data import experiment_table, known_files
from melanoma.tutorial.proposals import TUNED
from melanoma.tutorial.recipes import EXPERIMENTS
from melanoma.tutorial.results import Seen, results_in, seen_before
from melanoma.tutorial.search import EPOCHS, TRIALS, Search, run_search
from melanoma.tutorial.story import FILE, make_story, read_story

_COUNTED = {
    "tutorial-a": "a to c",
    "tutorial-d-before": "d, copies before",
    "tutorial-d-after": "d, copies after",
    "tutorial-a-honest": "honest",
}
"""Recipes with different splits, and the titles of their columns."""


commands = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
Data = Annotated[Path | None, typer.Option(help="The 2,357-image set, with Train and Test.")]
Truth = Annotated[Path | None, typer.Option(help="Labels CSV of the true diagnoses.")]


@commands.callback(invoke_without_command=True)
def tutorial(
    context: typer.Context,
    data: Data = None,
    truth: Truth = None,
    models: Annotated[Path | None, typer.Option(help="Where the experiments' bundles are.")] = None,
) -> None:
    """Write docs/tutorial.md, its curves and the story's figures anew from the runs; or search."""
    if context.invoked_subcommand is None:
        _write(*_both(data, truth), models or models_folder())


@commands.command()
def search(
    data: Data = None,
    truth: Truth = None,
    run: Annotated[Path, typer.Option(help="Folder of the trials. A search that is there goes on.")] = Path(
        "runs/tutorial-search"
    ),
    trials: Annotated[int, typer.Option(min=1, max=100, help="At most, with those that are there.")] = TRIALS,
    epochs: Annotated[int, typer.Option(min=1, max=100, help="Of each trial.")] = EPOCHS,
    precision: options.InPrecision = Precision.FLOAT32,
) -> None:
    """Search for hyperparameters by Optuna, and write what it found to the story's figures."""
    found = run_search(*_both(data, truth), run, Search(trials, epochs, precision=precision))
    write_whole(FILE, json.dumps(read_story() | {"search": found}, indent=1, ensure_ascii=False) + "\n")
    print(f"{len(found['trials'])} trials. The best: {found['best']}")
    print(f"Now train.py can fit {TUNED}.")


def _both(data: Path | None, truth: Path | None) -> tuple[Path, Path]:
    if data is None or truth is None:
        raise UserError("Give the set with --data, and the labels CSV of the true diagnoses with --truth.")
    return data, truth


def _write(data: Path, truth: Path, models: Path) -> None:
    earlier = read_story()
    known = known_files(data, truth)
    results = results_in(models, known, earlier["results"], EXPERIMENTS)
    tables = _tables(data, truth)
    seen = {name: _seen(table, known) for name, table in tables.items()}
    story = make_story(audit(data, truth_labels=truth), results, seen, earlier.get("search"))
    parts = {
        "accuracies": document.accuracies(results),
        "copies": document.copies(results, seen),
        "verdicts": document_fit.verdicts(results),
        "proposals": document_fit.proposals(results),
        "search": document_fit.search(story.get("search")),
        "claims": document_fit.claims_table(story),
        "more": document.more_figures(results),
        "commands": document.commands(results),
        "counts": document.class_counts({title: tables[name] for name, title in _COUNTED.items()}),
    }
    write_whole(document.PAGE, document.fill(document.PAGE.read_text(encoding="utf-8"), parts))
    if results:
        document.draw_curves(results, document.PAGE.with_name("tutorial-curves.png"))
        document_fit.draw_gaps(results, document.PAGE.with_name("tutorial-gaps.png"))
    write_whole(FILE, json.dumps(story, indent=1, ensure_ascii=False) + "\n")
    print(f"{len(results)} of {len(EXPERIMENTS)} experiments: {', '.join(results) or 'none'}")


def _tables(data: Path, truth: Path) -> dict[str, pd.DataFrame]:
    """Return each experiment's table with its splits, by recipe; experiments that differ in the network alone
    share one.
    """
    made: dict[tuple[str, bool], pd.DataFrame] = {}
    with tempfile.TemporaryDirectory() as run:
        for name, recipe in EXPERIMENTS.items():
            kind = (recipe.copies, recipe.honest)
            if kind not in made:
                made[kind] = experiment_table(data, truth, recipe, Path(run) / name)
    return {name: made[recipe.copies, recipe.honest] for name, recipe in EXPERIMENTS.items()}


def _seen(table: pd.DataFrame, known: pd.DataFrame) -> Seen:
    validation, fitted = (
        table.loc[table["split"] == split, "image_id"] for split in ("calibration", "train")
    )
    return seen_before(validation, fitted, known)


if __name__ == "__main__":
    with exit_on_user_error():
        commands()
