"""Make the model: fine-tune MobileNet on labelled dermoscopic images and write a bundle to models/.

python train.py --data labels.csv --images images/              the shipped recipe
python train.py --data folder_with_one_subfolder_a_diagnosis/   folders as labels
python train.py --data labels.csv --resume                      go on after a kill, exactly where it was
python train.py --data labels.csv --start models/plain          go on from a finished model's weights
python train.py --data labels.csv --recipe quick --out models/try --backbone-weights none
python train.py --data kaggle2357 --recipe tutorial-a --out models/tutorial-a      see docs/tutorial.md

A run keeps its pixels, checkpoint and history in runs/<name>/; the finished bundle appears in --out in one
step.
"""

import json
import os
from dataclasses import asdict, replace
from pathlib import Path
from typing import Annotated

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
import numpy as np
import pandas as pd
import typer

from melanoma.bundle import Bundle, load_bundle
from melanoma.data.catalogue import fingerprint, read_catalogue, require_trainable
from melanoma.data.pipeline import Sampler, decode_all, plain_batches
from melanoma.data.split import split_by_lesion
from melanoma.errors import UserError, exit_on_user_error
from melanoma.evaluation.metrics import balanced_accuracy, roc_auc
from melanoma.finishing import finish
from melanoma.network import build_network, freeze, shift_bias
from melanoma.objective import Objective
from melanoma.recipes import Recipe, TutorialRecipe, recipe_named
from melanoma.training import Bookkeeping, forget_checkpoints, newest_checkpoint
from melanoma.tutorial.network import build_tutorial_network, compiled_tutorial
from melanoma.tutorial.passes import Passes, judge_by
from melanoma.tutorial.sides import arrange

BACKBONES = {"imagenet": "Keras' ImageNet weights", "none": "random weights"}
STORED_SIZE = 256
"""Pixels are kept a little larger than the network's input, so that zooming in still finds detail."""


