"""Make the model: fine-tune a backbone on labelled dermoscopic images and write a bundle to models/.

python train.py --data labels.csv --images images/              the shipped recipe
python train.py --data folder_with_one_subfolder_a_diagnosis/   folders as labels
python train.py --data one/labels.csv --data other/labels.csv   several are one table
python train.py --data labels.csv --resume                      go on after a kill, exactly where it was
python train.py --data labels.csv --start models/plain          go on from a finished model's weights
python train.py --data labels.csv --recipe quick --out models/try --backbone-weights none
python train.py --data labels.csv --backbone efficientnet-lite0        another network than MobileNet
python train.py --data labels.csv --workers 2                   several processes share each batch
python train.py --data labels.csv --workers 8 --address HEAD:6379       on a Ray cluster, see docs/scale.md
python train.py --data kaggle2357 --recipe tutorial-a --out models/tutorial-a      see docs/tutorial.md

A run keeps its pixels, checkpoint and history in runs/<name>/; the finished bundle appears in --out in one
step. Where TensorBoard or MLflow is installed, the figures are in runs/<name>/tensorboard or runs/mlruns too.
"""

import json
import os
import sys
from dataclasses import asdict, replace
from pathlib import Path
from typing import Annotated

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
import numpy as np
import pandas as pd
import tensorflow as tf
import typer

from melanoma.data.labels.read import fingerprint, read_labels, require_trainable
from melanoma.data.pipeline import Sampler, decode_all, plain_batches, shared_out
from melanoma.data.split import split_by_lesion
from melanoma.errors import UserError, exit_on_user_error
from melanoma.evaluation.metrics import balanced_accuracy, roc_auc
from melanoma.model.backbones.registry import backbone_named
from melanoma.model.bundle import Bundle, load_bundle
from melanoma.model.network import build_network, shift_bias
from melanoma.training.callbacks import Bookkeeping
from melanoma.training.checkpoints import forget_checkpoints, newest_checkpoint
from melanoma.training.export import finish
from melanoma.training.loop import fit
from melanoma.training.loss import Objective
from melanoma.training.recipes import Precision, Recipe, TutorialRecipe, recipe_named
from melanoma.training.tracking import Tracker
from melanoma.training.workers import fit_together, place_here, strategy_here
from melanoma.tutorial.epochs import Passes, judge_by
from melanoma.tutorial.experiment_data import arrange
from melanoma.tutorial.network import build_tutorial_network, compiled_tutorial

STORED_SIZE = 256
"""Pixels are kept a little larger than the network's input, so that zooming in still finds detail."""


