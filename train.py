"""Make the model: fine-tune a backbone on labelled dermoscopic images and write a bundle to models/.

python train.py --data labels.csv --images images/              the shipped recipe
python train.py --data folder_with_one_subfolder_a_diagnosis/   folders as labels
python train.py --data one/labels.csv --data other/labels.csv   several are one table
python train.py --data labels.csv --resume                      go on after a kill, exactly where it was
python train.py --data labels.csv --start models/plain          go on from a finished model's weights
python train.py --data labels.csv --recipe quick --out models/try --backbone-weights none
python train.py --data labels.csv --backbone efficientnet-lite0        another network than MobileNet
python train.py --data labels.csv --folds 3 --fold 0            fit on two thirds, answer for the third
python train.py --data labels.csv --teacher folds.parquet       one network for all, taught by the folds
python train.py --data labels.csv --recipe proxy --leave-out MILK10k   answer for a clinic that was not seen
python train.py --data labels.csv --close-ups skin/             what the check of the input is to refuse
python train.py --data labels.csv --set dropout=0.2             with another choice, see docs/experiments.md
python train.py --data labels.csv --workers 2                   several processes share each batch
python train.py --data labels.csv --workers 8 --address HEAD:6379       on a Ray cluster, see docs/scale.md
python train.py --data kaggle2357 --recipe tutorial-a --out models/tutorial-a      see docs/tutorial.md

A run writes its pixels, checkpoint and history to runs/<name>/, and replaces the bundle --out in one step.
Where TensorBoard or MLflow is installed, the figures are in runs/<name>/tensorboard or runs/mlruns too.
"""

import os
import sys
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Annotated

from melanoma.training.allocator import keep_memory

if __name__ == "__main__":
    keep_memory()
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
import numpy as np
import pandas as pd
import typer

from melanoma.data.labels.options import Data, Images, Outlines
from melanoma.data.labels.read import fingerprint
from melanoma.data.pipeline import shard
from melanoma.errors import exit_on_user_error
from melanoma.model.bundle import sha256
from melanoma.training.answering import SPLIT_SEED, answers_file, chosen_sides, export_answers
from melanoma.training.callbacks import EpochCallback
from melanoma.training.checkpoints import remove_checkpoints
from melanoma.training.dataset import decode_dataset
from melanoma.training.distribution import read_close_ups
from melanoma.training.export import export_bundle
from melanoma.training.fine_tuning import FINE_TUNING
from melanoma.training.loop import fit
from melanoma.training.recipes import LabelSources, Precision, Recipe, recipe_named, remaining_stages
from melanoma.training.run_folder import begin_run, resume_run, run_folder
from melanoma.training.start import describe_start, load_start, set_start_weights
from melanoma.training.teaching import load_teacher, with_nevi, with_teacher
from melanoma.training.tracking import Tracker
from melanoma.training.workers import fit_together, strategy_for, worker_rank
from melanoma.tutorial.recipes import EXPERIMENTS

RECIPES: dict[str, Recipe] = {**FINE_TUNING, **EXPERIMENTS}
"""Every recipe by name; their choices, with the reasons, stand in the two modules that they come from."""

Truth = Annotated[Path | None, typer.Option(help="True diagnoses, for the honest tutorial recipes.")]
Out = Annotated[
    Path | None,
    typer.Option(
        help="The bundle to make; where left out, models/isic8-BACKBONE or, of "
        "the tutorial's recipes, models/RECIPE."
    ),
]
BackboneName = Annotated[
    str | None, typer.Option(help="Another one than the recipe's: see melanoma/model/backbones.")
]
TestSide = Annotated[
    Path | None, typer.Option(help="A model whose test lesions, and a tenth of those new to it, stay out.")
]
Folds = Annotated[int | None, typer.Option(help="Into how many parts the lesions are split.")]
Fold = Annotated[int | None, typer.Option(help="Which part is answered for instead of fitted, from 0.")]
Teacher = Annotated[
    Path | None, typer.Option(help="The gathered answers of all folds, which teach and calibrate a student.")
]
CloseUpFolder = Annotated[
    Path | None,
    typer.Option("--close-ups", help="A folder of photos without a dermatoscope, to be told from others."),
]
Nevi = Annotated[
    float | None, typer.Option(help="Their share of the mix that probabilities assume; else as drawn.")
]
LeaveOut = Annotated[
    list[str] | None, typer.Option(help="A source that is answered for instead of fitted; may be repeated.")
]
Changes = Annotated[
    list[str] | None, typer.Option("--set", help="NAME=VALUE of the recipe, in JSON; may be repeated.")
]
InPrecision = Annotated[Precision, typer.Option(help="Of the tutorial's experiments; see docs/tutorial.md.")]


