"""What the experiments gave: accuracies with intervals, and how much of them is copies on both sides."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from melanoma.bundle import Bundle, load_bundle
from melanoma.evaluation.metrics import Estimate, balanced_accuracy, bootstrap, share
from melanoma.recipes import RECIPES, TutorialRecipe

_COPY = re.compile(r"_rotated_\d+$")

EXPERIMENTS: dict[str, TutorialRecipe] = {
    name: recipe for name, recipe in RECIPES.items() if isinstance(recipe, TutorialRecipe)
}
"""The tutorial's recipes by name, in the order of the tutorial."""


@dataclass(frozen=True)
class Seen:
    """Which of n validation images a network has met before."""

    copied: np.ndarray
    """bool (n,): the same picture, or a copy of it, was fitted."""
    related: np.ndarray
    """bool (n,): not copied, and another picture of its lesion was fitted."""
    group: np.ndarray
    """str (n,): one name for all that show one picture or lesion."""


@dataclass(frozen=True)
class Result:
    """One experiment's validation images, after its last epoch. Intervals are 95%, by bootstrap over groups
    of one picture or lesion."""

    name: str
    images: int
    accuracy: Estimate
    accuracy_copied: Estimate
    """Of the images of which the same picture, or a copy of it, was fitted; see `Seen`."""
    accuracy_new: Estimate
    """Of those that are neither copied nor related."""
    balanced_accuracy: Estimate
    melanoma_found: Estimate
    """Share of the melanomas, by the experiment's own labels, that were named melanoma."""
    history: pd.DataFrame

    def as_json(self) -> dict[str, Any]:
        """Return plain numbers, and the accuracy by epoch."""
        estimates = ("accuracy", "accuracy_copied", "accuracy_new", "balanced_accuracy", "melanoma_found")
        return {
            "images": self.images,
            **{name: getattr(self, name).as_json() for name in estimates},
            "fitted_by_epoch": self.history["accuracy"].round(4).tolist(),
            "validation_by_epoch": self.history["calibration_accuracy"].round(4).tolist(),
        }


def results_in(models: Path, known: pd.DataFrame) -> dict[str, Result]:
    """Return the results of the experiments whose bundle is in a folder, by recipe; `known` is
    `sides.known_files`.
    """
    found = {}
    for name in EXPERIMENTS:
        if (models / name / "bundle.json").is_file():
            found[name] = result_of(load_bundle(models / name), known)
    return found


def result_of(bundle: Bundle, known: pd.DataFrame) -> Result:
    """Return what an experiment's bundle gave on its validation images."""
    predictions = bundle.load_predictions()
    validation = predictions[predictions["split"] == "calibration"].reset_index(drop=True)
    split = bundle.load_split()
    fitted = split.loc[split["split"] == "train", "image_id"]
    # The recipes leave the softmax as it is, so the likeliest class is the network's own.
    codes = list(bundle.codes)
    predicted = validation[codes].to_numpy().argmax(axis=1)
    truth = validation["diagnosis"].map(codes.index).to_numpy()
    history = pd.read_csv(bundle.path / "history.csv")
    return measure(
        bundle.name, truth, predicted, codes.index("MEL"), validation["image_id"], fitted, known, history
    )


def measure(
    name: str,
    truth: np.ndarray,
    predicted: np.ndarray,
    melanoma: int,
    validation: pd.Series,
    fitted: pd.Series,
    known: pd.DataFrame,
    history: pd.DataFrame,
) -> Result:
    """Return the figures of validation images with ids `validation`, where the ids `fitted` were fitted.

    `truth` and `predicted` are int (n,), the experiment's own labels and the network's answers.
    """
    seen = seen_before(validation, fitted, known)
    right, everything = truth == predicted, np.ones(len(truth), bool)

    def of(among: np.ndarray) -> Estimate:
        return bootstrap(lambda weights: share(right, among, weights), seen.group)

    return Result(
        name=name,
        images=len(truth),
        accuracy=of(everything),
        accuracy_copied=of(seen.copied),
        accuracy_new=of(~seen.copied & ~seen.related),
        balanced_accuracy=bootstrap(lambda weights: balanced_accuracy(truth, predicted, weights), seen.group),
        melanoma_found=of(truth == melanoma),
        history=history,
    )


def seen_before(validation: pd.Series, fitted: pd.Series, known: pd.DataFrame) -> Seen:
    """Return what of the ids `validation` was met among the ids `fitted`; `known` is `sides.known_files`."""
    by_name = known.drop_duplicates("image_id").set_index("image_id")
    here, there = (by_name.reindex(originals(ids)) for ids in (validation, fitted))
    copied = here["picture"].isin(set(there["picture"].dropna())).to_numpy()
    related = here["lesion_id"].isin(set(there["lesion_id"].dropna())).to_numpy() & ~copied
    return Seen(copied, related, np.where(here["lesion_id"].isna(), here.index, here["lesion_id"]))


def originals(image_ids: pd.Series) -> list[str]:
    """Return the name, without folder, of the image that each id is or is a rotated copy of."""
    return [_COPY.sub("", Path(image_id).stem) for image_id in image_ids]
