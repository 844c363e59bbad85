"""Checkpoints and the history of a run, each replaced atomically."""

import os
from pathlib import Path

import keras
import pandas as pd

from melanoma.errors import UserError
from melanoma.files import atomic_write, write_whole

_CHECKPOINTS = "checkpoint-*.weights.h5"


def save_checkpoint(model: keras.Model, folder: Path, done: int) -> None:
    """Write weights and optimiser state, named by the number of epochs done, and remove older checkpoints.

    Raises UserError where that fails, such as on a full disk; the checkpoint before stays as it was.
    """
    newest = folder / f"checkpoint-{done:03d}.weights.h5"
    try:
        with atomic_write(newest, ending=".weights.h5") as unfinished:
            model.save_weights(unfinished)
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else str(error)
        raise UserError(
            f"The checkpoint of epoch {done} could not be written to {folder}: {reason}. "
            "What was saved before is kept: make room, and go on with --resume."
        ) from error
    remove_checkpoints(folder, but=newest)


def remove_checkpoints(folder: Path, but: Path | None = None) -> None:
    """Remove the checkpoints of a run, all or all but one."""
    for path in folder.glob(_CHECKPOINTS):
        if path != but:
            path.unlink()


def newest_checkpoint(folder: Path) -> tuple[Path, int] | None:
    """Return the newest checkpoint and the number of epochs done by then, or None if there is none."""
    found = sorted(folder.glob(_CHECKPOINTS))
    return (found[-1], int(found[-1].name.removeprefix("checkpoint-")[:3])) if found else None


def write_history(history: pd.DataFrame, folder: Path) -> None:
    """Write `history.csv`, replacing the old one in one step; raises UserError where that fails."""
    write_whole(folder / "history.csv", history.to_csv(index=False))
