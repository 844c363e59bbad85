"""The tutorial's experiments as recipes of `train.py`."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, ClassVar

import keras
import numpy as np
import pandas as pd

from melanoma.data.pipeline import Sampler
from melanoma.errors import UserError
from melanoma.lesion.framing import CENTRE_SQUARE
from melanoma.model.network import shift_bias
from melanoma.training.dataset import Dataset
from melanoma.training.recipes import Description, Judge, LabelSources, Precision, Stage
from melanoma.tutorial.epochs import ShuffledSampler, judge_by_accuracy
from melanoma.tutorial.experiment import Experiment
from melanoma.tutorial.experiment_data import experiment_table
from melanoma.tutorial.network import build_tutorial_network, compiled_tutorial
from melanoma.tutorial.proposals import TUNED
from melanoma.tutorial.story import read_story

_NETWORK = """3 x 3 convolutions ({channels} channels), each with max pooling, a flattened map, a dense layer
of {dense} and the output, at {size} x {size} pixels: {whose}. Made by
`python train.py` with the recipe `{recipe}` in {epochs} epochs ({minutes:.0f} minutes on the machine that
trained it), computed in {precision}, random seed {seed}, beginning with random weights. It is here to be
compared and doubted, not to be used: docs/tutorial.md says why.{labels}"""

_THEIRS = "the network of a widely copied tutorial"
_PROPOSED = "the network of a widely copied tutorial, changed as it proposes"

_FOLDER_LABELS = """ Its labels are the set's folder names, of which many are wrong, and pictures of one
lesion, or the very same picture, are on several sides: its figures flatter."""


@dataclass(frozen=True)
class TutorialRecipe(Experiment):
    """One of the tutorial's experiments; see `training.recipes.Recipe` for what it answers."""

    backbone: ClassVar[str | None] = None
    """None: a network of its own, `tutorial.network`."""
    temperature: ClassVar[float | None] = 1.0
    """The probabilities are the tutorial's plain softmax, without temperature scaling."""

    framing: ClassVar[str] = CENTRE_SQUARE
    """The tutorial knows no other, and its pictures are squares."""

    @property
    def bundle_name(self) -> str:
        """The recipe's name: experiments differ by more than their network."""
        return self.name

    @property
    def stages(self) -> tuple[Stage, ...]:
        """All epochs at one size."""
        return (Stage(self.image_size, self.epochs),)

    @property
    def stored_size(self) -> int:
        """The network's input size: images are not zoomed before it."""
        return self.image_size

    @property
    def proposed(self) -> bool:
        """Whether it has a penalty or layers that the tutorial's own four experiments do not have."""
        own = Experiment(self.name)
        return (self.l2, self.channels, self.dense) != (own.l2, own.channels, own.dense)

    def settings(self) -> dict[str, Any]:
        """Return the choices by name."""
        return asdict(self)

    def with_options(
        self,
        backbone: str | None,
        precision: Precision,
        workers: int,
        start: Path | None,
        changes: Sequence[str] = (),
    ) -> "TutorialRecipe":
        """Return the recipe in this precision; raises UserError if another option is given."""
        if changes:
            raise UserError(f"{self.name} is run as the tutorial has it. Leave --set out.")
        if backbone is not None:
            raise UserError(f"{self.name} has the tutorial's own network. Leave --backbone out.")
        if workers > 1:
            raise UserError(f"{self.name} runs on one worker, as its readers run it. Leave --workers out.")
        if start is not None:
            raise UserError(
                f"{self.name} begins with random weights, as the tutorial does. Leave --start out."
            )
        return replace(self, precision=precision)

    def table(self, sources: LabelSources, run: Path) -> pd.DataFrame:
        """Return the table of `experiment_table`, which has a `split`; images and outlines are not used.

        Raises UserError for more than one folder, and as `experiment_table` does.
        """
        if len(sources.data) > 1:
            raise UserError(f"{self.name} is fitted to one folder, as its readers do. Give one --data.")
        return experiment_table(sources.data[0], sources.truth, self, run)

    def split(self, table: pd.DataFrame) -> pd.Series:
        """Return the split that the table came with."""
        return table["split"]

    def sampler(self, dataset: Dataset) -> Sampler:
        """Return the sampler that draws every training image once an epoch."""
        return ShuffledSampler.over(dataset.images(), dataset.rows("train"), self.seed)

    def steps(self, dataset: Dataset) -> int:
        """Return the steps of a pass over the training images."""
        return len(dataset.rows("train")) // self.batch

    def network(self, classes: int, weights: str, synchronized: bool) -> keras.Model:
        """Return the network with random weights, in the recipe's precision; the arguments are not used."""
        return build_tutorial_network(self, classes, fitting=True)

    def evaluated(self, model: keras.Model) -> keras.Model:
        """Return the model itself."""
        return model

    def finished(self, model: keras.Model, prior: np.ndarray) -> keras.Model:
        """Return the network in float32, without augmentation layers; the mix is taken out of its bias."""
        network = build_tutorial_network(self, len(prior))
        network.set_weights(model.get_weights())
        shift_bias(network, -np.log(prior))
        return network

    def origin(self, weights: str) -> str:
        """Return "random weights"; the argument is not used."""
        return "random weights"

    def compiled(self, network: keras.Model, workers: int = 1) -> keras.Model:
        """Return the network with the tutorial's loss and Adam."""
        return compiled_tutorial(network, self)

    def begin_stage(self, model: keras.Model, stage: Stage) -> None:
        """Do nothing: there is a single stage."""

    def end_step(self, model: keras.Model) -> None:
        """Do nothing."""

    def judge(self, dataset: Dataset) -> Judge:
        """Return the validation by accuracy and loss, as in the tutorial, on unchanged logits."""
        return judge_by_accuracy(
            dataset.pixels, dataset.labels, dataset.rows("calibration"), dataset.melanoma
        )

    def description(self, origin: str, history: pd.DataFrame) -> Description:
        """Return the recipe's parts of the model card."""
        return Description(
            network=_NETWORK.format(
                channels=", then ".join(map(str, self.channels)),
                dense=self.dense,
                size=self.image_size,
                whose=_PROPOSED if self.proposed else _THEIRS,
                recipe=self.name,
                epochs=len(history),
                minutes=history["seconds"].sum() / 60,
                precision=self.precision,
                seed=self.seed,
                labels="" if self.honest else _FOLDER_LABELS,
            ),
            split="Split by lesion: no lesion is on two sides."
            if self.honest
            else "Split by file: pictures and lesions are on several sides.",
            test_images=", whose lesions nothing was fitted to"
            if self.honest
            else ", of which some show what was fitted",
            temperature=", as the tutorial has it",
        )


