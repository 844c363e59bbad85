"""What `train.py` can make: each recipe is one frozen set of choices, with its reasons."""

from dataclasses import dataclass, field

from melanoma.data.augment import Augmentation
from melanoma.errors import UserError


@dataclass(frozen=True)
class Stage:
    """A run of epochs at one input size."""

    image_size: int
    epochs: int


@dataclass(frozen=True)
class Cycle:
    """Epochs under one rise and fall of the learning rate, with an optimiser of their own (warm restarts:
    Loshchilov and Hutter 2017, arXiv:1608.03983).
    """

    stages: tuple[Stage, ...]
    """Small images first: most of the learning costs a third of what it would at full size (Touvron et al.
    2019, arXiv:1906.06423; Tan and Le 2021, arXiv:2104.00298)."""
    peak_learning_rate: float
    """With AdamW. 5e-4 from ImageNet's weights: 1e-3 learned next to nothing in the same time."""
    frozen_blocks: int = 0
    """Blocks that stay as they are; 3 of them train 1.3 (128 px) to 1.7 (224 px) times as fast."""

    @property
    def epochs(self) -> int:
        """Epochs over all stages."""
        return sum(stage.epochs for stage in self.stages)


@dataclass(frozen=True)
class Recipe:
    """All choices of a training run; a checkpoint and a bundle carry a copy."""

    name: str
    cycles: tuple[Cycle, ...]
    samples_per_epoch: int
    """Drawn with class-balanced sampling: an epoch is a checkpoint interval, not a pass over the data."""
    batch: int = 32
    warm_up: float = 0.06
    """Share of a cycle's steps in which the rate climbs from zero, while fresh weights and the optimiser's
    averages settle."""
    weight_decay: float = 0.02
    sampling_power: float = 0.5
    """Square root: rare diagnoses come often, and a hundred images do not fill an eighth of each batch."""
    label_smoothing: float = 0.03
    dropout: float = 0.3
    sensitivity: float = 0.95
    """Of the melanoma alert, on the calibration lesions: a missed melanoma is the worst mistake."""
    seed: int = 7
    augmentation: Augmentation = field(default_factory=Augmentation)

    @property
    def stages(self) -> tuple[Stage, ...]:
        """The stages of all cycles in order."""
        return tuple(stage for cycle in self.cycles for stage in cycle.stages)

    @property
    def image_size(self) -> int:
        """Side of the finished network's input, pixels."""
        return self.stages[-1].image_size


RECIPES = {
    recipe.name: recipe
    for recipe in (
        Recipe(
            name="mobilenet",
            # After the first cycle the network still fitted its own training images poorly (melanoma ROC AUC
            # 0.92 on them, 0.87 on the calibration lesions): a second one goes on, with the first blocks, by
            # then used to skin, left alone for speed. Its two epochs at full size came with a rate too low to
            # learn in (training loss 0.54 at 160 px, 0.65 at 224 px): a third one has a real one there.
            cycles=(
                Cycle((Stage(128, 9), Stage(160, 5), Stage(224, 3)), peak_learning_rate=5e-4),
                Cycle((Stage(160, 15), Stage(224, 2)), peak_learning_rate=4e-4, frozen_blocks=3),
                Cycle((Stage(224, 9),), peak_learning_rate=3e-4, frozen_blocks=3),
            ),
            samples_per_epoch=3200,
        ),
        # For trying out a change or a data set in minutes; its figures mean nothing.
        Recipe(
            name="quick",
            cycles=(Cycle((Stage(64, 2),), peak_learning_rate=5e-4),),
            samples_per_epoch=512,
        ),
    )
}


def recipe_named(name: str) -> Recipe:
    """Return a recipe; raises UserError if there is none of this name."""
    try:
        return RECIPES[name]
    except KeyError:
        raise UserError(f"There is no recipe “{name}”. Choose one of {', '.join(RECIPES)}.") from None
