"""The answers of all folds as one table: what thresholds, sets, temperature and card are set on."""

from pathlib import Path

import pandas as pd

from melanoma.errors import UserError
from melanoma.evaluation.answer_figures import Answers, codes_of, estimates, mix_of
from melanoma.evaluation.metrics import Estimate
from melanoma.files import atomic_write, user_error_if_unwritable

FILE = "folds.parquet"
FOLD = "fold"


def gather(folder: Path) -> pd.DataFrame:
    """Return the answers of all folds in a folder, with the fold of each row, sorted by image.

    `attrs` hold the plan that the folds share, and the SHA-256 of each network. Raises UserError, naming the
    files, if there are none, if one is missing or damaged, or if they are of different data, recipes or
    splits; then no lesion would have one answer by a network that did not see it.
    """
    tables = {file.name: _read(file) for file in sorted(folder.glob("fold-*-of-*.parquet"))}
    if not tables:
        raise UserError(
            f"{folder} holds no answers of folds. Make them with train.py --folds 3 --fold 0, 1 and 2."
        )
    plans = {name: dict(table.attrs["plan"]) for name, table in tables.items()}
    numbers = {name: plan.pop("fold") for name, plan in plans.items()}
    first = next(iter(plans))
    for name, plan in plans.items():
        keys = plan.keys() | plans[first].keys()
        differing = sorted(key for key in keys if plan.get(key) != plans[first].get(key))
        if differing:
            raise UserError(
                f"{name} and {first} differ in {', '.join(differing)}, so they are no folds of one run. "
                "Keep those that belong together in the folder."
            )
    missing = sorted(set(range(plans[first]["folds"])) - set(numbers.values()))
    if missing:
        raise UserError(
            f"{folder} lacks fold {', '.join(map(str, missing))} of {plans[first]['folds']}. "
            "Run train.py with --fold for each."
        )
    whole = pd.concat([table.assign(**{FOLD: numbers[name]}) for name, table in tables.items()])
    if whole["image_id"].duplicated().any() or (whole.groupby("lesion_id")[FOLD].nunique() > 1).any():
        raise UserError(f"The folds in {folder} overlap: an image or a lesion is in two of them.")
    whole = whole.sort_values("image_id", ignore_index=True)
    networks = {str(numbers[name]): table.attrs["network"] for name, table in tables.items()}
    whole.attrs = {"plan": plans[first], "networks": networks}
    return whole


def _read(file: Path) -> pd.DataFrame:
    try:
        table = pd.read_parquet(file)
        if {"plan", "network"} <= set(table.attrs) and codes_of(table):
            return table
    except (OSError, ValueError):
        pass  # said below, with what does not fit
    raise UserError(f"{file} holds no answers that train.py wrote. Run that fold again.")


def write_gathered(folder: Path, out: Path) -> tuple[pd.DataFrame, dict[str, Estimate]]:
    """Write what `gather` returns to `out`; return it and its figures in an even mix.

    Raises UserError as `gather` does, and where the file cannot be written.
    """
    whole = gather(folder)
    with user_error_if_unwritable(out), atomic_write(out, ending=".parquet") as unfinished:
        whole.to_parquet(unfinished, index=False)
    codes = codes_of(whole)
    return whole, estimates(Answers(whole, codes, mix_of(codes)))