def _tuned(story: dict[str, Any]) -> Iterator[TutorialRecipe]:
    """Yield the recipe with the choices that the search found, if it has been run."""
    if "search" in story:
        yield TutorialRecipe(TUNED, honest=True, **story["search"]["best"])


EXPERIMENTS: dict[str, TutorialRecipe] = {
    recipe.name: recipe
    for recipe in (
        # As the tutorial's readers run them, and then with honest labels and splits.
        TutorialRecipe("tutorial-a"),
        TutorialRecipe("tutorial-b", changed=True),
        TutorialRecipe("tutorial-c", changed=True, dropout=0.2),
        TutorialRecipe("tutorial-d-before", epochs=30, dropout=0.2, copies="before"),
        TutorialRecipe("tutorial-d-after", epochs=30, dropout=0.2, copies="after"),
        TutorialRecipe("tutorial-a-honest", honest=True),
        TutorialRecipe("tutorial-b-honest", changed=True, honest=True),
        TutorialRecipe("tutorial-c-honest", changed=True, dropout=0.2, honest=True),
        TutorialRecipe("tutorial-d-honest", epochs=30, dropout=0.2, copies="after", honest=True),
        # What the tutorial proposes to try next: one change to (a) each. The penalty is that of TensorFlow's
        # own lesson “Overfit and underfit”.
        TutorialRecipe("tutorial-l2-honest", l2=1e-3, honest=True),
        TutorialRecipe("tutorial-complex-honest", channels=(64, 128, 256), dense=512, honest=True),
        *_tuned(read_story()),
    )
}
"""By name, in the order of the tutorial."""
