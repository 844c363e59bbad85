"""Labels as the ISIC challenges publish them, and mistakes in them named in one sentence."""

from pathlib import Path

import numpy as np
import pytest

from melanoma.data.labels.read import read_labels, require_trainable
from melanoma.errors import UserError
from melanoma.evaluation.evaluate import age_groups
from tests.conftest import write_image


def labels_file(folder: Path, text: str, images: tuple[str, ...] = ("a", "b", "c")) -> Path:
    for name in images:
        write_image(folder / "images" / f"{name}.png", np.zeros((64, 64, 3), np.uint8))
    (folder / "labels.csv").write_text(text, encoding="utf-8")
    return folder / "labels.csv"


def test_isic_2017_two_columns_name_three_diagnoses(tmp_path):
    text = "image_id,melanoma,seborrheic_keratosis\na,1.0,0.0\nb,0.0,1.0\nc,0.0,0.0\n"
    assert read_labels(labels_file(tmp_path, text)).table["diagnosis"].tolist() == ["MEL", "BKL", "NV"]


def test_one_column_a_class(tmp_path):
    text = "image,MEL,NV,AKIEC\na,1,0,0\nb,0,1,0\nc,0,0,1\n"
    table = read_labels(labels_file(tmp_path, text)).table
    assert table["diagnosis"].tolist() == ["MEL", "NV", "AKIEC"]
    with pytest.raises(UserError, match="AKIEC joins several"):
        require_trainable(table)


def test_a_folder_with_train_and_test(tmp_path):
    for name in ("Train/melanoma/1", "Train/nevus/1", "Test/melanoma/2"):
        write_image(tmp_path / f"{name}.png", np.zeros((64, 64, 3), np.uint8))
    table = read_labels(tmp_path).table
    assert table.loc[table["held_out"], "image_id"].tolist() == ["Test/melanoma/2.png"]
    assert sorted(table["diagnosis"]) == ["MEL", "MEL", "NV"]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("name,diagnosis\na,MEL\n", "needs a column that names the image"),
        ("image,colour\na,red\n", "needs a column “diagnosis”"),
        ("image,diagnosis\na,MEL\nb,freckle\n", "“freckle” is not a known diagnosis"),
        ("image,diagnosis\na,MEL\nz,NV\n", "1 of 2 images are missing, the first is z"),
        ("image,diagnosis\na,MEL\na,MEL\nb,NV\n", "names a more than once"),
        ("image,diagnosis\na,MEL\na,NV\n", "gives a two diagnoses, MEL and NV"),
        ("image,MEL,NV\na,1,1\n", "row 2 is not marked with exactly one"),
        ("image,diagnosis\n", "no rows"),
    ],
)
def test_mistakes_in_a_labels_file_are_named(tmp_path, text, sentence):
    with pytest.raises(UserError, match=sentence):
        read_labels(labels_file(tmp_path, text))


def test_ages_that_are_no_numbers_are_unknown(tmp_path):
    text = "image,diagnosis,age\na,MEL,nan\nb,NV,\nc,NV,fifty\n"
    table = read_labels(labels_file(tmp_path, text)).table
    assert table["age"].isna().all()
    assert age_groups(table["age"]).isna().all()


def test_one_diagnosis_alone_cannot_be_fitted(tmp_path):
    with pytest.raises(UserError, match="at least two diagnoses"):
        require_trainable(read_labels(labels_file(tmp_path, "image,diagnosis\na,MEL\nb,MEL\n")).table)