def train(
    data: Data,
    images: Images = None,
    outlines: Outlines = None,
    truth: Truth = None,
    out: Out = None,
    recipe: Annotated[str, typer.Option(help=f"One of {', '.join(RECIPES)}.")] = "lesion",
    backbone: BackboneName = None,
    backbone_weights: Annotated[str, typer.Option(help="imagenet, none, or a weights file.")] = "imagenet",
    start: Annotated[Path | None, typer.Option(help="Begin with a bundle's weights instead.")] = None,
    resume: Annotated[bool, typer.Option(help="Go on from the last checkpoint of this run.")] = False,
    workers: Annotated[int, typer.Option(min=1, help="Processes that share each batch.")] = 1,
    address: Annotated[str | None, typer.Option(help="The Ray cluster to run them on.")] = None,
    precision: InPrecision = Precision.FLOAT32,
    test_side: TestSide = None,
    folds: Folds = None,
    fold: Fold = None,
    leave_out: LeaveOut = None,
    teacher: Teacher = None,
    close_up_folder: CloseUpFolder = None,
    nevi: Nevi = None,
    changes: Changes = None,
) -> None:
    """Train a network and write its bundle, or its answers about a fold or source that was left out."""
    chosen = recipe_named(recipe, RECIPES).with_options(backbone, precision, workers, start, changes or ())
    sides = chosen_sides(test_side, folds, fold, leave_out)
    close_ups = read_close_ups(close_up_folder) if close_up_folder else None
    out = out or Path("models") / chosen.bundle_name
    rank = worker_rank(workers)
    strategy = strategy_for(rank)
    keras.utils.set_random_seed(chosen.seed)

    # The data: one table, split by the recipe; every file is decoded once, and unreadable ones are listed and
    # left out. Each worker draws from a shard of its own.
    run = run_folder(out.name + (sides.suffix if sides else ""), resume)
    table = chosen.table(LabelSources(data, images, outlines, truth), run)
    split = partial(sides.split, seed=SPLIT_SEED) if sides else chosen.split
    dataset = decode_dataset(table, chosen.stored_size, chosen.framing, split, run)
    print(dataset.summary())
    taught_by = load_teacher(teacher, sides, dataset.codes, dataset.table) if teacher else None
    if taught_by is not None:
        dataset = with_teacher(dataset, taught_by)
    shards = shard(chosen.sampler(dataset), workers)
    prior = np.mean([one.class_shares(chosen.image_size) for one in shards], axis=0)
    prior = prior if nevi is None else with_nevi(prior, dataset.codes, nevi)
    begun_with = load_start(start, chosen.backbone, dataset) if start else None

    # Several workers: each runs this script from the top, and fits with the pixels decoded above. Afterwards
    # this process continues as a resumed run whose epochs are all done, and exports the bundle.
    if workers > 1 and rank.alone:
        if not resume:
            remove_checkpoints(run)
        fit_together(sys.argv, workers, run, address)
        resume = True

    # The network, with the weights of a checkpoint, of the model given with --start, or of the backbone.
    with strategy.scope():
        weights = "none" if resume or begun_with else backbone_weights
        network = chosen.network(len(dataset.codes), weights, synchronized=not rank.alone)
    if begun_with and not resume:
        set_start_weights(network, begun_with)
    origin = describe_start(begun_with) if begun_with else chosen.origin(backbone_weights)
    with strategy.scope():
        model = chosen.compiled(network, rank.count)

    # The plan of the run, which a resumed run must follow on the same data.
    plan = {"recipe": chosen.settings(), "data": fingerprint(dataset.table), "codes": dataset.codes}
    plan |= {"start": begun_with.version if begun_with else None}
    plan |= sides.as_json() if sides else {}
    plan |= {"teacher": sha256(teacher)} if teacher else {}
    plan |= {"workers": workers} if workers > 1 else {}
    done, history = 0, pd.DataFrame()
    if resume:
        done, history = resume_run(run, plan, model)
    elif rank.chief:
        begin_run(run, plan)

    # Fitting, one stage after the other. The figures on the calibration lesions are for information only.
    steps, each = chosen.steps(dataset), chosen.batch // rank.count
    judge = chosen.judge(dataset)
    tracker = Tracker(run, chosen.settings(), resume) if rank.chief and done < chosen.epochs else None
    callback = EpochCallback(chosen, model, network, run, steps, judge, history, rank, tracker)
    with callback.progress:
        for stage, epochs in remaining_stages(chosen.stages, done):
            chosen.begin_stage(model, stage)
            sampler = replace(shards[rank.index], paired=stage.twins, degraded_to=stage.degraded_to)
            batches = sampler.batches(epochs, steps * each, stage.image_size, each)
            fit(model, batches, epochs, steps, callback, strategy)
    if tracker is not None:
        tracker.end()

    # The bundle: the same weights at a fixed input size, evaluated. Or the answers about what was left out.
    if rank.alone and sides and sides.judging:
        network, rows = chosen.finished(model, prior), dataset.readable
        export_answers(network, rows, dataset.codes, chosen, plan, run, answers_file(out, sides))
    elif rank.alone:
        network, rows = chosen.finished(model, prior), dataset.readable
        made = (network, prior, rows, dataset.codes, chosen, origin, callback.history, out)
        export_bundle(*made, taught_by, close_ups)


if __name__ == "__main__":
    with exit_on_user_error():
        typer.run(train)
