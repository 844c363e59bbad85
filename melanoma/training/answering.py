"""The end of a run that judges: answers about the fold or the sources that the network was not fitted to."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras
import pandas as pd

from melanoma.data.split import Sides
from melanoma.errors import UserError
from melanoma.evaluation.out_of_fold import answers
from melanoma.files import atomic_write
from melanoma.model.backbones.registry import backbone_named
from melanoma.model.bundle import load_bundle, sha256
from melanoma.model.classifier import CompiledNetwork
from melanoma.training.distribution import fit_references
from melanoma.training.recipes import Recipe

SPLIT_SEED = 7
"""Of the folds, the same for every recipe and every seed of one: only then can their answers be compared."""


def chosen_sides(
    test_side: Path | None, folds: int | None, fold: int | None, left_out: Sequence[str] | None
) -> Sides | None:
    """Return the split that the options of `train.py` ask for; None for the recipe's own.

    Raises UserError if they contradict each other, or if the model cannot be read.
    """
    if test_side is None:
        if folds is not None or fold is not None or left_out:
            raise UserError(
                "Folds and sources that are left out need a test side that takes part in neither. Name a "
                "model with --test-side: its test lesions stay out, and a tenth of those new to it."
            )
        return None
    known = load_bundle(test_side).load_split()
    tested = known.loc[known["split"] == "test", "lesion_id"]
    return Sides(frozenset(tested), frozenset(known["lesion_id"]), folds, fold, tuple(left_out or ()))


def answers_file(out: Path, sides: Sides) -> Path:
    """Return where the answers of a run go: beside the bundle `out`, in a folder of their own."""
    return out.with_name(f"{out.name}-answers") / f"{sides.suffix.lstrip('-')}.parquet"


def export_answers(
    network: keras.Model,
    table: pd.DataFrame,
    codes: Sequence[str],
    recipe: Recipe,
    plan: dict[str, Any],
    run: Path,
    file: Path,
) -> pd.DataFrame:
    """Write the finished network to `run`, and its answers about the calibration images to `file`.

    `table` has the columns of `read_labels` and the `split` of each image. The plan of the run and the
    network's SHA-256 are kept with the answers, in their `attrs`.
    """
    network.save(run / "model.keras")
    compiled = CompiledNetwork(network, backbone_named(recipe.backbone) if recipe.backbone else None)
    compiled.freeze()
    fitted = table[table["split"] == "train"]
    references = fit_references(compiled, fitted, recipe.framing, recipe.seed)
    references.save(run / "features.npz")
    judged = table[table["split"] == "calibration"]
    found = answers(compiled, judged, codes, recipe.framing, references)
    found.attrs = {"plan": plan, "network": sha256(run / "model.keras")}
    file.parent.mkdir(parents=True, exist_ok=True)
    with atomic_write(file, ending=".parquet") as unfinished:
        found.to_parquet(unfinished, index=False)
    print(f"{len(found)} answers written to {file}")
    return found
