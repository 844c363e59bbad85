"""How often the nearest known lesions have the right diagnosis, and what their disagreement tells."""

from typing import Any

import numpy as np
import pandas as pd

from melanoma.batches import sliced
from melanoma.evaluation.metrics import Estimate, bootstrap, share
from melanoma.model.neighbours import KnownLesions

_BLOCK = 512  # photos whose similarities are in memory at once
FEW = 50
"""A source with fewer photos has no figure of its own."""


def nearest_diagnoses(known: KnownLesions, features: np.ndarray) -> np.ndarray:
    """Return the diagnosis of the nearest known lesion for features (n, channels), str (n,)."""
    diagnoses = known.table["diagnosis"].to_numpy()
    nearest = [known.similarities(block).argmax(axis=1) for block in sliced(features, _BLOCK)]
    return diagnoses[np.concatenate(nearest)]


def left_one_out(known: KnownLesions) -> np.ndarray:
    """Return the diagnosis of each known lesion's nearest other one, str (m,)."""
    diagnoses, features = known.table["diagnosis"].to_numpy(), known.features.astype(np.float32)
    nearest = []
    for start in range(0, len(features), _BLOCK):
        similar = features[start : start + _BLOCK] @ features.T
        similar[np.arange(len(similar)), start + np.arange(len(similar))] = -np.inf
        nearest.append(similar.argmax(axis=1))
    return diagnoses[np.concatenate(nearest)]


def judge_neighbours(
    known: KnownLesions, table: pd.DataFrame, features: np.ndarray, answers: np.ndarray
) -> dict[str, Any]:
    """Return the figures of a bundle's known lesions, plain numbers with 95% intervals over lesions.

    `table` has the test images (`diagnosis`, `lesion_id`, `source`), `features` (n, channels) theirs, and
    `answers` the network's diagnoses, str (n,). `right` is the share of nearest known lesions with the true
    diagnosis, `fitted` the same of each known lesion's nearest other one, which the network was fitted to and
    which so lie too well; `missed` is how many of the melanomas that the network does not name lie nearest to
    a melanoma; `named_right` how often the network's answer is right where the nearest lesion has
    the same diagnosis (`agree`) and where it has another one (`differ`).
    """
    truth, lesions = table["diagnosis"].to_numpy(), table["lesion_id"].to_numpy()
    nearest = nearest_diagnoses(known, features)
    agree = nearest == answers

    def estimate(chosen: np.ndarray, among: np.ndarray) -> dict[str, Any]:
        found = bootstrap(lambda weights: share(chosen, among, weights), lesions)
        return found.as_json() | {"images": int(among.sum())}

    everything = np.ones(len(table), bool)
    missed = (truth == "MEL") & (answers != "MEL")
    return {
        "right": estimate(nearest == truth, everything),
        "right_by_source": {
            str(source): estimate(nearest == truth, (table["source"] == source).to_numpy())
            for source, count in table["source"].value_counts().items()
            if count >= FEW
        },
        "named_right": {
            "agree": estimate(answers == truth, agree),
            "differ": estimate(answers == truth, ~agree),
        },
        "missed": estimate(nearest == "MEL", missed),
        "fitted": _fitted(known),
        "lesions": len(known.table),
    }


def _fitted(known: KnownLesions) -> dict[str, Any]:
    right = pd.Series(left_one_out(known) == known.table["diagnosis"].to_numpy())
    by_source = right.groupby(known.table["source"]).agg(["mean", "size"])
    return {
        "all": float(right.mean()),
        "by_source": {
            str(source): float(row["mean"]) for source, row in by_source.iterrows() if row["size"] >= FEW
        },
    }


def estimate_of(stored: dict[str, Any]) -> Estimate:
    """Return one of the estimates that `judge_neighbours` made."""
    return Estimate.from_json({name: stored[name] for name in ("value", "low", "high")})
