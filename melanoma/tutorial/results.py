"""The experiments' results: accuracies with intervals, also by whether an image's picture was trained on."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from melanoma.evaluation.metrics import Estimate, balanced_accuracy, bootstrap, share
from melanoma.model.bundle import Bundle, load_bundle
from melanoma.training.recipes import Precision

_COPY = re.compile(r"_rotated_\d+$")


@dataclass(frozen=True)
class Seen:
    """Which of n validation images leak from the training split."""

    copied: np.ndarray
    """bool (n,): the same picture, or a copy of it, was trained on."""
    related: np.ndarray
    """bool (n,): not copied, and another picture of its lesion was trained on."""
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
    """Of the images whose picture, or a copy of it, was trained on; see `Seen`."""
    accuracy_new: Estimate
    """Of those that are neither copied nor related."""
    balanced_accuracy: Estimate
    melanoma_found: Estimate
    """Share of the melanomas, by the experiment's own labels, that were named melanoma."""
    history: pd.DataFrame
    """A row an epoch with `epoch` and the columns of `_BY_EPOCH`; NaN where it was not stored."""
    precision: Precision = Precision.FLOAT32
    """In which it was fitted."""

    def as_json(self) -> dict[str, Any]:
        """Return plain numbers, with the history by epoch."""
        return {
            "images": self.images,
            "precision": self.precision.value,
            **{name: getattr(self, name).as_json() for name in _ESTIMATES},
            **{
                name: [None if np.isnan(value) else round(value, 4) for value in self.history[column]]
                for name, column in _BY_EPOCH.items()
            },
        }

    @classmethod
    def from_json(cls, name: str, stored: dict[str, Any]) -> "Result":
        """Return the result of the experiment `name` that `as_json` made."""
        epochs = len(stored["validation_by_epoch"])
        history = {
            column: np.array(stored.get(key, [None] * epochs), float) for key, column in _BY_EPOCH.items()
        }
        return cls(
            name=name,
            images=stored["images"],
            precision=Precision(stored.get("precision", Precision.FLOAT32)),
            history=pd.DataFrame({"epoch": range(1, epochs + 1), **history}),
            **{one: Estimate.from_json(stored[one]) for one in _ESTIMATES},
        )


_ESTIMATES = ("accuracy", "accuracy_copied", "accuracy_new", "balanced_accuracy", "melanoma_found")
_BY_EPOCH = {
    "fitted_by_epoch": "accuracy",
    "validation_by_epoch": "calibration_accuracy",
    "fitted_loss_by_epoch": "loss",
    "validation_loss_by_epoch": "calibration_loss",
}
"""The names in the JSON, and the columns of the history."""


def results_in(
    models: Path, known: pd.DataFrame, earlier: dict[str, Any], names: Iterable[str]
) -> dict[str, Result]:
    """Return the results of the experiments `names`, from a folder's bundles or else from `earlier`.

    `known` is `experiment_data.known_files`; `earlier` holds what `Result.as_json` made, by recipe. A bundle
    is 240 MB, so it is not in the repository.
    """
    found = {}
    for name in names:
        if (models / name / "bundle.json").is_file():
            found[name] = result_of(load_bundle(models / name), known)
        elif name in earlier:
            found[name] = Result.from_json(name, earlier[name])
    return found


def result_of(bundle: Bundle, known: pd.DataFrame) -> Result:
    """Return the result of an experiment's bundle on its validation images."""
    predictions = bundle.load_predictions()
    validation = predictions[predictions["split"] == "calibration"].reset_index(drop=True)
    split = bundle.load_split()
    fitted = split.loc[split["split"] == "train", "image_id"]
    # The recipes leave the softmax as it is, so the likeliest class is the network's own.
    codes = list(bundle.codes)
    predicted = validation[codes].to_numpy().argmax(axis=1)
    truth = validation["diagnosis"].map(codes.index).to_numpy()
    history = pd.read_csv(bundle.path / "history.csv")
    measured = measure(
        bundle.name, truth, predicted, codes.index("MEL"), validation["image_id"], fitted, known, history
    )
    return replace(measured, precision=Precision(bundle.recipe.get("precision", Precision.FLOAT32)))


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
    """Return which of the ids `validation` show pictures or lesions of the ids `fitted`.

    `known` is `experiment_data.known_files`.
    """
    by_name = known.drop_duplicates("image_id").set_index("image_id")
    here, there = (by_name.reindex(originals(ids)) for ids in (validation, fitted))
    copied = here["picture"].isin(set(there["picture"].dropna())).to_numpy()
    related = here["lesion_id"].isin(set(there["lesion_id"].dropna())).to_numpy() & ~copied
    return Seen(copied, related, np.where(here["lesion_id"].isna(), here.index, here["lesion_id"]))


def originals(image_ids: pd.Series) -> list[str]:
    """Return the name, without folder, of the image that each id is or is a rotated copy of."""
    return [_COPY.sub("", Path(image_id).stem) for image_id in image_ids]
