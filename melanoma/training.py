"""What happens at the end of each training epoch, and the bar that shows how long it will take."""

import os
import time
from collections.abc import Callable
from pathlib import Path

import keras
import pandas as pd
from rich.progress import (
    BarColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from melanoma.errors import UserError
from melanoma.recipes import Recipe, Stage, TutorialRecipe

_CHECKPOINTS = "checkpoint-*.weights.h5"

Judge = Callable[[keras.Model, int], dict[str, float]]
"""Figures of a network at an input size, on lesions that it is not fitted to."""


class Bookkeeping(keras.callbacks.Callback):
    """Checkpoint, history and progress bar: what is on disk is always one whole epoch, never half of one."""

    def __init__(
        self,
        recipe: Recipe | TutorialRecipe,
        network: keras.Model,
        folder: Path,
        steps: int,
        judge: Judge,
        history: pd.DataFrame,
    ) -> None:
        """`network` is what is judged; `history` holds the rows of epochs that an earlier run finished."""
        super().__init__()
        self.network, self.folder, self.judge, self.history, self.seed = (
            network,
            folder,
            judge,
            history,
            recipe.seed,
        )
        self.stage_of = [stage for stage in recipe.stages for _ in range(stage.epochs)]
        # A step costs in proportion to its pixels, so the time left is right across stages.
        self.work = [steps * stage.image_size**2 for stage in self.stage_of]
        self.steps = steps
        self.progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.percentage:>3.0f}%"),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(elapsed_when_finished=False),
            speed_estimate_period=600,
        )
        self.task = self.progress.add_task("training", total=sum(self.work))

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        """Set the bar to the start of the epoch, and the layers' random numbers by the epoch's number.

        Keras' checkpoints leave the state of a layer's generator out, so a resumed run would draw others.
        """
        # A dropout names its generator one way, the layers that change images another.
        found = [
            getattr(one, "seed_generator", getattr(one, "generator", None)) for one in self.network.layers
        ]
        for number, generator in enumerate(one for one in found if one is not None):
            generator.state.assign([self.seed + number, epoch << 16])
        self.epoch, self.started = epoch, time.monotonic()
        self.progress.update(self.task, completed=sum(self.work[:epoch]))

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
        """Move the bar."""
        assert logs is not None  # Keras' signature allows None, its fit() never gives it
        stage: Stage = self.stage_of[self.epoch]
        text = (
            f"epoch {self.epoch + 1} of {len(self.stage_of)}, {stage.image_size} px, loss {logs['loss']:.3f}"
        )
        self.progress.update(self.task, advance=self.work[self.epoch] / self.steps, description=text)

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        """Judge, write the history and then the checkpoint, each under a temporary name first."""
        assert logs is not None
        size = self.stage_of[epoch].image_size
        row = {
            "epoch": epoch + 1,
            "image_size": size,
            "learning_rate": float(self.model.optimizer.learning_rate),
        }
        row |= {name: float(value) for name, value in logs.items()}
        row |= self.judge(self.network, size)
        row["seconds"] = round(time.monotonic() - self.started, 1)
        self.history = pd.concat([self.history, pd.DataFrame([row])], ignore_index=True)
        write_history(self.history, self.folder)
        save_checkpoint(self.model, self.folder, epoch + 1)
        figures = ", ".join(f"{name} {value:.3f}" for name, value in row.items() if isinstance(value, float))
        self.progress.console.print(f"epoch {epoch + 1}: {figures}", soft_wrap=True)


def save_checkpoint(model: keras.Model, folder: Path, done: int) -> None:
    """Write weights and optimiser, named by the number of epochs done, and then drop older checkpoints.

    Raises UserError where that fails, such as on a full disk; the checkpoint before stays as it was.
    """
    unfinished = folder / "unfinished.weights.h5"
    newest = folder / f"checkpoint-{done:03d}.weights.h5"
    try:
        model.save_weights(unfinished)
        os.replace(unfinished, newest)
    except OSError as error:
        unfinished.unlink(missing_ok=True)
        reason = os.strerror(error.errno) if error.errno else str(error)
        raise UserError(
            f"The checkpoint of epoch {done} could not be written to {folder}: {reason}. "
            "What was saved before is kept: make room, and go on with --resume."
        ) from error
    forget_checkpoints(folder, but=newest)


def forget_checkpoints(folder: Path, but: Path | None = None) -> None:
    """Remove the checkpoints of a run, all or all but one."""
    for path in folder.glob(_CHECKPOINTS):
        if path != but:
            path.unlink()


def newest_checkpoint(folder: Path) -> tuple[Path, int] | None:
    """Return the newest checkpoint and the number of epochs done by then, or None if there is none."""
    found = sorted(folder.glob(_CHECKPOINTS))
    return (found[-1], int(found[-1].name.removeprefix("checkpoint-")[:3])) if found else None


def write_history(history: pd.DataFrame, folder: Path) -> None:
    """Write `history.csv`, replacing the old one in one step."""
    history.to_csv(folder / "history.unfinished", index=False)
    os.replace(folder / "history.unfinished", folder / "history.csv")
