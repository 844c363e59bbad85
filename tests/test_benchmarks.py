"""What the benchmarks choose and how they sum up; their timings are for people to run."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from benchmarks import framing
from benchmarks.explanations.faithfulness import choose, mean
from benchmarks.explanations.timing import measured, milliseconds
from benchmarks.scale import compared, make_images
from melanoma.edits.drawn_lesions import LesionParameters, draw_lesion
from melanoma.errors import UserError
from melanoma.photos.reading import read_image


def table() -> pd.DataFrame:
    rows = [
        {"image_id": f"{code}{lesion}{copy}", "lesion_id": f"{code}{lesion}", "diagnosis": code}
        for code in ("NV", "MEL")
        for lesion in range(4)
        for copy in "ab"
    ]
    return pd.DataFrame(rows).assign(outline="mask.png", framing="full-frame")


def test_every_melanoma_is_judged_and_no_lesion_twice():
    chosen = choose(table(), 6)
    assert chosen["lesion_id"].is_unique
    assert sorted(chosen["diagnosis"]) == ["MEL"] * 4 + ["NV"] * 2
    assert chosen["image_id"].tolist() == choose(table(), 6)["image_id"].tolist()


def test_only_outlines_that_lie_on_the_photo_count():
    images = table()
    images.loc[images["lesion_id"] == "MEL0", "outline"] = None
    images.loc[images["lesion_id"] == "MEL1", "framing"] = "squashed-square"
    assert set(choose(images, 100)["lesion_id"]) == {"MEL2", "MEL3", "NV0", "NV1", "NV2", "NV3"}


def test_the_mean_leaves_out_what_has_no_answer():
    found = mean(pd.Series([1.0, np.nan, 0.0, 1.0]), pd.Series(["a", "b", "c", "d"]))
    assert found.value == pytest.approx(2 / 3)


def test_a_task_is_timed_by_its_median(monkeypatch):
    clock = iter(np.cumsum([0.0] + [0.5] * 40))
    monkeypatch.setattr("benchmarks.explanations.timing.time.perf_counter", lambda: next(clock))
    found = milliseconds(lambda: None)
    assert found["median_ms"] == pytest.approx(500)
    assert found["runs"] >= 2


def test_each_task_reports_time_and_memory(monkeypatch):
    monkeypatch.setattr("benchmarks.explanations.timing.SECONDS", 0.0)
    found = measured({"nothing": lambda: None, "memory": lambda: bytearray(80_000_000).count(1)})
    assert found["memory"]["peak_mb"] >= found["nothing"]["peak_mb"] > 10
    assert found["memory"]["median_ms"] > found["nothing"]["median_ms"]


def test_two_files_of_results_are_the_same_rows_or_not(tmp_path, capsys):
    rows = pd.DataFrame({"path": ["a", "b"], "p_MEL": [0.5, np.nan], "error": [None, "It is empty."]})
    rows = rows.assign(diagnosis=["MEL", None], melanoma_alert=[True, None], model_version="1")
    one, other = tmp_path / "one.parquet", tmp_path / "other.parquet"
    rows.to_parquet(one)
    rows[::-1].assign(p_MEL=[np.nan, 0.500001]).to_parquet(other)
    assert compared(one, other, 2) == []
    assert "2 rows each, 1 errors" in capsys.readouterr().out
    rows.assign(p_MEL=[0.51, np.nan]).to_parquet(other)
    assert "probabilities differ" in compared(one, other, 2)[0]
    rows.assign(melanoma_alert=[False, None]).to_parquet(other)
    assert "alerts or errors differ" in compared(one, other, 2)[0]
    rows.iloc[[0, 0]].to_parquet(other)
    assert compared(one, other, 2) == ["1 rows doubled"]
    rows.iloc[:1].to_parquet(other)
    assert compared(one, other, 2) == ["1 rows instead of 2"]


@pytest.mark.slow("two hundred generated photos")
def test_generated_images_differ_and_one_in_a_hundred_is_damaged(tmp_path):
    make_images(tmp_path, 201)
    contents = [file.read_bytes() for file in sorted(tmp_path.rglob("*.jpg"))]
    assert len(set(contents)) == 201
    for number in (0, 100, 200):
        with pytest.raises(UserError):
            read_image(contents[number], "a.jpg")
    assert read_image(contents[1]).shape == (450, 600, 3)


@pytest.mark.parametrize("number", range(4))
def test_a_strip_has_its_lesion_at_one_end(number):
    drawn = draw_lesion(LesionParameters(diameter=0.4), 90, 90, 1)
    long = framing.strip(drawn.image, drawn.mask, 2.5, number)
    assert sorted(long.shape[:2]) == [90, 225]
    lying = np.rot90(long, -1) if number > 1 else long
    ends = lying[:, :90], lying[:, -90:]
    lesion, skin = ends[::-1] if number % 2 else ends
    assert np.array_equal(lesion, drawn.image[:, ::-1] if number % 2 else drawn.image)
    assert skin.min() > drawn.image[drawn.mask].mean(), "and skin alone at the other"


def test_a_difference_of_two_squares_by_hand():
    table = pd.DataFrame({"diagnosis": ["MEL", "MEL", "NV", "NV"], "lesion_id": list("abcd")})
    bundle = SimpleNamespace(codes=("MEL", "NV"), alert_threshold=0.5, distance_threshold=1.0)
    chances = {"centre-square": [0.9, 0.4, 0.3, 0.6], "lesion-square": [0.9, 0.7, 0.3, 0.1]}
    found = {name: np.array([[value, 1 - value] for value in values]) for name, values in chances.items()}
    novelty = {"centre-square": np.array([0.5, 2, 2, 2]), "lesion-square": np.array([0.5, 1, 2, 2])}
    told = framing.figures(bundle, table, found, novelty)
    ones = np.ones(4)
    gained = {
        name: figure("lesion-square", ones) - figure("centre-square", ones) for name, figure in told.items()
    }
    assert gained == pytest.approx(
        {
            "melanoma ROC AUC": 0.25,
            "melanomas that the alert finds": 0.5,
            "other lesions without an alert": 0.5,
            "balanced accuracy": 0.5,
            "in distribution": 0.25,
        }
    )
