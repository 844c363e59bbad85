"""No lesion on two sides."""

import pandas as pd
import pytest

from melanoma.data.labels.read import read_labels, require_trainable
from melanoma.data.split import split_by_lesion
from melanoma.errors import UserError


def table_of(lesions: int, images: int = 2) -> pd.DataFrame:
    rows = [
        {"image_id": f"{code}{lesion}-{image}", "diagnosis": code, "lesion_id": f"{code}{lesion}"}
        for code in ("MEL", "NV")
        for lesion in range(lesions)
        for image in range(images)
    ]
    return pd.DataFrame(rows).assign(source="here", held_out=False)


def test_images_of_a_lesion_stay_together_and_held_out_ones_are_only_judged():
    table = table_of(40)
    table.loc[table["image_id"] == "MEL5-0", "held_out"] = True
    split = split_by_lesion(table, seed=1)
    assert table.assign(split=split).groupby("lesion_id")["split"].nunique().max() == 1
    assert set(split[table["lesion_id"] == "MEL5"]) == {"test"}
    assert split.equals(split_by_lesion(table, seed=1))
    assert not split.equals(split_by_lesion(table, seed=2))


def test_too_few_lesions_are_named():
    with pytest.raises(UserError, match="MEL has 2 lesions"):
        split_by_lesion(table_of(2), seed=1)


def test_a_class_of_three_lesions_does_not_take_from_the_others():
    few = table_of(3).query("diagnosis == 'MEL'").assign(diagnosis="DF")
    few["lesion_id"] = "few-" + few["lesion_id"]
    table = pd.concat([table_of(40), few], ignore_index=True)
    split = split_by_lesion(table, seed=1)
    counts = table.assign(split=split).groupby(["diagnosis", "split"])["lesion_id"].nunique().unstack()
    assert counts.loc["DF"].tolist() == [1, 1, 1]
    assert counts.loc["MEL", "train"] == counts.loc["NV", "train"] == 32


def test_a_lesion_with_a_rare_and_a_common_diagnosis_stays_on_one_side():
    table = table_of(40)
    table.loc[table["image_id"].isin([f"NV{number}-0" for number in range(6)]), "diagnosis"] = "DF"
    split = split_by_lesion(table, seed=1)
    assert table.assign(split=split).groupby("lesion_id")["split"].nunique().max() == 1


def test_a_diagnosis_that_only_held_out_images_show_is_named():
    table = table_of(12)
    table.loc[table["diagnosis"] == "NV", "held_out"] = True
    with pytest.raises(UserError, match="NV has 0 lesions"):
        split_by_lesion(table, seed=1)


@pytest.mark.slow("the shares of each split on the real labels")
def test_the_real_labels(real_data):
    table = read_labels(real_data / "isic" / "labels.csv").table
    assert len(table) == 12486
    assert len(require_trainable(table)) == 8
    table["split"] = split_by_lesion(table, seed=7)
    assert table.groupby("lesion_id")["split"].nunique().max() == 1
    held_out = table[table["held_out"]]
    assert len(held_out) == 118
    assert set(table[table["lesion_id"].isin(held_out["lesion_id"])]["split"]) == {"test"}
    free = table[~table.groupby("lesion_id")["held_out"].transform("any")]
    counts = free.groupby(["diagnosis", "split"])["lesion_id"].nunique().unstack()
    shares = counts.div(counts.sum(axis=1), axis=0)
    print(shares)
    assert shares["test"].between(0.07, 0.13).all()
    assert shares["calibration"].between(0.07, 0.13).all()
