"""No lesion on two sides."""

import pandas as pd
import pytest

from melanoma.data.labels.read import read_labels, require_trainable
from melanoma.data.split import Sides, split_by_lesion, without_contradictions
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


def clinics(count: int = 120) -> pd.DataFrame:
    """Lesions of two photos each: those of `a` and `b`, half melanoma; every fifth of `b` is in `a` too."""
    rows = [
        (f"{source}{number}-{photo}", f"{source}{number}", source, "MEL" if number % 2 else "NV")
        for source in "ab"
        for number in range(count)
        for photo in range(2)
    ]
    table = pd.DataFrame(rows, columns=["image_id", "lesion_id", "source", "diagnosis"])
    shared = (table["source"] == "b") & (table.index // 2 % 5 == 0)
    table.loc[shared, "lesion_id"] = "a" + table.loc[shared, "lesion_id"].str[1:]
    return table.assign(held_out=table["image_id"] == "a7-0")


def sides(**chosen: object) -> Sides:
    return Sides(frozenset({"a1", "a3"}), frozenset(f"a{number}" for number in range(60)), **chosen)


def test_the_test_side_is_the_model_s_and_a_tenth_of_what_is_new_to_it():
    table = clinics()
    split = sides().split(table, 7)
    tested = set(table.loc[split == "test", "lesion_id"])
    known = {f"a{number}" for number in range(60)}
    assert tested & known == {"a1", "a3", "a7"}
    new = set(table["lesion_id"]) - known
    assert 0.04 < len(tested - known) / len(new) < 0.17
    assert set(split) == {"test", "train"}
    fewer = table[table["source"] == "a"]
    again = sides().split(fewer, 1)
    assert again.equals(split[fewer.index]), "the same lesions, whatever else there is"


def test_the_test_side_is_told_apart_by_its_lesions_alone():
    tested, known = frozenset({"a1", "a3"}), frozenset({"a1", "a2", "a3"})
    side = Sides(tested, known).test_side
    assert side == Sides(frozenset(["a3", "a1"]), known, folds=3, fold=1).test_side
    others = (Sides(frozenset({"a1"}), known), Sides(tested, known | {"a4"}), Sides(known, tested))
    assert side not in {other.test_side for other in others}


def test_folds_part_all_lesions_but_the_tested():
    table = clinics()
    parts = [sides(folds=3, fold=fold).split(table, 7) for fold in range(3)]
    for split in parts:
        assert (table.groupby("lesion_id")["image_id"].size() >= 2).all()
        assert (split.groupby(table["lesion_id"]).nunique() == 1).all()
    judged = pd.concat(parts, axis=1) == "calibration"
    assert (judged.sum(axis=1) == (parts[0] != "test")).all()
    assert judged.mean().between(0.2, 0.4).all()


def test_a_source_that_is_left_out_is_not_fitted_and_what_others_show_too_does_not_judge():
    table = clinics()
    split = sides(left_out=("b",)).split(table, 7)
    assert set(table.loc[split == "train", "source"]) == {"a"}
    judged = table[split == "calibration"]
    assert set(judged["source"]) == {"b"} and judged["lesion_id"].str.startswith("b").all()
    both = table[(table["source"] == "b") & table["lesion_id"].str.startswith("a")]
    assert set(split[both.index].dropna()) <= {"test"} and split[both.index].isna().any()


@pytest.mark.parametrize(
    ("chosen", "sentence"),
    [
        ({"folds": 3}, "A fold needs both"),
        ({"folds": 3, "fold": 3}, "the first is 0 and the last 2"),
        ({"folds": 1, "fold": 0}, "at least two folds"),
        ({"folds": 3, "fold": 0, "left_out": ("b",)}, "two ways to judge"),
        ({"left_out": ("c",)}, "No image is of the source “c”. The sources are a, b."),
        ({"left_out": ("a", "b")}, "No lesion of MEL, NV is in the split “train” without a, b"),
    ],
)
def test_sides_that_cannot_be_had_are_refused(chosen, sentence):
    with pytest.raises(UserError, match=sentence):
        sides(**chosen).split(clinics(), 7)


def test_a_fold_without_a_diagnosis_is_named():
    table = clinics()
    table.loc[table["lesion_id"] == "b7", "diagnosis"] = "DF"
    table = table[~table["lesion_id"].map(lambda name: name in {"a1", "a3", "a7"})]
    sentences = []
    for fold in range(3):
        try:
            sides(folds=3, fold=fold).split(table, 7)
        except UserError as error:
            sentences.append(str(error))
    assert len(sentences) == 3 and all("No lesion of DF is in the split" in one for one in sentences)


def test_a_lesion_with_two_diagnoses_by_two_sources_is_left_out_and_counted():
    table = clinics()
    left, count = without_contradictions(table)
    assert count == 0 and len(left) == len(table)
    table.loc[table["image_id"] == "b10-0", "diagnosis"] = "MEL"  # a10 and half of its twin say NV
    left, count = without_contradictions(table)
    assert count == 1 and set(table["lesion_id"]) - set(left["lesion_id"]) == {"a10"}
    table.loc[table["image_id"] == "a11-0", "diagnosis"] = "NV"  # one source by itself
    assert without_contradictions(table)[1] == 1


@pytest.mark.parametrize("seed", range(4))
def test_each_side_has_its_tenth_of_each_source(seed):
    sources = {"large": 80, "small": 20}
    tables = [
        table_of(count, images=1).assign(
            source=name, lesion_id=lambda rows, name=name: name + rows["lesion_id"]
        )
        for name, count in sources.items()
    ]
    table = pd.concat(tables, ignore_index=True)
    split = split_by_lesion(table, seed)
    counts = table.assign(split=split).groupby(["diagnosis", "source", "split"]).size()
    for code in ("MEL", "NV"):
        for name, count in sources.items():
            assert counts[code, name, "test"] == counts[code, name, "calibration"] == count // 10
