"""A student: one network for all lesions but the test side, taught and calibrated by the folds' answers.

Every image's teacher is the network of the fold that did not see it, so what is learned of it is no memory.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from melanoma.data.labels.read import fingerprint
from melanoma.data.split import Sides
from melanoma.errors import UserError
from melanoma.evaluation.answer_figures import codes_of
from melanoma.evaluation.out_of_fold import PLAIN, TURNS
from melanoma.training.dataset import Dataset

CARD = """ It was taught by the answers of {folds} networks of the same recipe to the lesions that each of
them had not seen, over eight turns of each photo (Hinton et al. 2015, arXiv:1503.02531), and fitted to all
lesions but the test side. Temperature, thresholds and prediction sets are set on those answers, one about
each of {images} images of {lesions} lesions: `folds.parquet` holds them."""


@dataclass(frozen=True)
class HeldAnswers:
    """A network's answers about lesions that it was not fitted to, on which a bundle is calibrated."""

    rows: pd.DataFrame
    """One row an image: id, lesion, source, diagnosis, framing, age, sex, site, and `split`."""
    logits: np.ndarray
    """float (n, classes), free of any mix."""


def load_teacher(path: Path, sides: Sides | None, codes: Sequence[str], table: pd.DataFrame) -> pd.DataFrame:
    """Return the answers of all folds that `gather` wrote, for a run on a table with its `split`.

    Raises UserError if the file cannot be read, if the run judges instead of being a student, or if the
    answers are of other data, another test side or other diagnoses.
    """
    if sides is None or sides.judging:
        raise UserError(
            "A student is fitted to everything but the test side. Give --teacher with --test-side, and "
            "without --folds or --leave-out."
        )
    try:
        folds = pd.read_parquet(path)
        plan = folds.attrs["plan"]
    except (OSError, ValueError, KeyError):
        raise UserError(f"{path} holds no answers that “melanoma gather” wrote.") from None
    found = {"data": fingerprint(table), "test_side": sides.test_side, "codes": list(codes)}
    other = [name for name, value in found.items() if plan.get(name) != value]
    if other:
        raise UserError(
            f"The folds of {path} differ from this run in {', '.join(other)}, so they may have seen what it "
            "holds back. Use the data and the test side that they were made with."
        )
    return folds


def with_teacher(dataset: Dataset, folds: pd.DataFrame) -> Dataset:
    """Return the dataset with the folds' scores over eight turns, to be learned beside the labels."""
    names = [f"{TURNS} {code}" for code in dataset.codes]
    scores = folds.set_index("image_id")[names].reindex(dataset.table["image_id"])
    return replace(dataset, teacher=scores.to_numpy(dtype=np.float32))


def with_nevi(shares: np.ndarray, codes: Sequence[str], nevi: float) -> np.ndarray:
    """Return shares (classes,) with this one of nevi, 0..1, and the others as they are to each other.

    A clinic sees more nevi than an archive holds. Raises UserError if there are no nevi, or for a share
    outside of 0..1.
    """
    if "NV" not in codes:
        raise UserError("Nevi (NV) are none of the diagnoses, so --nevi means nothing here. Leave it out.")
    if not 0 < nevi < 1:
        raise UserError(f"--nevi {nevi} is no share. Give a number between 0 and 1, such as 0.6.")
    index = list(codes).index("NV")
    others = np.delete(shares, index)
    return np.insert(others * (1 - nevi) / others.sum(), index, nevi)


def held_answers(folds: pd.DataFrame, variant: str = PLAIN) -> HeldAnswers:
    """Return the folds' answers to photos shown as `variant`, for calibration."""
    names = [f"{variant} {code}" for code in codes_of(folds)]
    return HeldAnswers(folds.assign(split="calibration"), folds[names].to_numpy(dtype=float))


def card_words(folds: pd.DataFrame) -> str:
    """Return what the card says of the teachers, led by a space."""
    return CARD.format(folds=folds["fold"].nunique(), images=len(folds), lesions=folds["lesion_id"].nunique())
