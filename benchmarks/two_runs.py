"""How far apart two networks are that the same recipe made: figure by figure, on the same held-out lesions.

python -m benchmarks.two_runs BUNDLE OTHER

Both bundles must hold back the same images. Prints a Markdown table for the calibration lesions and one for
the test lesions. What the two make together, by the mean of their logarithmic probabilities, is printed for
the calibration lesions alone: it is something to choose by.
"""

import argparse
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.special import softmax

from melanoma.errors import UserError, exit_on_user_error
from melanoma.evaluation.metrics import (
    Estimate,
    balanced_accuracy,
    bootstrap,
    calibration_error,
    roc_auc,
)
from melanoma.model.bundle import Bundle, load_bundle

Figure = Callable[[np.ndarray, np.ndarray], float]
"""A figure of probabilities (n, classes), with one weight an image (n,)."""


def figures_of(truth: np.ndarray, melanoma: int, prior: np.ndarray) -> dict[str, Figure]:
    """Return what is compared. `truth` is int (n,), `melanoma` the index of that class, `prior` (classes,)
    the mix that the probabilities assume.
    """
    return {
        "balanced accuracy": lambda said, weights: balanced_accuracy(truth, said.argmax(axis=1), weights),
        "the same in an even mix": lambda said, weights: balanced_accuracy(
            truth, (said / prior).argmax(axis=1), weights
        ),
        "melanoma ROC AUC": lambda said, weights: roc_auc(truth == melanoma, said[:, melanoma], weights),
        "calibration error": lambda said, weights: calibration_error(said, truth, weights),
    }


def together(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return the mean of two networks' logarithmic probabilities as probabilities, (n, classes)."""
    return softmax((np.log(first) + np.log(second)) / 2, axis=1)


def difference(
    figure: Figure, first: np.ndarray, second: np.ndarray, lesions: np.ndarray, replicates: int | None = None
) -> Estimate:
    """Return how much higher the second's figure is, with a 95% interval by bootstrap over the lesions."""
    return bootstrap(
        lambda weights: figure(second, weights) - figure(first, weights), lesions, replicates=replicates
    )


def held_out(bundle: Bundle, other: Bundle) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the predictions of both, row by row for the same images; raises UserError if these differ, or
    the mix of diagnoses that the probabilities assume.
    """
    first, second = (
        one.load_predictions().sort_values("image_id", ignore_index=True) for one in (bundle, other)
    )
    same = ["image_id", "lesion_id", "split", "diagnosis"]
    if bundle.codes != other.codes or not first[same].equals(second[same]):
        raise UserError(f"{bundle.path} and {other.path} do not hold back the same images.")
    if bundle.prior != other.prior:
        raise UserError(f"{bundle.path} and {other.path} assume different mixes of diagnoses.")
    return first, second


def report(bundle: Bundle, other: Bundle) -> None:
    """Print both tables."""
    first, second = held_out(bundle, other)
    codes = list(bundle.codes)
    for side in ("calibration", "test"):
        rows = (first["split"] == side).to_numpy()
        lesions = first.loc[rows, "lesion_id"].to_numpy()
        truth = np.array([codes.index(code) for code in first.loc[rows, "diagnosis"]])
        one, two = (table.loc[rows, codes].to_numpy(dtype=float) for table in (first, second))
        answers = [(str(bundle.path), one), (str(other.path), two)]
        if side == "calibration":
            answers.append(("both together", together(one, two)))
        print(f"\n{side} lesions, {len(truth)} images\n")
        print(f"| figure | {' | '.join(name for name, _ in answers)} | the second less the first |")
        print("|---" * (len(answers) + 2) + "|")
        for name, figure in figures_of(truth, codes.index("MEL"), np.asarray(bundle.prior)).items():
            values = [str(bootstrap(partial(figure, said), lesions)) for _, said in answers]
            print(f"| {name} | {' | '.join(values)} | {difference(figure, one, two, lesions)} |")
        same = float(np.mean(one.argmax(axis=1) == two.argmax(axis=1)))
        print(f"\nThe likeliest diagnosis is the same for {same:.3f} of the images.")


def main() -> None:
    """Compare and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("bundle", type=Path)
    parser.add_argument("other", type=Path)
    options = parser.parse_args()
    with exit_on_user_error():
        report(load_bundle(options.bundle), load_bundle(options.other))


if __name__ == "__main__":
    main()
