"""The interface of a recipe: what `train.py` calls for data, network, loss, validation and model card."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol

import keras
import numpy as np
import pandas as pd

from melanoma.data.pipeline import Sampler
from melanoma.errors import UserError
from melanoma.training.dataset import Dataset

Judge = Callable[[keras.Model, int], dict[str, float]]
"""Returns validation figures of a network at an input size, on images that it is not fitted to."""


class Precision(StrEnum):
    """Of the numbers that are multiplied while fitting; weights and sums are float32 in both."""

    FLOAT32 = "float32"
    MIXED_BFLOAT16 = "mixed_bfloat16"


@dataclass(frozen=True)
class Stage:
    """A run of epochs at one input size."""

    image_size: int
    epochs: int
    twins: bool = False
    """Paired copies, under the name that plans and bundles store: every image comes twice, the second time in
    other surroundings if its outline is known, and both have to be answered alike. Learning the diagnoses
    first is quicker: with pairs from the start the melanoma ROC AUC was 0.83 on the calibration lesions after
    45,000 samples."""
    degraded_to: int | None = None
    """Pixels a side to which every image is reduced first, `Sampler.degraded_to`."""


@dataclass(frozen=True)
class LabelSources:
    """Where the labels of a run come from: the options of `train.py`."""

    data: list[Path]
    """Labels CSVs, or folders of class folders."""
    images: list[Path] | None = None
    """Folders of a CSV's images."""
    outlines: list[Path] | None = None
    """Folders of the lesions' masks."""
    truth: Path | None = None
    """A labels CSV with the true diagnoses of images whose folders are wrong."""


class Exported(Protocol):
    """What the bundle of a finished network says of where it comes from."""

    @property
    def backbone(self) -> str | None:
        """One of `melanoma.model.backbones`; None for a network without one."""

    @property
    def seed(self) -> int:
        """Of the split, the initial weights and the sampling."""

    @property
    def image_size(self) -> int:
        """Side of the finished network's input, pixels."""

    @property
    def framing(self) -> str:
        """Which square of a photo the network sees, one of `lesion.framing.FRAMINGS`."""

    @property
    def sensitivity(self) -> float:
        """Target of the melanoma alert on the calibration lesions, 0..1."""

    @property
    def temperature(self) -> float | None:
        """Of the softmax; None: set on the calibration lesions."""

    def settings(self) -> dict[str, Any]:
        """Return the choices by name, as plans and bundles store them."""

    def description(self, origin: str, history: pd.DataFrame) -> "Description":
        """Return the own parts of the model card; `history` has a row an epoch."""


@dataclass(frozen=True)
class Description:
    """The recipe's own parts of the model card, Markdown."""

    network: str
    """The paragraph about architecture and training."""
    split: str
    """A sentence on how lesions are split."""
    test_images: str
    """A remark that follows "the test images"; may be empty."""
    temperature: str
    """A remark on the temperature that follows its value."""
    weights_licence: str = ""
    """A sentence on the licence of the weights that the run may have begun with, led by a space."""
    licence: str | None = None
    """The section on licences, in place of that on the usual training images."""


class Recipe(Exported, Protocol):
    """All choices of a training run, and the methods that `train.py` calls.

    The choices are the fields of a frozen dataclass, which checkpoints and bundles carry a copy of. There are
    two kinds: `fine_tuning.FineTuning` and `melanoma.tutorial.recipes.TutorialRecipe`.
    """

    @property
    def name(self) -> str:
        """What `--recipe` calls it."""

    @property
    def bundle_name(self) -> str:
        """Default name of the bundle."""

    @property
    def batch(self) -> int:
        """Images a step, over all workers."""

    @property
    def stages(self) -> tuple[Stage, ...]:
        """The epochs in order, by input size."""

    @property
    def epochs(self) -> int:
        """Epochs over all stages."""

    @property
    def stored_size(self) -> int:
        """Side of the decoded images, pixels."""

    def with_options(
        self,
        backbone: str | None,
        precision: Precision,
        workers: int,
        start: Path | None,
        changes: Sequence[str] = (),
    ) -> "Recipe":
        """Return the recipe with the options of `train.py`; `backbone=None` is the recipe's own.

        `changes` are choices as NAME=VALUE, the value in JSON. Raises UserError for an option that it does
        not support.
        """

    def table(self, sources: LabelSources, run: Path) -> pd.DataFrame:
        """Return one row an image, with the columns of `read_labels`, and perhaps more.

        Files that it has to write go to the folder `run`. Raises UserError if the data do not fit.
        """

    def split(self, table: pd.DataFrame) -> pd.Series:
        """Return `train`, `calibration` or `test` for each row of a table that `table` made, on its index."""

    def sampler(self, dataset: Dataset) -> Sampler:
        """Return the sampler of the training images."""

    def steps(self, dataset: Dataset) -> int:
        """Return the steps of an epoch."""

    def network(self, classes: int, weights: str, synchronized: bool) -> keras.Model:
        """Return the network to fit, uint8 (n, S, S, 3) -> logits (n, classes).

        `weights` is `imagenet`, `none` or a file; `synchronized` takes batch statistics over all workers.
        """

    def evaluated(self, model: keras.Model) -> keras.Model:
        """Return the network of a compiled model whose figures count, and whose weights are saved."""

    def finished(self, model: keras.Model, prior: np.ndarray) -> keras.Model:
        """Return the network to save, for images of `image_size`, its logits free of any mix.

        `prior` (classes,) is the mix of the training samples.
        """

    def origin(self, weights: str) -> str:
        """Return in words which weights `network` begins with."""

    def compiled(self, network: keras.Model, workers: int) -> keras.Model:
        """Return the network with its loss and an optimiser whose state is built, to be loaded."""

    def begin_stage(self, model: keras.Model, stage: Stage) -> None:
        """Set the compiled model to a stage's loss."""

    def end_step(self, model: keras.Model) -> None:
        """Do what has to be done after each step."""

    def judge(self, dataset: Dataset) -> Judge:
        """Return the validation that is run after each epoch on the calibration images."""


def recipe_named(name: str, recipes: Mapping[str, Recipe]) -> Recipe:
    """Return one of the recipes; raises UserError if there is none of this name."""
    try:
        return recipes[name]
    except KeyError:
        raise UserError(f"There is no recipe “{name}”. Choose one of {', '.join(recipes)}.") from None


def remaining_stages(stages: Sequence[Stage], done: int) -> Iterator[tuple[Stage, range]]:
    """Yield each stage with epochs left after the first `done`, and the numbers of those, from 0."""
    first = 0
    for stage in stages:
        epochs = range(max(first, done), first + stage.epochs)
        first += stage.epochs
        if epochs:
            yield stage, epochs
