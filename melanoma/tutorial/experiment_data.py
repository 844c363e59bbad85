"""The data of an experiment: the tutorial's own labels, copies and split, or true labels split by lesion.

Splits are named as everywhere in this project: `train` is fitted, `calibration` is the tutorial's validation,
`test` the set's own folder `Test`, which the tutorial does not use.
"""

import shutil
from pathlib import Path

import keras
import numpy as np
import pandas as pd
from sklearn.model_selection import StratifiedGroupKFold

from melanoma.data.audit.duplicates import find_duplicates
from melanoma.data.audit.files import read_files
from melanoma.data.audit.truth import join_truth, read_truth
from melanoma.data.labels.joining import joined_lesions
from melanoma.data.labels.read import read_labels
from melanoma.diagnoses import canonical
from melanoma.errors import UserError
from melanoma.tutorial.experiment import Experiment
from melanoma.tutorial.rotated_copies import write_copies

VALIDATION = 0.2


def experiment_table(data: Path, truth: Path | None, recipe: Experiment, run: Path) -> pd.DataFrame:
    """Return the table of `read_labels` with `split`, and `original`, the id of the copied image.

    `data` holds `Train` and `Test` with one folder a class. Copies are written to `run`. Raises UserError if
    there is no `Train` and `Test`, or no `truth` for a recipe that needs it.
    """
    for half in ("Train", "Test"):
        if not (data / half).is_dir():
            raise UserError(
                f"{data} holds no folder {half}: {recipe.name} needs the set's own Train and Test."
            )
    if recipe.honest:
        if truth is None:
            raise UserError(f"{recipe.name} needs the true diagnoses: give a labels CSV with --truth.")
        table = honest_table(data, truth, recipe.seed)
    else:
        table = tutorial_table(data, recipe, run)
    if recipe.copies == "after":
        fitted = table[table["split"] == "train"]
        copies = write_copies(fitted, recipe.copies_per_class, run / "copies", recipe.seed)
        table = pd.concat([table, copies], ignore_index=True)
    return table


def tutorial_table(data: Path, recipe: Experiment, run: Path) -> pd.DataFrame:
    """Return the folders' images with the folder names as labels, split by file."""
    table = read_labels(data, parts=True).table
    table["original"] = table["image_id"]
    fitted = table[~table["held_out"]].reset_index(drop=True)
    folder = data / "Train"
    if recipe.copies == "before":
        folder = run / "balanced"
        fitted = _balanced(fitted, folder, recipe)
    splits = split_by_file(folder, recipe)
    fitted["split"] = [splits.get(Path(path).relative_to(folder).as_posix()) for path in fitted["path"]]
    unlisted = fitted["split"].isna()
    if unlisted.any():
        raise UserError(
            f"Keras does not list {fitted.loc[unlisted, 'image_id'].iloc[0]}: take it out of the set."
        )
    return pd.concat([fitted, table[table["held_out"]].assign(split="test")], ignore_index=True)


def split_by_file(folder: Path, recipe: Experiment) -> dict[str, str]:
    """Return the split of each file of a folder of class folders, by its path in it, as Keras draws it."""
    datasets = keras.utils.image_dataset_from_directory(
        folder,
        validation_split=VALIDATION,
        subset="both",
        seed=recipe.seed,
        image_size=(recipe.image_size, recipe.image_size),
        batch_size=recipe.batch,
    )
    return {
        Path(path).relative_to(folder).as_posix(): split
        for split, files in zip(("train", "calibration"), datasets, strict=True)
        for path in files.file_paths
    }


def honest_table(data: Path, truth: Path, seed: int) -> pd.DataFrame:
    """Return each picture once, with its true diagnosis, and all pictures of a lesion in one split.

    A lesion with an image in the folder `Test` is `test`.
    """
    known = known_files(data, truth)
    known["held_out"] = known.groupby("lesion_id")["held_out"].transform("any")
    known = known.sort_values(["picture", "image_id"]).drop_duplicates("picture").reset_index(drop=True)
    known["original"] = known["image_id"]
    known["split"] = _by_lesion(known, seed)
    return known.drop(columns=["picture", "true", "label_source"])


def known_files(data: Path, truth: Path) -> pd.DataFrame:
    """Return every file with a known true diagnosis: the table of `read_labels` with `picture`, a number that
    exact and near duplicates share, as the audit finds them.

    `diagnosis` is the true one, `image_id` the name without folder, and pictures of one lesion, or lesions
    of one picture, share a `lesion_id`.
    """
    files = read_labels(data, parts=True).table
    readings = read_files(files["path"].tolist(), files["image_id"].tolist())
    files["picture"] = find_duplicates(readings).picture
    stems = files.assign(image_id=[Path(path).stem for path in files["path"]], lesion_id=None, source=None)
    joined = join_truth(stems, read_truth(truth))
    known = joined[joined["true"].notna()].copy()
    known["diagnosis"] = [canonical(true) for true in known["true"]]
    known["lesion_id"] = known["lesion_id"].fillna("image:" + known["image_id"])
    known["source"] = known["source"].fillna("unknown")
    known["lesion_id"] = joined_lesions(known["lesion_id"], known["picture"])
    return known.reset_index(drop=True)


def _by_lesion(table: pd.DataFrame, seed: int) -> np.ndarray:
    split = np.where(table["held_out"], "test", "train").astype(object)
    free = np.flatnonzero(~table["held_out"])
    rows = table.iloc[free]
    folds = StratifiedGroupKFold(round(1 / VALIDATION), shuffle=True, random_state=seed)
    _, validation = next(folds.split(rows, rows["diagnosis"], rows["lesion_id"]))
    split[free[validation]] = "calibration"
    return split


def _balanced(table: pd.DataFrame, folder: Path, recipe: Experiment) -> pd.DataFrame:
    """Write the images and their rotated copies to one folder of class folders, and return their rows."""
    shutil.rmtree(folder, ignore_errors=True)
    copies = write_copies(table, recipe.copies_per_class, folder, recipe.seed)
    rows = table.copy()
    for index, path in rows["path"].items():
        target = folder / Path(path).parent.name / Path(path).name
        shutil.copyfile(path, target)
        rows.loc[index, "path"] = str(target)
    return pd.concat([rows, copies], ignore_index=True)
