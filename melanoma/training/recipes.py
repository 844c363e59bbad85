"""What `train.py` asks of a recipe of any kind: the data, the network, the loss, the judge, the card."""

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
"""Figures of a network at an input size, on images that it is not fitted to."""


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
    """Paired copies: every image comes twice, the second time in other surroundings where its outline is
    known, and the losses about surroundings count. The name is the one that plans and bundles store. Learning
    the diagnoses first is quicker: with pairs from the start the melanoma ROC AUC was 0.83 on the calibration
    lesions after 45,000 samples."""


@dataclass(frozen=True)
class LabelSources:
    """Where the labels of a run come from, as `train.py`'s options say it."""

    data: list[Path]
    """Labels CSVs, or folders of class folders."""
    images: list[Path] | None = None
    """Folders of a CSV's images."""
    outlines: list[Path] | None = None
    """Folders of the lesions' masks."""
    truth: Path | None = None
    """A labels CSV with the true diagnoses of images whose folders are wrong."""


@dataclass(frozen=True)
class Description:
    """What a recipe says about itself on the model card, Markdown."""

    network: str
    """The paragraph about architecture and training."""
    split: str
    """A sentence on how lesions are split."""
    test_images: str
    """What is to know of the test images, to follow "the test images"."""
    temperature: str
    """Where the temperature comes from, to follow its value."""
    weights_licence: str = ""
    """A sentence on the licence of the weights that the run may have begun with, led by a space."""


class Recipe(Protocol):
    """All choices of a training run, and the answers that follow from them.

    The choices are the fields of a frozen dataclass, which checkpoints and bundles carry a copy of. There are
    two kinds: `fine_tuning.FineTuning` and `melanoma.tutorial.recipes.TutorialRecipe`.
    """

    @property
    def name(self) -> str:
        """What `--recipe` calls it."""

    @property
    def bundle_name(self) -> str:
        """Name of the bundle that it makes where the user gives none."""

    @property
    def backbone(self) -> str | None:
        """One of `melanoma.model.backbones`; None for a network without one."""

    @property
    def seed(self) -> int:
        """Of split, weights and draws."""

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
    def image_size(self) -> int:
        """Side of the finished network's input, pixels."""

    @property
    def stored_size(self) -> int:
        """Side at which decoded images are kept, pixels."""

    @property
    def framing(self) -> str:
        """Which square of a photo the network sees, one of `lesion.framing.FRAMINGS`."""

    @property
    def sensitivity(self) -> float:
        """Of the melanoma alert on the calibration lesions, 0..1."""

    @property
    def temperature(self) -> float | None:
        """Of the softmax; None: set on the calibration lesions."""

    def settings(self) -> dict[str, Any]:
        """Return the choices by name, as plans and bundles store them."""

    def with_options(
        self, backbone: str | None, precision: Precision, workers: int, start: Path | None
    ) -> "Recipe":
        """Return the recipe with `train.py`'s options, `backbone=None` for its own.

        Raises UserError for an option that it cannot have.
        """

    def table(self, sources: LabelSources, run: Path) -> pd.DataFrame:
        """Return one row an image, with the columns of `read_labels`, and perhaps more.

        What it has to write on the way lies in the folder `run`. Raises UserError if the data do not suit.
        """

    def split(self, table: pd.DataFrame) -> pd.Series:
        """Return `train`, `calibration` or `test` for each row of a table that `table` made, on its index."""

    def sampler(self, dataset: Dataset) -> Sampler:
        """Return what draws the training samples."""

    def steps(self, dataset: Dataset) -> int:
        """Return the steps of an epoch."""

    def network(self, classes: int, weights: str, synchronized: bool) -> keras.Model:
        """Return the network to fit, uint8 (n, S, S, 3) -> logits (n, classes).

        `weights` is `imagenet`, `none` or a file; `synchronized` takes batch statistics over all workers.
        """

    def final_network(self, classes: int) -> keras.Model:
        """Return the network to save, of the same weights, for images of `image_size`."""

    def origin(self, weights: str) -> str:
        """Return in words which weights `network` begins with."""

    def compiled(self, network: keras.Model, workers: int) -> keras.Model:
        """Return the network with its loss and an optimiser, whose state is there to be loaded."""

    def begin_stage(self, model: keras.Model, stage: Stage) -> None:
        """Set the compiled model to a stage's loss."""

    def judge(self, dataset: Dataset, log_shares: np.ndarray) -> Judge:
        """Return what measures the network after each epoch on the calibration images.

        `log_shares` (classes,) are the logarithms of the shares in which classes are drawn.
        """

    def description(self, origin: str, history: pd.DataFrame) -> Description:
        """Return what the model card says of a run; `history` has a row an epoch."""


def recipe_named(name: str, recipes: Mapping[str, Recipe]) -> Recipe:
    """Return one of the recipes; raises UserError if there is none of this name."""
    try:
        return recipes[name]
    except KeyError:
        raise UserError(f"There is no recipe “{name}”. Choose one of {', '.join(recipes)}.") from None


def remaining_stages(stages: Sequence[Stage], done: int) -> Iterator[tuple[Stage, range]]:
    """Yield each stage that has epochs left after the first `done`, with the numbers of those, from 0."""
    first = 0
    for stage in stages:
        epochs = range(max(first, done), first + stage.epochs)
        first += stage.epochs
        if epochs:
            yield stage, epochs
