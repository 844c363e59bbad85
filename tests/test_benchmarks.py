"""What the benchmarks choose and how they sum up; their timings are for people to run."""

import numpy as np
import pandas as pd
import pytest

from benchmarks.explanations.faithfulness import choose, mean
from benchmarks.explanations.timing import measured, milliseconds


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
