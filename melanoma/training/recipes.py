"""What `train.py` can make: each recipe is one frozen set of choices, with its reasons."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import ClassVar, Literal

from melanoma.data.augmentation import Augmentation
from melanoma.errors import UserError


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
    """Every image comes twice, the second time in other surroundings where its outline is known, and the
    losses about surroundings count. Learning the diagnoses first is quicker: with twins from the start the
    melanoma ROC AUC was 0.83 on the calibration lesions after 45,000 samples."""


@dataclass(frozen=True)
class Recipe:
    """All choices of a training run; a checkpoint and a bundle carry a copy."""

    name: str
    stages: tuple[Stage, ...]
    """Small images first: most of the learning costs less than it would at full size (Touvron et al. 2019,
    arXiv:1906.06423; Tan and Le 2021, arXiv:2104.00298). The rate must not be near zero at the change, or
    nothing is learned of the new size."""
    samples_per_epoch: int
    """Drawn with class-balanced sampling: an epoch is a checkpoint interval, not a pass over the data."""
    backbone: str = "mobilenet"
    """One of `melanoma.model.backbones`; `train.py --backbone` chooses another."""
    batch: int = 32
    peak_learning_rate: float = 5e-4
    """With AdamW and cosine decay. From ImageNet's weights 1e-3 learned next to nothing in the same time; a
    network that knows skin already needs less."""
    warm_up: float = 0.04
    """Share of the steps in which the rate climbs from zero, while fresh weights and the optimiser's averages
    settle."""
    frozen_blocks: int | None = None
    """First blocks that stay ImageNet's; None: as many as the backbone says."""
    weight_decay: float = 0.02
    sampling_power: float = 0.5
    """Square root: rare diagnoses come often, and a hundred images do not fill an eighth of each batch."""
    label_smoothing: float = 0.03
    dropout: float = 0.3
    consistency_weight: float = 1.0
    outside_weight: float = 1.0
    """Weights in `objective.Objective`, in the stages with twins."""
    sensitivity: float = 0.95
    """Of the melanoma alert, on the calibration lesions: a missed melanoma is the worst mistake."""
    seed: int = 7
    augmentation: Augmentation = field(default_factory=Augmentation)

    temperature: ClassVar[float | None] = None
    """None: set on the calibration lesions."""

    @property
    def epochs(self) -> int:
        """Epochs over all stages."""
        return sum(stage.epochs for stage in self.stages)

    @property
    def image_size(self) -> int:
        """Side of the finished network's input, pixels."""
        return self.stages[-1].image_size


@dataclass(frozen=True)
class TutorialRecipe:
    """All choices of one of the tutorial's experiments; docs/tutorial.md says what it leaves open."""

    name: str
    epochs: int = 20
    changed: bool = False
    """Random horizontal flip, rotation and zoom by Keras' layers."""
    dropout: float = 0.0
    """After the convolutions."""
    copies: Literal["", "before", "after"] = ""
    """Rotated copies, drawn before the split, as tutorials do, or after it from the fitted images alone."""
    copies_per_class: int = 500
    honest: bool = False
    """True diagnoses instead of folder names, and all pictures of a lesion on one side."""
    batch: int = 32
    learning_rate: float = 1e-3
    """Keras' default for Adam."""
    image_size: int = 180
    sensitivity: float = 0.95
    """Of the melanoma alert, on the validation images."""
    seed: int = 123
    """The tutorial's for the split; here for weights and draws as well."""
    precision: Precision = Precision.FLOAT32
    """In which convolutions and dense layers are computed while fitting; `train.py --precision` chooses."""

    backbone: ClassVar[str | None] = None
    """None: a network of its own, `tutorial.network`."""
    temperature: ClassVar[float | None] = 1.0
    """The probabilities stay the tutorial's softmax, however sure of itself."""
    samples_per_epoch: ClassVar[int | None] = None
    """None: every fitted image once an epoch."""

    @property
    def stages(self) -> tuple[Stage, ...]:
        """All epochs at one size."""
        return (Stage(self.image_size, self.epochs),)


RECIPES: dict[str, Recipe | TutorialRecipe] = {
    recipe.name: recipe
    for recipe in (
        # The shipped one: right for what lies in the lesion. Asking for evidence inside the outline alone
        # gives a better-looking map of the same network, since features inside carry what surrounds them;
        # twins in other surroundings make it indifferent to them.
        Recipe(
            name="lesion",
            stages=(Stage(128, 10), Stage(160, 6), Stage(160, 14, twins=True), Stage(192, 6, twins=True)),
            samples_per_epoch=6400,
        ),
        # The same without any of that, to compare with.
        Recipe(name="plain", stages=(Stage(128, 10), Stage(160, 20), Stage(192, 6)), samples_per_epoch=6400),
        # For trying out a change or a data set in minutes; its figures mean nothing.
        Recipe(name="quick", stages=(Stage(64, 1), Stage(96, 1, twins=True)), samples_per_epoch=512),
        # The tutorial's experiments as its readers run them, and then on honest labels and sides.
        TutorialRecipe("tutorial-a"),
        TutorialRecipe("tutorial-b", changed=True),
        TutorialRecipe("tutorial-c", changed=True, dropout=0.2),
        TutorialRecipe("tutorial-d-before", epochs=30, dropout=0.2, copies="before"),
        TutorialRecipe("tutorial-d-after", epochs=30, dropout=0.2, copies="after"),
        TutorialRecipe("tutorial-a-honest", honest=True),
        TutorialRecipe("tutorial-b-honest", changed=True, honest=True),
        TutorialRecipe("tutorial-c-honest", changed=True, dropout=0.2, honest=True),
        TutorialRecipe("tutorial-d-honest", epochs=30, dropout=0.2, copies="after", honest=True),
    )
}


def recipe_named(name: str) -> Recipe | TutorialRecipe:
    """Return a recipe; raises UserError if there is none of this name."""
    try:
        return RECIPES[name]
    except KeyError:
        raise UserError(f"There is no recipe “{name}”. Choose one of {', '.join(RECIPES)}.") from None
