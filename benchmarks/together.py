"""Do two workers that share each batch reach the weights of one worker with the whole batch?

python -m benchmarks.together --data labels.csv --images images/

Both fit the recipe `lesion` with paired copies, from the same start, to the same samples: the first half of a
batch comes from one half of the lesions, the second from the other. Only dropout is off, since each worker
draws its own. It prints how far the weights lie apart, as a share of how far they moved, and the same for the
batch statistics and for the logits of other images. Double precision shows whether both compute the same; in
single precision AdamW makes much of the rounding of small gradients, and any two ways of adding up part in
time.
"""

import argparse
import json
import os
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
import numpy as np
import pandas as pd
import tensorflow as tf

from melanoma.data.labels.read import read_labels
from melanoma.data.pipeline import Images, Sampler, decode_all, shard
from melanoma.errors import UserError
from melanoma.model.backbones.registry import backbone_named
from melanoma.model.network import build_network
from melanoma.photos.framing import frame
from melanoma.training.fine_tuning import FINE_TUNING, FineTuning
from melanoma.training.loop import fit
from melanoma.training.workers import WorkerRank, fit_together, strategy_for, worker_rank

WORKERS = 2


@dataclass(frozen=True)
class Trial:
    """What is fitted, and for how long."""

    data: Path
    images: Path | None
    weights: str
    size: int
    steps: int
    batch: int
    precision: str

    def recipe(self) -> FineTuning:
        """Return the recipe without dropout."""
        quick = FINE_TUNING["quick"]
        return replace(quick, dropout=0.0, batch=self.batch, samples_per_epoch=640)

    def shards(self, folder: Path) -> tuple[list[Sampler], np.ndarray]:
        """Return a sampler for each worker, and pixels that none of them draws."""
        table = read_labels(self.data, self.images, None).table
        table = table.sample(min(len(table), 1000), random_state=0).reset_index(drop=True)
        decoded = decode_all(table, 192, self.recipe().framing, folder / "pixels.npy")
        if decoded.failed:
            raise UserError(f"{len(decoded.failed)} images cannot be read.")
        codes = sorted(set(table["diagnosis"]))
        labels = np.array([codes.index(code) for code in table["diagnosis"]])
        rows = np.arange(len(table) - len(table) // 5)
        recipe = self.recipe()
        lesions, sources = (pd.factorize(table[name])[0] for name in ("lesion_id", "source"))
        images = Images(decoded.pixels, labels, sources, lesions, decoded.sides)
        whole = Sampler(images, rows, recipe.sampling_power, recipe.augmentation, recipe.seed, paired=True)
        return shard(whole, WORKERS), decoded.pixels[rows[-1] + 1 :, ..., :3]


class Timer:
    """A callback that measures the time after the first step, in which the graph is traced."""

    def begin_epoch(self, epoch: int) -> None:
        """Do nothing."""

    def end_step(self, step: int, figures: dict[str, float]) -> None:
        """Start the clock after the first."""
        if step == 0:
            self.begun = time.perf_counter()

    def end_epoch(self, epoch: int, figures: dict[str, float]) -> None:
        """Stop it."""
        self.seconds = time.perf_counter() - self.begun


def work(trial: Trial, folder: Path, rank: WorkerRank) -> None:
    """Fit, alone or as a worker, and write weights, statistics, logits and seconds to the folder."""
    strategy = strategy_for(rank)
    keras.config.set_floatx(trial.precision)
    keras.utils.set_random_seed(1)
    shards, others = trial.shards(folder)
    recipe = trial.recipe()
    classes = int(shards[0].images.labels.max()) + 1
    with strategy.scope():
        network = build_network(
            backbone_named(recipe.backbone), None, classes, trial.weights, synchronized=not rank.alone
        )
        model = recipe.compiled(network, rank.count)
    model.paired = True
    before = flat(network, fitted=True)
    each = recipe.batch // WORKERS
    parts = [share.batches(range(1), trial.steps * each, trial.size, each) for share in shards]
    batches = tf.data.Dataset.zip(*parts).map(one_batch) if rank.alone else parts[rank.index]
    batches = batches.map(as_precise)
    timer = Timer()
    fit(model, batches, range(1), trial.steps, timer, strategy)
    shown = np.stack([frame(image, trial.size)[0] for image in others[:64]])
    np.savez(
        folder / f"{rank.count}-{rank.index}.npz",
        moved=flat(network, fitted=True) - before,
        statistics=flat(network, fitted=False),
        logits=network([shown], training=False).numpy(),
        seconds=timer.seconds,
    )


def one_batch(*parts: tuple[tf.Tensor, dict[str, tf.Tensor]]) -> tuple[tf.Tensor, dict[str, tf.Tensor]]:
    """Return the workers' parts of a batch as one."""
    images = tf.concat([image for image, _ in parts], axis=0)
    return images, {name: tf.concat([truth[name] for _, truth in parts], axis=0) for name in parts[0][1]}


def as_precise(images: tf.Tensor, truth: dict[str, tf.Tensor]) -> tuple[tf.Tensor, dict[str, tf.Tensor]]:
    """Return a batch whose truth has the network's precision."""
    return images, {name: tf.cast(value, keras.config.floatx()) for name, value in truth.items()}


def flat(network: keras.Model, fitted: bool) -> np.ndarray:
    """Return all weights that are fitted, or all others: the batch statistics, and what is frozen."""
    values = zip(network.weights, network.get_weights(), strict=True)
    return np.concatenate([value.ravel() for weight, value in values if weight.trainable == fitted])


def compare(trial: Trial, program: Sequence[str] = ("-m", "benchmarks.together")) -> dict[str, float]:
    """Return how far two workers end from one worker, and the seconds a step of each.

    `program` is what the interpreter runs for each worker: this script, or another one that calls `main`.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        options = [*("--data", str(trial.data)), *(["--images", str(trial.images)] if trial.images else [])]
        for option in ("weights", "size", "steps", "batch", "precision"):
            options += [f"--{option}", str(getattr(trial, option))]
        command = [*program, *options, "--folder", name]
        # Each in processes of its own: precision is a setting of the whole process.
        for count in (1, WORKERS):
            fit_together(command, count, folder, None)
        one, first, second = (dict(np.load(folder / f"{end}.npz")) for end in ("1-0", "2-0", "2-1"))
    distance = np.linalg.norm
    return {
        "weights": float(distance(first["moved"] - one["moved"]) / distance(one["moved"])),
        "statistics": float(distance(first["statistics"] - one["statistics"]) / distance(one["statistics"])),
        "largest difference of a logit": float(np.abs(first["logits"] - one["logits"]).max()),
        "spread of the logits": float(one["logits"].std()),
        "between the workers": float(np.abs(first["moved"] - second["moved"]).max()),
        "seconds a step, one worker": float(one["seconds"]) / (trial.steps - 1),
        "seconds a step, two workers": float(first["seconds"]) / (trial.steps - 1),
    }


def main() -> None:
    """Compare and print; as one of two workers, fit."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--images", type=Path)
    parser.add_argument("--weights", default="imagenet", help="imagenet, none, or a weights file")
    parser.add_argument("--size", type=int, default=128)
    parser.add_argument("--steps", type=int, default=50)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--precision", choices=("float32", "float64"), default="float64")
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    given = vars(parser.parse_args())
    folder = given.pop("folder")
    trial = Trial(**given)
    if folder is not None:
        work(trial, folder, worker_rank(WORKERS))
    else:
        print(json.dumps(compare(trial), indent=2))


if __name__ == "__main__":
    main()
