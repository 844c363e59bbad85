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
python train.py --data labels.csv --set dropout=0.2             with another choice, see experiments.md
python train.py --data labels.csv --workers 2                   several processes share each batch
python train.py --data labels.csv --workers 8 --address HEAD:6379       on a Ray cluster, see docs/scale.md
python train.py --data kaggle2357 --recipe tutorial-a --out models/tutorial-a      see docs/tutorial.md

A run writes its pixels, checkpoint and history to runs/<name>/, and replaces the bundle --out in one step.
Where TensorBoard or MLflow is installed, the figures are in runs/<name>/tensorboard or runs/mlruns too.
"""

import os
import sys
from functools import partial
from pathlib import Path

from melanoma.training.allocator import keep_memory

if __name__ == "__main__":
    keep_memory()
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
import numpy as np
import pandas as pd
import typer

from melanoma.data.labels.options import Data, Images, Outlines
from melanoma.data.pipeline import shard
from melanoma.errors import exit_on_user_error
from melanoma.training import options
from melanoma.training.answering import SPLIT_SEED, answers_file, chosen_sides, export_answers
from melanoma.training.dataset import decode_dataset
from melanoma.training.distribution import read_close_ups
from melanoma.training.export import export_bundle
from melanoma.training.fine_tuning import FINE_TUNING
from melanoma.training.recipes import LabelSources, Precision, Recipe, recipe_named
from melanoma.training.run_folder import begin_run, resume_run, run_folder, run_plan
from melanoma.training.stages import fit_stages
from melanoma.training.start import describe_start, load_start, set_start_weights
from melanoma.training.teaching import load_teacher, with_nevi, with_teacher
from melanoma.training.workers import fit_together, strategy_for, worker_rank
from melanoma.tutorial.recipes import EXPERIMENTS

RECIPES: dict[str, Recipe] = {**FINE_TUNING, **EXPERIMENTS}
"""Every recipe by name; their choices, with the reasons, stand in the two modules that they come from."""


def train(
    data: Data,
    images: Images = None,
    outlines: Outlines = None,
    truth: options.Truth = None,
    out: options.Out = None,
    recipe: options.RecipeName = "lesion",
    backbone: options.BackboneName = None,
    backbone_weights: options.Weights = "imagenet",
    start: options.Start = None,
    resume: options.Resume = False,
    workers: options.Workers = 1,
    address: options.Address = None,
    precision: options.InPrecision = Precision.FLOAT32,
    test_side: options.TestSide = None,
    folds: options.Folds = None,
    fold: options.Fold = None,
    leave_out: options.LeaveOut = None,
    teacher: options.Teacher = None,
    close_up_folder: options.CloseUpFolder = None,
    nevi: options.Nevi = None,
    changes: options.Changes = None,
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
    dataset = dataset if taught_by is None else with_teacher(dataset, taught_by)
    shards = shard(chosen.sampler(dataset), workers)
    prior = np.mean([one.class_shares(chosen.image_size) for one in shards], axis=0)
    prior = prior if nevi is None else with_nevi(prior, dataset.codes, nevi)
    begun_with = load_start(start, chosen.backbone, dataset) if start else None

    # Several workers: each runs this script from the top, and fits with the pixels decoded above. Afterwards
    # this process continues as a resumed run whose epochs are all done, and exports the bundle.
    if workers > 1 and rank.alone:
        fit_together(sys.argv, workers, run, address, resume)
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

    # The plan of the run, which a resumed run must follow on the same data. Then one stage after the other.
    plan = run_plan(chosen, dataset, begun_with, sides, teacher, workers)
    before = (0, pd.DataFrame())
    if resume:
        before = resume_run(run, plan, model)
    elif rank.chief:
        begin_run(run, plan)
    history = fit_stages(chosen, model, network, dataset, shards[rank.index], run, before, rank, strategy)

    # The bundle: the same weights at a fixed input size, evaluated. Or the answers about what was left out.
    if not rank.alone:
        return
    network, rows = chosen.finished(model, prior), dataset.readable
    if sides and sides.judging:
        export_answers(network, rows, dataset.codes, chosen, plan, run, answers_file(out, sides))
    else:
        made = (network, prior, rows, dataset.codes, chosen, origin, history, out)
        export_bundle(*made, taught_by, close_ups)


if __name__ == "__main__":
    with exit_on_user_error():
        typer.run(train)
