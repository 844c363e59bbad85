"""The recipes that fine-tune a backbone on labelled dermoscopic images; the first made the shipped model."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any, ClassVar

import keras
import numpy as np
import pandas as pd

from melanoma.data.augmentation import COARSEST, Augmentation
from melanoma.data.labels.joining import NO_LESION
from melanoma.data.labels.read import read_labels
from melanoma.data.pipeline import Sampler
from melanoma.data.split import split_by_lesion, without_contradictions
from melanoma.errors import UserError
from melanoma.lesion.framing import LESION_SQUARE
from melanoma.model.backbones.registry import backbone_named
from melanoma.model.network import build_network
from melanoma.training.dataset import Dataset, rows_with_alternatives
from melanoma.training.judging import judge_in_even_mix
from melanoma.training.loss import LesionTrainer
from melanoma.training.recipes import Description, Judge, LabelSources, Precision, Stage

_NETWORK = """{title} ({citation}) at {size} x {size} pixels of a square
of the photo (framing `{framing}`), with its last stride taken out, global average pooling and one dense
layer, so that an evidence map adds up to each diagnosis' log-odds. Made by `python train.py` with the recipe
`{recipe}` in {epochs} epochs of {samples} augmented samples ({minutes:.0f} minutes on the machine that
trained it), random seed {seed}, beginning with {origin}."""

_AVERAGED_EVERY = 4  # steps between two changes of the mean weights


@dataclass(frozen=True)
class FineTuning:
    """All choices of a run that fine-tunes a backbone; see `recipes.Recipe` for what it answers."""

    name: str
    stages: tuple[Stage, ...]
    """Small images first: most of the learning costs less than it would at full size (Touvron et al. 2019,
    arXiv:1906.06423; Tan and Le 2021, arXiv:2104.00298). The rate must not be near zero at the change, or
    nothing is learned of the new size."""
    samples_per_epoch: int
    """Drawn by class (`sampling_power`): an epoch is a checkpoint interval, not a pass over the data."""
    backbone: str = "mobilenet"
    """One of `melanoma.model.backbones`; `train.py --backbone` chooses another."""
    batch: int = 32
    peak_learning_rate: float = 5e-4
    """With AdamW and cosine decay to `last_rate` of it. From ImageNet's weights 1e-3 learned next to nothing
    in the same time; a network that knows skin already needs less."""
    last_rate: float = 0.3
    """The running mean of the weights does what a rate near zero would, and clinics that are not fitted lose
    by the latter (experiments.md)."""
    averaging: float = 0.998
    """How much of the mean weights stays at each step; see `loss.LesionTrainer`."""
    warm_up: float = 0.04
    """Share of the steps in which the rate climbs from zero, while fresh weights and the optimiser's averages
    settle."""
    frozen_blocks: int | None = None
    """First blocks that stay ImageNet's; None: as many as the backbone says."""
    weight_decay: float = 0.02
    sampling_power: float = 0.5
    """Square root: rare diagnoses of a source are oversampled, but 100 images do not fill an eighth of each
    batch."""
    by_source: bool = True
    """Each source's own mix is taken out in the loss; else all images count as one source's."""
    label_smoothing: float = 0.05
    dropout: float = 0.3
    consistency_weight: float = 1.0
    """Weight in `loss.LesionTrainer`, in the stages with paired copies."""
    outside_weight: float = 0.25
    """The same, in all stages."""
    sensitivity: float = 0.95
    """Target sensitivity of the melanoma alert on the calibration lesions."""
    seed: int = 7
    framing: str = LESION_SQUARE
    """docs/framing.md has what it is worth beside the centred square."""
    augmentation: Augmentation = field(default_factory=Augmentation)

    temperature: ClassVar[float | None] = None
    """None: set on the calibration lesions."""
    stored_size: ClassVar[int] = 256
    """Decoded images are a little larger than the network's input, so that zooming in does not blur."""

    @property
    def bundle_name(self) -> str:
        """Named by classes and backbone; the recipe may change without another name."""
        return f"isic8-{self.backbone}"

    @property
    def epochs(self) -> int:
        """Epochs over all stages."""
        return sum(stage.epochs for stage in self.stages)

    @property
    def image_size(self) -> int:
        """Side of the finished network's input, pixels."""
        return self.stages[-1].image_size

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
    ) -> "FineTuning":
        """Return the recipe with another backbone, `backbone=None` for its own, and with other choices.

        Raises UserError for any precision but float32, for an unknown backbone or choice, and if `workers`
        cannot share its batches. `start` is checked with the data, by `start.load_start`.
        """
        if precision != Precision.FLOAT32:
            raise UserError(f"{self.name} is fitted in float32 alone. Leave --precision out.")
        if workers > 1 and self.batch % (2 * workers):  # both copies of a pair go to one worker
            raise UserError(
                f"A batch of {self.batch} cannot be shared evenly by {workers} workers, an image and its "
                "paired copy together. Take a number that divides half of it."
            )
        chosen = self if backbone is None else replace(self, backbone=backbone_named(backbone).name)
        return replace(chosen, **dict(_changed(chosen, change) for change in changes))

    def table(self, sources: LabelSources, run: Path) -> pd.DataFrame:
        """Return all labels as one table, and print what is left out of it; truth and `run` are not used.

        Raises UserError as `read_labels` does.
        """
        labels = read_labels(sources.data, sources.images, sources.outlines)
        table, doubtful = without_contradictions(labels.table)
        for remark in (*labels.remarks(), *_lacks(table)):
            print(remark)
        if doubtful:
            print(f"{doubtful} lesions left out: two sources give them different diagnoses")
        return table

    def split(self, table: pd.DataFrame) -> pd.Series:
        """Return `train`, `calibration` or `test` for each row, all images of a lesion in one split."""
        return split_by_lesion(table, self.seed)

    def sampler(self, dataset: Dataset) -> Sampler:
        """Return the sampler, which draws samples by source and class and augments them."""
        images = dataset.images(by_source=self.by_source)
        return Sampler(
            images,
            rows_with_alternatives(images, dataset.rows("train")),
            self.sampling_power,
            self.augmentation,
            self.seed,
            cell=backbone_named(self.backbone).stride,
        )

    def steps(self, dataset: Dataset) -> int:
        """Return the steps of an epoch, the same for any data."""
        return self.samples_per_epoch // self.batch

    def network(self, classes: int, weights: str, synchronized: bool) -> keras.Model:
        """Return the backbone with a new head, for images of any size; see `build_network`."""
        backbone = backbone_named(self.backbone)
        return build_network(backbone, None, classes, weights, self.dropout, synchronized=synchronized)

    def evaluated(self, model: LesionTrainer) -> keras.Model:
        """Return the mean of the weights along the run."""
        return model.averaged

    def finished(self, model: LesionTrainer, prior: np.ndarray) -> keras.Model:
        """Return the mean network for images of the last stage's size; its logits are free of any mix."""
        network = build_network(
            backbone_named(self.backbone), self.image_size, len(prior), "none", self.dropout
        )
        network.set_weights(model.averaged.get_weights())
        return network

    def origin(self, weights: str) -> str:
        """Return in words which weights the backbone begins with."""
        return backbone_named(self.backbone).describe_weights(weights)

    def compiled(self, network: keras.Model, workers: int = 1) -> LesionTrainer:
        """Return the network with its loss and AdamW, its first blocks frozen."""
        backbone_named(self.backbone).freeze(network, self.frozen_blocks)
        total = self.epochs * (self.samples_per_epoch // self.batch)
        warm_up = int(total * self.warm_up)
        rate = keras.optimizers.schedules.CosineDecay(
            0.0,
            total - warm_up,
            alpha=self.last_rate,
            warmup_target=self.peak_learning_rate,
            warmup_steps=warm_up,
        )
        model = LesionTrainer(
            network, self.label_smoothing, self.outside_weight, self.consistency_weight, workers
        )
        # XLA on a processor is slower here than oneDNN.
        model.compile(keras.optimizers.AdamW(rate, weight_decay=self.weight_decay), jit_compile=False)
        model.optimizer.build(model.trainable_variables)
        return model

    def begin_stage(self, model: LesionTrainer, stage: Stage) -> None:
        """Enable the loss on the disagreement of copies in the stages with paired copies."""
        model.paired = stage.twins

    def end_step(self, model: LesionTrainer) -> None:
        """Move the mean of the weights, every `_AVERAGED_EVERY` steps."""
        step = int(model.optimizer.iterations.numpy())
        if step % _AVERAGED_EVERY == 0:
            model.average(mean_decay(step, self.averaging))

    def judge(self, dataset: Dataset) -> Judge:
        """Return the validation of balanced accuracy and melanoma ROC AUC, all classes weighted equally."""
        return judge_in_even_mix(dataset)

    def description(self, origin: str, history: pd.DataFrame) -> Description:
        """Return what the model card says of a run that began with `origin`."""
        backbone = backbone_named(self.backbone)
        source = backbone.imagenet[0].upper() + backbone.imagenet[1:]
        return Description(
            network=_NETWORK.format(
                title=backbone.title,
                citation=backbone.citation,
                size=self.image_size,
                framing=self.framing,
                recipe=self.name,
                epochs=len(history),
                samples=self.samples_per_epoch,
                minutes=history["seconds"].sum() / 60,
                seed=self.seed,
                origin=origin,
            ),
            split="Split by lesion: no lesion is on two sides.",
            test_images=", whose lesions nothing was fitted to",
            temperature=", set on the calibration lesions",
            weights_licence=f" {source}, where the network began with them, are {backbone.licence}.",
        )


def _lacks(table: pd.DataFrame) -> list[str]:
    """Return a sentence on each thing that the data do not tell, and what is done without it."""
    count, told = len(table), []
    alone = int(table["lesion_id"].str.startswith(NO_LESION).sum())
    if alone:
        told.append(
            f"{alone} of {count} images name no lesion: each counts as one of its own, so that photos of one "
            "lesion may be fitted and judged. The audit finds copies (python -m melanoma audit)."
        )
    without = int(table["outline"].isna().sum())
    if without:
        told.append(
            f"{without} of {count} images have no outline in masks/: the found one stands in where it is "
            "sure; elsewhere nothing is asked of the surroundings."
        )
    return told


def mean_decay(step: int, decay: float) -> float:
    """Return how much of the mean weights stays at a step, 0..1: little at first, when they change fast."""
    return min(decay**_AVERAGED_EVERY, (_AVERAGED_EVERY + step) / (10 * _AVERAGED_EVERY + step))


def _changed(recipe: FineTuning, change: str) -> tuple[str, Any]:
    """Return a field and its new value from NAME=VALUE, the value in JSON.

    `stages` are a list of [pixels, epochs, twins, degraded_to], of which the last two may be left out, and
    `augmentation.NAME` is one range. Raises UserError for what is none.
    """
    name, _, written = change.partition("=")
    field, _, part = name.partition(".")
    try:
        value = json.loads(written)
        if field == "stages":
            return field, tuple(_stage(*stage) for stage in value)
        if field == "augmentation":
            now = getattr(recipe.augmentation, part)
            return field, replace(recipe.augmentation, **{part: type(now)(value)})
        now = getattr(recipe, field)
        if field == "name" or field not in {one.name for one in fields(recipe)}:
            raise AttributeError(field)
        return field, value if now is None else type(now)(value)
    except (ValueError, TypeError, AttributeError):
        known = ", ".join(one.name for one in fields(recipe) if one.name != "name")
        raise UserError(
            f"--set {change} is no choice of {recipe.name}. Write NAME=VALUE, such as dropout=0.2; "
            f"the names are {known}."
        ) from None


def _stage(image_size: Any, epochs: Any, twins: Any = False, degraded_to: Any = None) -> Stage:
    """Return a stage as it is written in JSON; raises ValueError for what is no such number or mark."""
    counts = (image_size, epochs, *(() if degraded_to is None else (degraded_to,)))
    if not all(type(count) is int and count > 0 for count in counts) or type(twins) is not bool:
        raise ValueError(f"{[image_size, epochs, twins, degraded_to]} is no stage")
    return Stage(image_size, epochs, twins, degraded_to)


FINE_TUNING: dict[str, FineTuning] = {
    recipe.name: recipe
    for recipe in (
        # The shipped one. Small images first, all as unsharp as the smallest source's; then what full size
        # adds; last the paired copies in other surroundings, which make the answer independent of them.
        FineTuning(
            name="lesion",
            backbone="efficientnet-lite0",
            stages=(
                Stage(96, 10, degraded_to=COARSEST),
                Stage(160, 6),
                Stage(192, 4, twins=True),
            ),
            samples_per_epoch=6400,
        ),
        # A choice is tried with this one, on sources that it does not see (experiments.md).
        FineTuning(
            name="proxy",
            backbone="efficientnet-lite0",
            stages=(Stage(96, 6, degraded_to=COARSEST), Stage(128, 3)),
            samples_per_epoch=6400,
        ),
        # For trying out a change or a data set in minutes; its figures mean nothing.
        FineTuning(name="quick", stages=(Stage(64, 1), Stage(96, 1, twins=True)), samples_per_epoch=512),
    )
}
"""By name; the first is the default of `train.py`."""
