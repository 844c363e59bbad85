"""train.py as a command with one more recipe, `tiny`: two epochs of a few steps at 32 px, of
the tiny backbone.

With a path in DIES_ONCE, the process, or of several workers the second, kills itself in the second epoch and
leaves a file there, so that it lives the next time.
"""

import os
import signal
import sys
from dataclasses import replace
from pathlib import Path

import typer

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
ROOT = Path(__file__).resolve().parents[1]
# Not as tests.tiny_backbone: tf-keras-vis installs a package named `tests`.
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from tiny_backbone import TINY  # noqa: E402

from melanoma.errors import exit_on_user_error  # noqa: E402
from melanoma.evaluation import evaluate, metrics, non_dermoscopic, reliability  # noqa: E402
from melanoma.model.backbones.registry import BACKBONES  # noqa: E402
from melanoma.training.callbacks import EpochCallback  # noqa: E402
from melanoma.training.recipes import Stage  # noqa: E402
from train import RECIPES, train  # noqa: E402

RECIPES["tiny"] = replace(
    RECIPES["quick"],
    name="tiny",
    stages=(Stage(32, 1), Stage(32, 1, twins=True)),
    samples_per_epoch=24,
    batch=8,
)
BACKBONES["mobilenet"] = TINY
metrics.REPLICATES = evaluate.GROUP_REPLICATES = reliability.BIN_REPLICATES = 20
non_dermoscopic.PER_KIND = 2
tell = EpochCallback.end_step


def end_step(callback: EpochCallback, step: int, figures: dict[str, float]) -> None:
    """Do what is done after each step, and die after the second step of the second epoch."""
    tell(callback, step, figures)
    mark, rank = Path(os.environ["DIES_ONCE"]), callback.rank
    if (callback.epoch, step) == (1, 1) and (rank.alone or rank.index == 1) and not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)


if os.environ.get("DIES_ONCE"):
    EpochCallback.end_step = end_step
with exit_on_user_error():
    typer.run(train)
