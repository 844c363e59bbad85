"""The callback of the training loop: checkpoint and history after each epoch, and a progress bar."""

import time
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

from melanoma.training.checkpoints import save_checkpoint, write_history
from melanoma.training.recipes import Judge, Recipe, Stage
from melanoma.training.tracking import Tracker
from melanoma.training.workers import ALONE, WorkerRank


class EpochCallback:
    """Writes history and checkpoint after each epoch, and shows a progress bar."""

    def __init__(
        self,
        recipe: Recipe,
        model: keras.Model,
        network: keras.Model,
        folder: Path,
        steps: int,
        judge: Judge,
        history: pd.DataFrame,
        rank: WorkerRank = ALONE,
        tracker: Tracker | None = None,
    ) -> None:
        """`model` with its `network` is fitted, and what the recipe says is evaluated; `history` holds the
        rows of epochs that an earlier run finished. Of several workers only the chief evaluates and writes.
        """
        self.recipe, self.model, self.network = recipe, model, network
        self.folder, self.judge = folder, judge
        self.history, self.seed, self.rank, self.tracker = history, recipe.seed, rank, tracker
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

    def begin_epoch(self, epoch: int) -> None:
        """Set the bar to the start of the epoch, and seed the layers' random generators by the epoch.

        Keras' checkpoints do not hold the state of these generators, so a resumed run would draw other
        numbers. The seed differs from worker to worker.
        """
        # Dropout and the image augmentation layers of Keras use different names for their generator.
        found = [
            getattr(one, "seed_generator", getattr(one, "generator", None)) for one in self.network.layers
        ]
        for number, generator in enumerate(one for one in found if one is not None):
            generator.state.assign([self.seed + number + (self.rank.index << 16), epoch << 16])
        self.epoch, self.started = epoch, time.monotonic()
        self.progress.update(self.task, completed=sum(self.work[:epoch]))

    def end_step(self, step: int, figures: dict[str, float]) -> None:
        """Advance the bar, and do what the recipe does after each step."""
        self.recipe.end_step(self.model)
        stage: Stage = self.stage_of[self.epoch]
        text = (
            f"epoch {self.epoch + 1} of {len(self.stage_of)}, {stage.image_size} px, "
            f"loss {figures['loss']:.3f}"
        )
        self.progress.update(self.task, advance=self.work[self.epoch] / self.steps, description=text)

    def end_epoch(self, epoch: int, figures: dict[str, float]) -> None:
        """Evaluate the network, then write the history and the checkpoint, each atomically."""
        if not self.rank.chief:
            return
        size = self.stage_of[epoch].image_size
        row = {
            "epoch": epoch + 1,
            "image_size": size,
            "learning_rate": float(self.model.optimizer.learning_rate),
        }
        row |= figures
        row |= self.judge(self.recipe.evaluated(self.model), size)
        row["seconds"] = round(time.monotonic() - self.started, 1)
        self.history = pd.concat([self.history, pd.DataFrame([row])], ignore_index=True)
        write_history(self.history, self.folder)
        save_checkpoint(self.model, self.folder, epoch + 1)
        shown = {name: value for name, value in row.items() if isinstance(value, float)}
        if self.tracker is not None:
            self.tracker.write(epoch + 1, shown)
        text = ", ".join(f"{name} {value:.3f}" for name, value in shown.items())
        self.progress.console.print(f"epoch {epoch + 1}: {text}", soft_wrap=True)
