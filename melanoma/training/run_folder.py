"""runs/<name>/: the folder of a training run, which can be resumed only with the plan that it began with."""

import json
from pathlib import Path
from typing import Any

import keras
import pandas as pd

from melanoma.data.labels.read import fingerprint
from melanoma.data.split import Sides
from melanoma.errors import UserError
from melanoma.files import write_whole
from melanoma.model.bundle import Bundle, sha256
from melanoma.training.checkpoints import newest_checkpoint, remove_checkpoints
from melanoma.training.dataset import Dataset
from melanoma.training.recipes import Recipe

_PLAN = "plan.json"


def run_folder(name: str, resume: bool) -> Path:
    """Return the folder of a run, created if missing; raises UserError without a checkpoint to resume."""
    run = Path("runs") / name
    run.mkdir(parents=True, exist_ok=True)
    if resume and newest_checkpoint(run) is None:
        raise UserError(f"{run} holds no checkpoint to resume from. Start without --resume.")
    return run


def run_plan(
    recipe: Recipe,
    dataset: Dataset,
    start: Bundle | None,
    sides: Sides | None,
    teacher: Path | None,
    workers: int,
) -> dict[str, Any]:
    """Return all that decides about the weights of a run, which a resumed run must share."""
    plan: dict[str, Any] = {
        "recipe": recipe.settings(),
        "data": fingerprint(dataset.table),
        "codes": dataset.codes,
    }
    plan |= {"start": start.version if start else None}
    plan |= sides.as_json() if sides else {}
    plan |= {"teacher": sha256(teacher)} if teacher else {}
    return plan | ({"workers": workers} if workers > 1 else {})


def begin_run(run: Path, plan: dict[str, Any]) -> None:
    """Write the plan, and remove the checkpoints of an earlier run."""
    remove_checkpoints(run)
    write_whole(run / _PLAN, json.dumps(plan, indent=2))


def resume_run(run: Path, plan: dict[str, Any], model: keras.Model) -> tuple[int, pd.DataFrame]:
    """Load the newest checkpoint into a compiled model; return the epochs done, and the history of those.

    Raises UserError if the run was begun with another plan.
    """
    if json.loads((run / _PLAN).read_text(encoding="utf-8")) != json.loads(json.dumps(plan)):
        raise UserError(
            f"{run} was started with another recipe, start, data or number of workers. "
            "Start without --resume."
        )
    checkpoint = newest_checkpoint(run)
    assert checkpoint is not None
    file, done = checkpoint
    model.load_weights(file)
    return done, pd.read_csv(run / "history.csv").head(done)
