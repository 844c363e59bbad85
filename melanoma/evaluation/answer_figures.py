"""Figures of a table of answers (`evaluation.out_of_fold`), and paired differences between two networks.

Everything is computed from scores that are free of any mix, so one table gives the figures in each mix.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy.special import softmax

from melanoma.errors import UserError
from melanoma.evaluation.focus import SURROUNDINGS
from melanoma.evaluation.metrics import Estimate, balanced_accuracy, bootstrap, roc_auc, share
from melanoma.evaluation.out_of_fold import HAIR, PLAIN

Figure = Callable[[np.ndarray], float]
"""From the weights (n,) of the rows to a value."""
FEW = 20
"""Images of melanoma, or of others, below which a source has no AUC of its own."""


@dataclass(frozen=True)
class Answers:
    """A table of answers and the mix in which they are read."""

    table: pd.DataFrame
    codes: tuple[str, ...]
    mix: tuple[float, ...]
    """The share of each code, positive, summing to 1."""
    variant: str = PLAIN
    """Which of `out_of_fold.VARIANTS` counts as the answer."""

    def probabilities(self, variant: str | None = None) -> np.ndarray:
        """Return float (n, classes) at temperature 1; NaN in the rows that were not shown so."""
        names = [f"{variant or self.variant} {code}" for code in self.codes]
        return softmax(self.table[names].to_numpy(dtype=float) + np.log(self.mix), axis=1)

    @property
    def truth(self) -> np.ndarray:
        """int (n,), the index of each true diagnosis."""
        return self.table["diagnosis"].map(self.codes.index).to_numpy()

    @property
    def lesions(self) -> np.ndarray:
        """The lesion of each row, (n,)."""
        return self.table["lesion_id"].to_numpy()


def codes_of(table: pd.DataFrame) -> tuple[str, ...]:
    """Return the diagnoses of a table of answers, in the order of its columns."""
    start = f"{PLAIN} "
    return tuple(name.removeprefix(start) for name in table.columns if name.startswith(start))


def mix_of(codes: Sequence[str], nevi: float | None = None) -> tuple[float, ...]:
    """Return an even mix, or one with this share of nevi, 0..1, and the others evenly in the rest."""
    if nevi is None:
        return (1 / len(codes),) * len(codes)
    return tuple(nevi if code == "NV" else (1 - nevi) / (len(codes) - 1) for code in codes)


def figures_of(answers: Answers) -> dict[str, Figure]:
    """Return every figure by name.

    Balanced accuracy and melanoma ROC AUC by source, and over all: `mean recall` is the recall of each
    diagnosis averaged over the sources that have it, then over the diagnoses. `changed by` and `silenced by`
    are the shares of answers and of melanoma alerts (at a threshold that finds 95% of the melanomas of the
    table) that another variant of the same photo loses.
    """
    probabilities, truth = answers.probabilities(), answers.truth
    melanoma, sources = answers.codes.index("MEL"), answers.table["source"].to_numpy()
    predicted, score = probabilities.argmax(axis=1), probabilities[:, melanoma]
    found: dict[str, Figure] = {}
    for source in sorted(set(sources)):
        here = sources == source
        found[f"balanced accuracy, {source}"] = _balanced(truth, predicted, here)
        if min((here & (truth == melanoma)).sum(), (here & (truth != melanoma)).sum()) >= FEW:
            found[f"melanoma AUC, {source}"] = _auc(truth == melanoma, score, here)
            found[f"specificity at 95%, {source}"] = _specificity(truth == melanoma, score, here)
    everything = np.ones(len(truth), bool)
    found["melanoma AUC"] = _auc(truth == melanoma, score, everything)
    found["mean recall"] = _mean_recall(truth, predicted, pd.factorize(sources)[0])
    threshold = np.quantile(score[truth == melanoma], 0.05) if (truth == melanoma).any() else np.nan
    for variant in (*SURROUNDINGS, HAIR):
        other = answers.probabilities(variant)
        shown = ~np.isnan(other).any(axis=1)
        if shown.any():
            again = np.nan_to_num(other)
            found[f"answers changed by {variant}"] = _share(again.argmax(axis=1) != predicted, shown)
            alerts = shown & (score >= threshold)
            found[f"alerts silenced by {variant}"] = _share(again[:, melanoma] < threshold, alerts)
    inside = answers.table["inside"].to_numpy(dtype=float)
    right = (predicted == truth) & ~np.isnan(inside)
    if right.any():
        found["evidence of right answers inside"] = _mean(inside, right)
        found["lesion's share of those photos"] = _mean(answers.table["lesion_share"].to_numpy(float), right)
    return found


def estimates(answers: Answers, replicates: int | None = None) -> dict[str, Estimate]:
    """Return every figure with its interval, by bootstrap over lesions."""
    return {
        name: bootstrap(figure, answers.lesions, replicates) for name, figure in figures_of(answers).items()
    }


def differences(one: Answers, other: Answers, replicates: int | None = None) -> dict[str, Estimate]:
    """Return `other` less `one` for every figure that both have, paired by image; see `estimates`.

    Raises UserError if they have no image in common.
    """
    common = sorted(set(one.table["image_id"]) & set(other.table["image_id"]))
    if not common:
        raise UserError("The two tables have no image in common, so nothing can be compared.")
    first, second = (
        replace(given, table=given.table.set_index("image_id").loc[common].reset_index())
        for given in (one, other)
    )
    before, after = figures_of(first), figures_of(second)
    return {
        name: bootstrap(_less(after[name], before[name]), first.lesions, replicates)
        for name in before
        if name in after
    }


def _less(after: Figure, before: Figure) -> Figure:
    return lambda weights: after(weights) - before(weights)


def _balanced(truth: np.ndarray, predicted: np.ndarray, here: np.ndarray) -> Figure:
    return lambda weights: balanced_accuracy(truth[here], predicted[here], weights[here])


def _auc(positive: np.ndarray, score: np.ndarray, here: np.ndarray) -> Figure:
    return lambda weights: roc_auc(positive[here], score[here], weights[here])


def _specificity(
    positive: np.ndarray, score: np.ndarray, here: np.ndarray, sensitivity: float = 0.95
) -> Figure:
    """Return the share of others below the score that finds this share of the melanomas."""
    order = np.argsort(-score[here & positive], kind="stable")
    ranked = score[here & positive][order]

    def figure(weights: np.ndarray) -> float:
        found = np.cumsum(weights[here & positive][order])
        if not found[-1]:
            return float("nan")
        threshold = ranked[np.searchsorted(found, sensitivity * found[-1])]
        return share(score < threshold, here & ~positive, weights)

    return figure


def _mean_recall(truth: np.ndarray, predicted: np.ndarray, sources: np.ndarray) -> Figure:
    classes = int(truth.max()) + 1
    cells = sources * classes + truth

    def figure(weights: np.ndarray) -> float:
        size = (int(sources.max()) + 1, classes)
        total = np.bincount(cells, weights, minlength=size[0] * size[1]).reshape(size)
        right = np.bincount(cells, weights * (truth == predicted), minlength=size[0] * size[1]).reshape(size)
        recall = np.where(total > 0, right / np.maximum(total, 1e-12), np.nan)
        known = ~np.isnan(recall)
        by_diagnosis = np.nansum(recall, axis=0)[known.any(axis=0)] / known.sum(axis=0)[known.any(axis=0)]
        return float(by_diagnosis.mean())

    return figure


def _share(chosen: np.ndarray, among: np.ndarray) -> Figure:
    return lambda weights: share(chosen, among, weights)


def _mean(values: np.ndarray, among: np.ndarray) -> Figure:
    def figure(weights: np.ndarray) -> float:
        total = weights[among].sum()
        return float((values * weights)[among].sum() / total) if total else float("nan")

    return figure


def as_rows(named: Mapping[str, Estimate]) -> list[str]:
    """Return one line a figure."""
    return [f"{name:<44} {estimate}" for name, estimate in named.items()]
