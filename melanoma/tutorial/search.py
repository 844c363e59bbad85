"""A search for hyperparameters of the tutorial's network, by Optuna: seeded, bounded, and resumable.

Akiba et al. 2019 (arXiv:1907.10902); trials are chosen by the tree-structured Parzen estimator (Bergstra et
al. 2011, NeurIPS 24), and one that is worse than the median of the others at its epoch is stopped early.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import keras
import numpy as np
import pandas as pd
import tensorflow as tf
from sklearn.model_selection import StratifiedGroupKFold

from melanoma.errors import UserError
from melanoma.files import make_folder
from melanoma.training.dataset import Dataset, decode_dataset
from melanoma.training.loop import fit
from melanoma.training.recipes import LabelSources, Precision
from melanoma.tutorial.epochs import logits_of
from melanoma.tutorial.recipes import TutorialRecipe

if TYPE_CHECKING:
    import optuna

TRIALS, EPOCHS = 10, 6
"""Defaults: a small search, of about the work of three of the tutorial's own experiments."""
_NAME = "tutorial"
_RANDOM = 4  # first trials, drawn at random: the estimator and the median need some to begin with
_SURE = 3  # epochs of a trial before it can be stopped
_LAST = 3  # epochs at the end whose mean is a trial's score: one epoch's accuracy jumps
_CHOICES = "choices"
_PLAN = "plan"

FitTrial = Callable[[TutorialRecipe, Callable[[int, float], None]], float]
"""(recipe, report of epoch and accuracy) -> the trial's score; the report may raise to stop it."""


@dataclass(frozen=True)
class Search:
    """All that decides about a search."""

    trials: int = TRIALS
    epochs: int = EPOCHS
    seed: int = 123
    precision: Precision = Precision.FLOAT32


def search_table(data: Path, truth: Path, run: Path) -> pd.DataFrame:
    """Return the fitted side of the honest split: a fifth, by lesion, as `calibration`, the rest as `train`.

    The validation images of the experiments take part in nothing here: they judge what the search finds.
    """
    recipe = _recipe(Search(), {})
    table = recipe.table(LabelSources([data], truth=truth), run)
    table = table[table["split"] == "train"].reset_index(drop=True)
    folds = StratifiedGroupKFold(5, shuffle=True, random_state=recipe.seed)
    _, judging = next(folds.split(table, table["diagnosis"], table["lesion_id"]))
    table.loc[judging, "split"] = "calibration"
    return table


def run_search(data: Path, truth: Path, run: Path, search: Search) -> dict[str, Any]:
    """Run what is left of a search whose trials are stored in the folder `run`; return `found_by` it.

    Raises UserError where Optuna is not installed, and as `search_trials` does.
    """
    _optuna()
    table = search_table(data, truth, run)
    make_folder(run)
    recipe = _recipe(search, {})
    dataset = decode_dataset(table, recipe.stored_size, recipe.framing, recipe.split, run)
    images = {"fitted": len(dataset.rows("train")), "judging": len(dataset.rows("calibration"))}
    found = search_trials(run / "trials.db", search, lambda *trial: fit_trial(dataset, *trial), images)
    return found | {"images": images}


def search_trials(storage: Path, search: Search, fit_one: FitTrial, data: dict[str, Any]) -> dict[str, Any]:
    """Run the trials that `storage` does not hold yet, one after the other; return `found_by` them.

    A trial that was cut off by a kill is run anew; the next choices follow from the seed and the finished
    trials alone, so that a search that was resumed finds what a whole one does. Raises UserError if the
    storage was begun with other settings or `data`, or is no storage.
    """
    optuna = _optuna()
    try:
        study = optuna.create_study(
            study_name=_NAME,
            storage=f"sqlite:///{storage}",
            direction="maximize",
            load_if_exists=True,
            pruner=optuna.pruners.MedianPruner(n_startup_trials=_RANDOM, n_warmup_steps=_SURE),
        )
    except Exception as error:
        if not _is_of_the_database(error):
            raise
        raise UserError(
            f"{storage} is no storage of a search: {_first_line(error)}. Name another folder with --run."
        ) from None
    _require_plan(study, storage, search, data)
    for trial in study.get_trials(states=(optuna.trial.TrialState.RUNNING,)):
        study.tell(trial.number, state=optuna.trial.TrialState.FAIL)
    while (done := len(_finished(study))) < search.trials:
        study.sampler = optuna.samplers.TPESampler(seed=search.seed + done, n_startup_trials=_RANDOM)
        study.optimize(lambda trial: _run_trial(trial, search, fit_one), n_trials=1)
    return found_by(study, search)


