"""The stages of a run, one after the other."""

from dataclasses import replace
from pathlib import Path

import keras
import pandas as pd
import tensorflow as tf

from melanoma.data.pipeline import Sampler
from melanoma.training.callbacks import EpochCallback
from melanoma.training.dataset import Dataset
from melanoma.training.loop import fit
from melanoma.training.recipes import Recipe, remaining_stages
from melanoma.training.tracking import Tracker
from melanoma.training.workers import WorkerRank


def fit_stages(
    chosen: Recipe,
    model: keras.Model,
    network: keras.Model,
    dataset: Dataset,
    sampler: Sampler,
    run: Path,
    before: tuple[int, pd.DataFrame],
    rank: WorkerRank,
    strategy: tf.distribute.Strategy,
) -> pd.DataFrame:
    """Fit what is left of the stages, and return the history, a row an epoch.

    `before` holds how many epochs are done and their history. The figures on the calibration lesions are for
    information only.
    """
    done, history = before
    steps, each = chosen.steps(dataset), chosen.batch // rank.count
    tracker = Tracker(run, chosen.settings(), done > 0) if rank.chief and done < chosen.epochs else None
    judge = chosen.judge(dataset)
    callback = EpochCallback(chosen, model, network, run, steps, judge, history, rank, tracker)
    with callback.progress:
        for stage, epochs in remaining_stages(chosen.stages, done):
            chosen.begin_stage(model, stage)
            drawn = replace(sampler, paired=stage.twins, degraded_to=stage.degraded_to)
            batches = drawn.batches(epochs, steps * each, stage.image_size, each)
            fit(model, batches, epochs, steps, callback, strategy)
    if tracker is not None:
        tracker.end()
    return callback.history
