"""Figures of answers about lesions that the answering networks had not seen, by hand."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from melanoma.evaluation import answer_figures, fold_figures
from melanoma.evaluation.fold_figures import ALL, judge_folds
from melanoma.evaluation.out_of_fold import VARIANTS
from melanoma.model.bundle import load_bundle
from melanoma.training.model_card import fold_section

MELANOMA, NEVUS = (2.0, -2.0), (-2.0, 2.0)


def folds(rows: list[tuple[str, str, tuple[float, float], tuple[float, float]]]) -> pd.DataFrame:
    """A table from source, diagnosis, and the scores of MEL and NV once and over eight turns."""
    table = pd.DataFrame(
        {
            "image_id": [f"i{row}" for row in range(len(rows))],
            "lesion_id": [f"l{row}" for row in range(len(rows))],
            "source": [row[0] for row in rows],
            "diagnosis": [row[1] for row in rows],
            "age": 50.0,
            "sex": ["female", "male"] * (len(rows) // 2),
            "site": "back",
            "fold": np.arange(len(rows)) // 2 % 2,
            "inside": 0.8,
            "lesion_share": 0.4,
        }
    )
    for name in VARIANTS:
        for index, code in enumerate(("MEL", "NV")):
            shown = {"plain": 2, "turns": 3}.get(name)
            table[f"{name} {code}"] = np.nan if shown is None else [row[shown][index] for row in rows]
    return table


@pytest.fixture
def bundle(small_bundle):
    return replace(load_bundle(small_bundle), temperature=1.0, prior=(0.5, 0.5), alert_threshold=0.5)


def test_each_source_has_its_figures(bundle, monkeypatch):
    monkeypatch.setattr(fold_figures, "FEW", 2)
    monkeypatch.setattr(answer_figures, "FEW", 2)
    rows = [("one", "MEL", MELANOMA, MELANOMA), ("one", "MEL", NEVUS, MELANOMA)]
    rows += [("one", "NV", NEVUS, NEVUS)] * 2
    rows += [("two", "NV", MELANOMA, NEVUS), ("two", "NV", NEVUS, NEVUS)]
    found = judge_folds(folds(rows), bundle)
    assert found.images == {ALL: (6, 2), "one": (4, 2), "two": (2, 0)}
    one = found.by_source["one"]
    assert one["balanced accuracy"].value == pytest.approx(0.75)
    assert one["melanomas found"].value == pytest.approx(0.5)
    assert one["others without an alert"].value == 1
    assert one["melanoma ROC AUC"].value == pytest.approx(0.75)
    assert one["the same over eight turns"].value == 1
    assert set(found.by_source["two"]) == {"balanced accuracy", "calibration error"}
    assert found.by_source[ALL]["others without an alert"].value == pytest.approx(0.75)
    # Both sources have nevi, one has melanomas: 1/2 and (1 + 1/2) / 2.
    assert found.others["mean recall"].value == pytest.approx((0.5 + 0.75) / 2)
    assert found.others["evidence of right answers inside"].value == pytest.approx(0.8)
    assert found.others["share of a sorted list that holds 95% of the melanomas"].value == 1
    assert not any("alone" in name for name in found.others), "one fold has no melanoma to learn from"


def test_the_calibration_error_is_in_the_bundle_s_mix(bundle, monkeypatch):
    sure = (np.log(4.0), 0.0)  # 0.8 for melanoma where both are as likely
    rows = [("one", "MEL", sure, sure)] * 2 + [("one", "NV", sure, sure)] * 6
    even = judge_folds(folds(rows), bundle).by_source["one"]["calibration error"]
    assert even.value == pytest.approx(0.3), "0.8 said, half of the mix is melanoma"
    other = replace(bundle, prior=(0.8, 0.2))
    probability = 0.8 * 4 / (0.8 * 4 + 0.2)
    skewed = judge_folds(folds(rows), other).by_source["one"]["calibration error"]
    assert skewed.value == pytest.approx(probability - 0.8)


def test_the_card_says_what_is_not_known(bundle):
    rows = [("one", "MEL", MELANOMA, MELANOMA), ("two", "NV", NEVUS, NEVUS)] * 4
    found = judge_folds(folds(rows), bundle)
    assert found.others["the same, melanomas, sorted by age, sex and site alone"].value > 0
    text = fold_section(found)
    line = next(line for line in text.splitlines() if line.startswith("| one "))
    assert line.startswith("| one | 4 | 4 | 1.000 (1.000 to 1.000) | too few | too few |")
    assert "| mean recall | 1.000" in text