def choose(trial: "optuna.Trial") -> dict[str, Any]:
    """Return the choices of a trial: fields of `Experiment`."""
    return {
        "learning_rate": trial.suggest_float("learning_rate", 1e-4, 3e-3, log=True),
        "dropout": trial.suggest_float("dropout", 0.0, 0.5, step=0.1),
        "l2": trial.suggest_categorical("l2", [0.0, 1e-5, 1e-4, 1e-3]),
        "dense": trial.suggest_categorical("dense", [64, 128, 256]),
        "changed": trial.suggest_categorical("changed", [False, True]),
    }


def fit_trial(dataset: Dataset, recipe: TutorialRecipe, report: Callable[[int, float], None]) -> float:
    """Fit a network to the dataset's `train` side; return its accuracy on `calibration`, 0..1.

    It is the mean over the last epochs.
    """
    keras.utils.set_random_seed(recipe.seed)
    model = recipe.compiled(recipe.network(len(dataset.codes), "none", False))
    steps, sampler, rows = recipe.steps(dataset), recipe.sampler(dataset), dataset.rows("calibration")
    accuracies: list[float] = []

    class JudgeEachEpoch:
        def begin_epoch(self, epoch: int) -> None:
            pass

        def end_step(self, step: int, figures: dict[str, float]) -> None:
            pass

        def end_epoch(self, epoch: int, figures: dict[str, float]) -> None:
            answers = logits_of(model, dataset.pixels, rows).argmax(axis=1)
            accuracies.append(float((answers == dataset.labels[rows]).mean()))
            report(epoch + 1, accuracies[-1])

    epochs = range(recipe.epochs)
    batches = sampler.batches(epochs, steps * recipe.batch, recipe.image_size, recipe.batch)
    fit(model, batches, epochs, steps, JudgeEachEpoch(), tf.distribute.get_strategy())
    return float(np.mean(accuracies[-_LAST:]))


def found_by(study: "optuna.Study", search: Search) -> dict[str, Any]:
    """Return the search as JSON's types: its trials in order, and the choices of the best one."""
    return {
        "trials": [
            {
                "choices": trial.user_attrs[_CHOICES],
                "accuracy": round(float(trial.value), 4),
                "epochs": len(trial.intermediate_values),
            }
            for trial in _finished(study)
        ],
        "best": study.best_trial.user_attrs[_CHOICES],
        "epochs": search.epochs,
        "seed": search.seed,
        "precision": search.precision.value,
    }


def _recipe(search: Search, choices: dict[str, Any]) -> TutorialRecipe:
    recipe = TutorialRecipe("tutorial-search", epochs=search.epochs, honest=True, seed=search.seed)
    return replace(recipe, precision=search.precision, **choices)


def _run_trial(trial: "optuna.Trial", search: Search, fit_one: FitTrial) -> float:
    optuna = _optuna()
    choices = choose(trial)
    trial.set_user_attr(_CHOICES, choices)

    def report(epoch: int, accuracy: float) -> None:
        print(f"trial {trial.number}, epoch {epoch}: {accuracy:.3f}", flush=True)
        trial.report(accuracy, epoch)
        if epoch < search.epochs and trial.should_prune():
            raise optuna.TrialPruned

    return fit_one(_recipe(search, choices), report)


def _finished(study: "optuna.Study") -> list[Any]:
    """Return the trials that ran to their end or were stopped for being worse, in order."""
    state = _optuna().trial.TrialState
    return study.get_trials(states=(state.COMPLETE, state.PRUNED))


def _require_plan(study: "optuna.Study", storage: Path, search: Search, data: dict[str, Any]) -> None:
    """Store what the search hangs on, or raise UserError if it was begun with something else.

    More trials may be asked for than before.
    """
    plan = {"epochs": search.epochs, "seed": search.seed, "precision": search.precision.value, **data}
    if study.user_attrs.setdefault(_PLAN, plan) != plan:
        raise UserError(
            f"{storage} was begun with other settings or data. Give those, or name another folder with --run."
        )
    study.set_user_attr(_PLAN, plan)


def _optuna() -> Any:
    """Return the library; raises UserError if it is not installed."""
    try:
        import optuna
    except ModuleNotFoundError as missing:
        raise UserError(
            f"A search needs the package {missing.name}: pip install -r requirements-dev.txt"
        ) from missing
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    return optuna


def _is_of_the_database(error: Exception) -> bool:
    from sqlalchemy.exc import SQLAlchemyError

    return isinstance(error, SQLAlchemyError | _optuna().exceptions.StorageInternalError)


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0]