def train(
    data: Annotated[Path, typer.Option(help="Labels CSV, or a folder with one subfolder a diagnosis.")],
    images: Annotated[Path | None, typer.Option(help="Where the CSV's images lie.")] = None,
    outlines: Annotated[Path | None, typer.Option(help="Masks of the lesions, named by image id.")] = None,
    truth: Annotated[
        Path | None, typer.Option(help="True diagnoses, for the honest tutorial recipes.")
    ] = None,
    out: Annotated[Path, typer.Option(help="The bundle to make.")] = Path("models/isic8-mobilenet"),
    recipe: Annotated[str, typer.Option(help="Which recipe of melanoma/recipes.py.")] = "lesion",
    backbone_weights: Annotated[str, typer.Option(help="imagenet, none, or a weights file.")] = "imagenet",
    start: Annotated[Path | None, typer.Option(help="Begin with a bundle's weights instead.")] = None,
    resume: Annotated[bool, typer.Option(help="Go on from the last checkpoint of this run.")] = False,
) -> None:
    """Train a network and write its bundle."""
    chosen = recipe_named(recipe)
    keras.utils.set_random_seed(chosen.seed)

    # The data: one table, split by lesion; every file is decoded once, and the bad ones are left out by name.
    # The tutorial's experiments have labels, copies and a split of their own.
    tutorial = isinstance(chosen, TutorialRecipe)
    run = Path("runs") / out.name
    run.mkdir(parents=True, exist_ok=True)
    table = arrange(data, truth, chosen, run) if tutorial else read_catalogue(data, images, outlines)
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
            pixels, labels, rows["train"], chosen.sampling_power, chosen.augmentation, chosen.seed
        )
    log_shares = np.log(sampler.class_shares())

    # The network, and the plan of the run. A resumed run must follow the same plan on the same data, or it
    # would be another run.
    if tutorial:
        if start is not None:
            raise UserError(f"{recipe} begins with random weights, as the tutorial does. Leave --start out.")
        network, backbone_weights = build_tutorial_network(chosen, len(codes), fitting=True), "none"
    else:
        network = build_network(
            None, len(codes), "none" if resume or start else backbone_weights, chosen.dropout
        )
    origin = BACKBONES.get(backbone_weights, f"backbone weights of {Path(backbone_weights).name}")
    version = None
    if start is not None:
        bundle = load_bundle(start)
        require_same_sides(bundle, table, codes)
        if not resume:  # else the checkpoint has newer ones
            network.set_weights(bundle.load_network().get_weights())
            shift_bias(network, log_shares)
        version, origin = bundle.version, f"the weights of {bundle.name} (version {bundle.version})"
    model = compiled_tutorial(network, chosen) if tutorial else compiled(network, chosen)
    plan = {"recipe": asdict(chosen), "data": fingerprint(table), "codes": codes, "start": version}
    plan = json.loads(json.dumps(plan))
    if resume:
        checkpoint = newest_checkpoint(run)
        if checkpoint is None:
            raise UserError(f"{run} holds no checkpoint to resume from. Start without --resume.")
        if json.loads((run / "plan.json").read_text(encoding="utf-8")) != plan:
            raise UserError(f"{run} was started with another recipe, start or data. Start without --resume.")
        file, done = checkpoint
        model.load_weights(file)
        history = pd.read_csv(run / "history.csv").head(done)
    else:
        forget_checkpoints(run)
        (run / "plan.json").write_text(json.dumps(plan, indent=2), encoding="utf-8")
        done, history = 0, pd.DataFrame()

    # Fitting, a stage at a time. The calibration lesions show how it goes; nothing is chosen by them.
    def judge(network: keras.Model, size: int) -> dict[str, float]:
        held_back = rows["calibration"]
        batches = plain_batches(pixels, held_back, size)
        logits = np.concatenate([network.predict_on_batch(batch) for batch in batches]) - log_shares
        truth, even = labels[held_back], np.ones(len(held_back))
        score = keras.ops.convert_to_numpy(keras.ops.softmax(logits))[:, codes.index("MEL")]
        return {
            "calibration_balanced_accuracy": balanced_accuracy(truth, logits.argmax(axis=1), even),
            "calibration_melanoma_auc": roc_auc(truth == codes.index("MEL"), score, even),
        }

    if tutorial:
        judge = judge_by(pixels, labels, rows["calibration"], codes.index("MEL"))
    steps = (chosen.samples_per_epoch or len(rows["train"])) // chosen.batch
    bookkeeping = Bookkeeping(chosen, network, run, steps, judge, history)
    begin = 0
    with bookkeeping.progress:
        for stage in chosen.stages:
            epochs = range(max(begin, done), begin + stage.epochs)
            begin += stage.epochs
            if epochs:
                # Traced for this size alone, as a run resumed here would: a graph for several sizes rounds
                # differently, and the difference grows.
                model.twins = stage.twins
                model.make_train_function(force=True)
                drawn = replace(sampler, twins=stage.twins)
                model.fit(
                    drawn.batches(epochs, steps * chosen.batch, stage.image_size, chosen.batch),
                    initial_epoch=epochs.start,
                    epochs=epochs.stop,
                    steps_per_epoch=steps,
                    callbacks=[bookkeeping],
                    verbose=0,
                    shuffle=False,
                )

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


def compiled(network: keras.Model, recipe: Recipe) -> Objective:
    """Return the network with its loss and an optimiser, whose state is there to be loaded."""
    freeze(network, recipe.frozen_blocks)
    total = recipe.epochs * (recipe.samples_per_epoch // recipe.batch)
    warm_up = int(total * recipe.warm_up)
    rate = keras.optimizers.schedules.CosineDecay(
        0.0, total - warm_up, warmup_target=recipe.peak_learning_rate, warmup_steps=warm_up
    )
    model = Objective(network, recipe)
    # XLA on a processor is slower here than oneDNN.
    model.compile(keras.optimizers.AdamW(rate, weight_decay=recipe.weight_decay), jit_compile=False)
    model.optimizer.build(model.trainable_variables)
    return model


if __name__ == "__main__":
    with exit_on_user_error():
        typer.run(train)