def train(
    data: Annotated[
        list[Path],
        typer.Option(help="Labels CSV, or folder with one subfolder a diagnosis; repeat it for more."),
    ],
    images: Annotated[
        list[Path] | None,
        typer.Option(help="Where the CSV's images lie; one for all, or one a --data."),
    ] = None,
    outlines: Annotated[
        list[Path] | None, typer.Option(help="Masks of the lesions, named by image id.")
    ] = None,
    truth: Annotated[
        Path | None, typer.Option(help="True diagnoses, for the honest tutorial recipes.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="The bundle to make; where left out, models/isic8-BACKBONE.")
    ] = None,
    recipe: Annotated[str, typer.Option(help="Which recipe of melanoma/training/recipes.py.")] = "lesion",
    backbone: Annotated[
        str | None, typer.Option(help="Another one than the recipe's: see melanoma/model/backbones.")
    ] = None,
    backbone_weights: Annotated[str, typer.Option(help="imagenet, none, or a weights file.")] = "imagenet",
    start: Annotated[Path | None, typer.Option(help="Begin with a bundle's weights instead.")] = None,
    resume: Annotated[bool, typer.Option(help="Go on from the last checkpoint of this run.")] = False,
    workers: Annotated[int, typer.Option(min=1, help="Processes that share each batch.")] = 1,
    address: Annotated[str | None, typer.Option(help="The Ray cluster to run them on.")] = None,
    precision: Annotated[
        Precision, typer.Option(help="Of the tutorial's experiments; see docs/tutorial.md.")
    ] = Precision.FLOAT32,
) -> None:
    """Train a network and write its bundle."""
    chosen = with_backbone(in_precision(recipe_named(recipe), precision), backbone)
    out = out or Path("models") / (f"isic8-{chosen.backbone}" if chosen.backbone else chosen.name)
    require_shareable(chosen, workers)
    place = place_here(workers)
    strategy = strategy_here(place)
    keras.utils.set_random_seed(chosen.seed)

    # The data: one table, split by lesion; every file is decoded once, and the bad ones are left out by name.
    # The tutorial's experiments have labels, copies and a split of their own.
    tutorial = isinstance(chosen, TutorialRecipe)
    run = Path("runs") / out.name
    run.mkdir(parents=True, exist_ok=True)
    if resume and newest_checkpoint(run) is None:
        raise UserError(f"{run} holds no checkpoint to resume from. Start without --resume.")
    if tutorial:
        if len(data) > 1:
            raise UserError(f"{recipe} is fitted to one folder, as its readers do. Give one --data.")
        table = arrange(data[0], truth, chosen, run)
    else:
        read = read_labels(data, images, outlines)
        table = read.table
        print(*read.remarks(), sep="\n", end="\n" if read.remarks() else "")
    codes = require_trainable(table)
    stored_size = chosen.image_size if tutorial else STORED_SIZE
    pixels, failed = decode_all(table, stored_size, run / "pixels.npy")
    for image_id, problem in failed.items():
        print(f"left out: {image_id}: {problem}")
    readable = table[~table["image_id"].isin(failed)]
    table["split"] = readable["split"] if tutorial else split_by_lesion(readable, chosen.seed)
    labels = np.array([codes.index(code) for code in table["diagnosis"]])
    rows = {side: np.flatnonzero(table["split"] == side) for side in ("train", "calibration", "test")}
    print(
        ", ".join(f"{side}: {len(found)} images" for side, found in rows.items()), f"| {len(failed)} left out"
    )

    if tutorial:
        sampler: Sampler = Passes.over(pixels, labels, rows["train"], chosen.seed)
    else:
        sampler = Sampler(
            pixels,
            labels,
            rows["train"],
            chosen.sampling_power,
            chosen.augmentation,
            chosen.seed,
            cell=backbone_named(chosen.backbone).stride,
        )
    shares = shared_out(sampler, table["lesion_id"].to_numpy(), workers)
    log_shares = np.log(np.mean([share.class_shares() for share in shares], axis=0))

    # Several workers only fit: each runs this script from the top, with the pixels as they are now. Then this
    # process goes on as a run whose epochs are all done.
    if workers > 1 and place.alone:
        if not resume:
            forget_checkpoints(run)
        fit_together(sys.argv, workers, run, address)
        resume = True

    # The network, and the plan of the run. A resumed run must follow the same plan on the same data, or it
    # would be another run.
    if tutorial and start is not None:
        raise UserError(f"{recipe} begins with random weights, as the tutorial does. Leave --start out.")
    with strategy.scope():
        if tutorial:
            network, origin = build_tutorial_network(chosen, len(codes), fitting=True), "random weights"
        else:
            below = backbone_named(chosen.backbone)
            weights = "none" if resume or start else backbone_weights
            network = build_network(
                below, None, len(codes), weights, chosen.dropout, synchronized=not place.alone
            )
            origin = below.describe_weights(backbone_weights)
    version = None
    if start is not None:
        bundle = load_bundle(start)
        require_same_sides(bundle, table, codes)
        if bundle.backbone != chosen.backbone:
            raise UserError(
                f"{bundle.path} has another backbone than {chosen.backbone}, so its weights do not fit. "
                "Choose its own with --backbone."
            )
        if not resume:  # else the checkpoint has newer ones
            network.set_weights(bundle.load_network().get_weights())
            shift_bias(network, log_shares)
        version, origin = bundle.version, f"the weights of {bundle.name} (version {bundle.version})"
    with strategy.scope():
        model = compiled_tutorial(network, chosen) if tutorial else compiled(network, chosen, place.count)
    plan = {"recipe": asdict(chosen), "data": fingerprint(table), "codes": codes, "start": version}
    if workers > 1:
        plan["workers"] = workers
    plan = json.loads(json.dumps(plan))
    if resume:
        if json.loads((run / "plan.json").read_text(encoding="utf-8")) != plan:
            raise UserError(
                f"{run} was started with another recipe, start, data or number of workers. "
                "Start without --resume."
            )
        checkpoint = newest_checkpoint(run)
        assert checkpoint is not None
        file, done = checkpoint
        model.load_weights(file)
        history = pd.read_csv(run / "history.csv").head(done)
    else:
        if place.chief:
            forget_checkpoints(run)
            (run / "plan.json").write_text(json.dumps(plan, indent=2), encoding="utf-8")
        done, history = 0, pd.DataFrame()

    # Fitting, a stage at a time. The calibration lesions show how it goes; nothing is chosen by them.
    def judge(network: keras.Model, size: int) -> dict[str, float]:
        held_back = rows["calibration"]
        answer = tf.function(lambda batch: network([batch], training=False), reduce_retracing=True)
        batches = plain_batches(pixels, held_back, size)
        logits = np.concatenate([answer(batch).numpy() for batch in batches]) - log_shares
        truth, even = labels[held_back], np.ones(len(held_back))
        score = keras.ops.convert_to_numpy(keras.ops.softmax(logits))[:, codes.index("MEL")]
        return {
            "calibration_balanced_accuracy": balanced_accuracy(truth, logits.argmax(axis=1), even),
            "calibration_melanoma_auc": roc_auc(truth == codes.index("MEL"), score, even),
        }

    if tutorial:
        judge = judge_by(pixels, labels, rows["calibration"], codes.index("MEL"))
    steps = (chosen.samples_per_epoch or len(rows["train"])) // chosen.batch
    tracker = Tracker(run, asdict(chosen), resume) if place.chief and done < chosen.epochs else None
    bookkeeping = Bookkeeping(chosen, model, network, run, steps, judge, history, place, tracker)
    begin = 0
    with bookkeeping.progress:
        for stage in chosen.stages:
            epochs = range(max(begin, done), begin + stage.epochs)
            begin += stage.epochs
            if epochs:
                model.twins = stage.twins
                drawn = replace(shares[place.index], twins=stage.twins)
                mine = chosen.batch // place.count
                batches = drawn.batches(epochs, steps * mine, stage.image_size, mine)
                fit(model, batches, epochs, steps, bookkeeping, strategy)
    if tracker is not None:
        tracker.end()
    if not place.alone:
        return

    # The bundle: the same weights at a fixed input size, freed of the sampling's mix, with what was measured.
    finish(
        network, log_shares, table[table["split"].notna()], codes, chosen, origin, bookkeeping.history, out
    )


def require_same_sides(bundle: Bundle, table: pd.DataFrame, codes: list[str]) -> None:
    """Raise UserError if the bundle knows other diagnoses, or has fitted what this run holds back."""
    if list(bundle.codes) != codes:
        raise UserError(f"{bundle.path} knows {', '.join(bundle.codes)}; the data hold {', '.join(codes)}.")
    known = bundle.load_split()
    fitted = set(known.loc[known["split"] == "train", "lesion_id"])
    leaked = table.loc[table["split"].isin(["calibration", "test"]) & table["lesion_id"].isin(fitted)]
    if len(leaked):
        raise UserError(
            f"{bundle.path} was fitted to lesions of {len(leaked)} images that this run holds back, so its "
            "figures would flatter. Start from another model, or use the data it was made with."
        )


def in_precision(recipe: Recipe | TutorialRecipe, precision: Precision) -> Recipe | TutorialRecipe:
    """Return the recipe to be fitted in this precision; raises UserError where it has only its own."""
    if isinstance(recipe, TutorialRecipe):
        return replace(recipe, precision=precision)
    if precision != Precision.FLOAT32:
        raise UserError(f"{recipe.name} is fitted in float32 alone. Leave --precision out.")
    return recipe


def with_backbone(recipe: Recipe | TutorialRecipe, backbone: str | None) -> Recipe | TutorialRecipe:
    """Return the recipe with this backbone, None for its own; raises UserError where it cannot have it."""
    if backbone is None:
        return recipe
    if isinstance(recipe, TutorialRecipe):
        raise UserError(f"{recipe.name} has the tutorial's own network. Leave --backbone out.")
    return replace(recipe, backbone=backbone_named(backbone).name)


def require_shareable(recipe: Recipe | TutorialRecipe, workers: int) -> None:
    """Raise UserError if so many workers cannot share the recipe's batches."""
    if workers == 1:
        return
    if isinstance(recipe, TutorialRecipe):
        raise UserError(f"{recipe.name} runs on one worker, as its readers run it. Leave --workers out.")
    if recipe.batch % (2 * workers):  # an image and its twin stay together
        raise UserError(
            f"A batch of {recipe.batch} cannot be shared evenly by {workers} workers, an image and its twin "
            "together. Take a number that divides half of it."
        )


def compiled(network: keras.Model, recipe: Recipe, workers: int = 1) -> Objective:
    """Return the network with its loss and an optimiser, whose state is there to be loaded."""
    backbone_named(recipe.backbone).freeze(network, recipe.frozen_blocks)
    total = recipe.epochs * (recipe.samples_per_epoch // recipe.batch)
    warm_up = int(total * recipe.warm_up)
    rate = keras.optimizers.schedules.CosineDecay(
        0.0, total - warm_up, warmup_target=recipe.peak_learning_rate, warmup_steps=warm_up
    )
    model = Objective(network, recipe, workers)
    # XLA on a processor is slower here than oneDNN.
    model.compile(keras.optimizers.AdamW(rate, weight_decay=recipe.weight_decay), jit_compile=False)
    model.optimizer.build(model.trainable_variables)
    return model


if __name__ == "__main__":
    with exit_on_user_error():
        typer.run(train)
