"""Labels, copies and splits of the tutorial's experiments, on a drawn set of nine folders."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from melanoma.diagnoses import NINE
from melanoma.errors import UserError
from melanoma.tutorial.experiment_data import experiment_table
from melanoma.tutorial.recipes import TutorialRecipe
from melanoma.tutorial.rotated_copies import rotated

LITTLE = {"image_size": 64, "copies_per_class": 5}


def originals(table: pd.DataFrame, side: str) -> set[str]:
    return {Path(name).name for name in table.loc[table["split"] == side, "original"]}


@pytest.fixture(scope="module")
def truth(nine_folder, tmp_path_factory) -> Path:
    """True diagnoses: the nevi 40 and 41 are actinic keratoses, 42 and 30 show one lesion, 30 is a test's."""
    rows = []
    codes = ["AK", "BCC", "DF", "MEL", "NV", "BKL", "BKL", "SCC", "VASC"]
    for path in sorted(nine_folder.rglob("*.png")):
        number = path.stem.removeprefix("ISIC_")
        code = "AK" if number in ("40", "41") else codes[int(number[0])]
        lesion = {"42": "L", "48": "L"}.get(number, "")
        rows.append((path.stem, code, lesion))
    file = tmp_path_factory.mktemp("truth") / "truth.csv"
    pd.DataFrame(rows, columns=["isic_id", "diagnosis", "lesion_id"]).to_csv(file, index=False)
    return file


def test_the_split_is_keras_own(nine_folder, tmp_path):
    table = experiment_table(nine_folder, None, TutorialRecipe("a", image_size=64), tmp_path)
    # What image_dataset_from_directory does: sorted files, shuffled by the seed, the last fifth validates.
    files = sorted(
        path.relative_to(nine_folder).as_posix() for path in (nine_folder / "Train").rglob("*.png")
    )
    np.random.RandomState(123).shuffle(files)
    kept = len(files) - int(0.2 * len(files))
    assert set(table.loc[table["split"] == "train", "image_id"]) == set(files[:kept])
    assert set(table.loc[table["split"] == "calibration", "image_id"]) == set(files[kept:])
    assert all(name.startswith("Test/") for name in table.loc[table["split"] == "test", "image_id"])
    assert sorted(set(table["diagnosis"])) == sorted(NINE)


def test_copies_before_the_split_are_on_both_sides_and_after_it_on_one(nine_folder, tmp_path):
    before = experiment_table(
        nine_folder, None, TutorialRecipe("b", copies="before", **LITTLE), tmp_path / "b"
    )
    assert len(before) == 72 + 9 + 45
    assert originals(before, "train") & originals(before, "calibration")
    after = experiment_table(nine_folder, None, TutorialRecipe("a", copies="after", **LITTLE), tmp_path / "a")
    assert not originals(after, "train") & originals(after, "calibration")
    made = after[after["original"] != after["image_id"]]
    assert len(made) == 45 and set(made["split"]) == {"train"}
    assert made.groupby("diagnosis").size().tolist() == [5] * 9
    assert after["image_id"].is_unique and all(Path(path).is_file() for path in after["path"])
    again = experiment_table(nine_folder, None, TutorialRecipe("a", copies="after", **LITTLE), tmp_path / "c")
    assert again["image_id"].tolist() == after["image_id"].tolist()
    pairs = zip(made["path"], again.loc[made.index, "path"], strict=True)
    assert all(Path(one).read_bytes() == Path(other).read_bytes() for one, other in pairs)


def test_honest_sides_have_true_labels_and_each_picture_and_lesion_once(nine_folder, truth, tmp_path):
    doubled = tmp_path / "set"
    for path in nine_folder.rglob("*.png"):
        target = doubled / path.relative_to(nine_folder)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(path.read_bytes())
    wrong = doubled / "Train" / "seborrheic keratosis" / "ISIC_30.png"  # a melanoma, in two folders
    wrong.write_bytes((doubled / "Train" / "melanoma" / "ISIC_30.png").read_bytes())
    table = experiment_table(doubled, truth, TutorialRecipe("h", honest=True), tmp_path).set_index("image_id")
    assert table.index.is_unique and len(table) == 81
    assert table.loc["ISIC_30", "diagnosis"] == "MEL"
    assert table.loc["ISIC_40", "diagnosis"] == "AK"
    assert set(table["diagnosis"]) == {"AK", "BCC", "BKL", "DF", "MEL", "NV", "SCC", "VASC"}
    assert table.loc["ISIC_42", "split"] == "test", "its lesion has an image in the folder Test"
    assert table.groupby("lesion_id")["split"].nunique().max() == 1
    share = (table["split"] == "calibration").sum() / (table["split"] != "test").sum()
    assert 0.15 < share < 0.25


def test_a_rotated_copy_has_no_empty_corners_and_turns_by_its_angle():
    white = np.full((101, 101, 3), 200, np.uint8)
    assert rotated(white, 10).min() == 200
    bar = np.zeros((101, 101, 3), np.uint8)
    bar[:, 49:52] = 255
    rows, columns = np.nonzero(rotated(bar, 10)[..., 0] > 127)
    slope = np.polyfit(rows - 50, columns - 50, 1)[0]
    assert np.degrees(np.arctan(abs(slope))) == pytest.approx(10, abs=0.3)
    assert np.array_equal(rotated(bar, 0), bar)


def test_what_is_missing_is_named(nine_folder, tmp_path):
    with pytest.raises(UserError, match="no folder Test"):
        (tmp_path / "Train").mkdir()
        experiment_table(tmp_path, None, TutorialRecipe("a"), tmp_path)
    with pytest.raises(UserError, match="--truth"):
        experiment_table(nine_folder, None, TutorialRecipe("h", honest=True), tmp_path)
