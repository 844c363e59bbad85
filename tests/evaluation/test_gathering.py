"""The answers of folds: figures by hand, and tables that do not belong together are refused."""

import numpy as np
import pandas as pd
import pytest

from melanoma.errors import UserError
from melanoma.evaluation.answer_figures import Answers, codes_of, differences, figures_of, mix_of
from melanoma.evaluation.gathering import gather, write_gathered
from melanoma.evaluation.out_of_fold import VARIANTS, eight_turns

CODES = ("MEL", "NV")
PLAN = {"recipe": {"name": "tiny"}, "data": "abc", "codes": [*CODES], "folds": 2}


def table_of(scores: list[float], truth: str, source: str = "one", start: int = 0) -> pd.DataFrame:
    """Answers whose score of melanoma is given, that of nevus 0; `truth` has a letter an image, m or n."""
    rows = pd.DataFrame(
        {
            "image_id": [f"i{start + number}" for number in range(len(scores))],
            "lesion_id": [f"l{start + number}" for number in range(len(scores))],
            "source": source,
            "diagnosis": [{"m": "MEL", "n": "NV"}[letter] for letter in truth],
        }
    )
    for variant in VARIANTS:
        rows[f"{variant} MEL"], rows[f"{variant} NV"] = scores, 0.0
    return rows.assign(distance=0.1, inside=0.5, lesion_share=0.25)


def values(table: pd.DataFrame, nevi: float | None = None) -> dict[str, float]:
    answers = Answers(table, codes_of(table), mix_of(CODES, nevi))
    return {name: figure(np.ones(len(table))) for name, figure in figures_of(answers).items()}


def test_recall_counts_each_source_alike():
    one = table_of([1, 1, 1, -1, -1], "mmmmn")  # recalls 3/4 and 1
    other = table_of([1, 1], "mn", "other", 5)  # recalls 1 and 0
    found = values(pd.concat([one, other], ignore_index=True))
    assert found["mean recall"] == pytest.approx(((3 / 4 + 1) / 2 + (1 + 0) / 2) / 2)
    assert found["balanced accuracy, one"] == pytest.approx((3 / 4 + 1) / 2)
    assert "melanoma AUC, one" not in found, "too few melanomas for one of its own"
    assert found["evidence of right answers inside"] == 0.5


def test_the_mix_moves_the_answer_and_not_the_table():
    table = table_of([0.5, -0.5], "mn")
    assert values(table)["mean recall"] == 1.0
    assert values(table, nevi=0.8)["mean recall"] == 0.5, "log 4 speaks for nevus"


def test_specificity_at_a_sensitivity_is_read_off_the_melanomas():
    scores = [*np.linspace(1, 2, 20), *np.linspace(0.06, 1.96, 20)]
    found = values(table_of(scores, "m" * 20 + "n" * 20))
    # The nineteenth of twenty melanomas from above has 1.0526.
    assert found["specificity at 95%, one"] == pytest.approx(np.mean(np.linspace(0.06, 1.96, 20) < 1.0526))


def test_a_changed_variant_counts_where_it_was_shown():
    table = table_of([1.0, 1.0, 1.0, -1.0], "mmmn")
    table["hair MEL"] = [-1.0, 1.0, np.nan, np.nan]
    found = values(table)
    assert found["answers changed by hair"] == pytest.approx(1 / 2)
    assert found["alerts silenced by hair"] == pytest.approx(1 / 2)
    assert found["answers changed by blur"] == 0


def test_differences_are_paired_by_image_in_whatever_order():
    one = table_of([1.0, -1.0, 1.0, -1.0], "mmnn")
    other = table_of([1.0, 1.0, -1.0, -1.0], "mmnn").iloc[[2, 0, 3, 1]]
    first, second = (Answers(table, CODES, mix_of(CODES)) for table in (one, other))
    found = differences(first, second, replicates=20)
    assert found["mean recall"].value == pytest.approx(0.5)
    same = differences(first, first, replicates=20)["mean recall"]
    assert (same.value, same.low, same.high) == (0.0, 0.0, 0.0)
    with pytest.raises(UserError, match="no image in common"):
        differences(first, Answers(table_of([1.0], "m", start=9), CODES, mix_of(CODES)))


def test_the_eight_turns_are_eight_and_the_first_is_the_photo():
    image = np.arange(48, dtype=np.uint8).reshape(4, 4, 3)
    turned = eight_turns(image)
    assert np.array_equal(turned[0], image)
    assert len({one.tobytes() for one in turned}) == 8
    assert all(np.array_equal(np.sort(one, axis=None), np.sort(image, axis=None)) for one in turned)


@pytest.fixture
def folder(tmp_path):
    for fold in range(2):
        write(tmp_path, fold, table_of([1.0, -1.0], "mn", start=2 * fold))
    return tmp_path


def write(folder, fold: int, table: pd.DataFrame, **changed: object) -> None:
    table.attrs = {"plan": PLAN | {"fold": fold} | changed, "network": f"hash {fold}"}
    table.to_parquet(folder / f"fold-{fold}-of-2.parquet")


def test_folds_are_one_table_with_what_made_them(folder):
    whole, found = write_gathered(folder, folder / "folds.parquet")
    again = pd.read_parquet(folder / "folds.parquet")
    assert again["image_id"].tolist() == ["i0", "i1", "i2", "i3"] and again["fold"].tolist() == [0, 0, 1, 1]
    assert again.attrs == {"plan": PLAN, "networks": {"0": "hash 0", "1": "hash 1"}} == whole.attrs
    assert found["mean recall"].value == 1.0


def test_folds_that_do_not_belong_together_are_refused_by_name(folder):
    table = table_of([1.0, -1.0], "mn", start=2)
    write(folder, 1, table, data="other", recipe={"name": "quick"})
    with pytest.raises(UserError, match="fold-1-of-2.parquet and fold-0-of-2.parquet differ in data, recipe"):
        gather(folder)
    write(folder, 1, table_of([1.0], "m", start=1))
    with pytest.raises(UserError, match="overlap"):
        gather(folder)
    (folder / "fold-1-of-2.parquet").unlink()
    with pytest.raises(UserError, match="lacks fold 1 of 2"):
        gather(folder)
    (folder / "fold-1-of-2.parquet").write_bytes(b"PAR1 cut off")
    with pytest.raises(UserError, match="fold-1-of-2.parquet holds no answers"):
        gather(folder)
    with pytest.raises(UserError, match="holds no answers of folds"):
        gather(folder / "elsewhere")
