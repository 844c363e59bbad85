"""Rows that survive a kill: nothing lost but the last chunk, nothing done twice, nothing half written."""

import csv
import json
import os
import resource
import signal
import subprocess
import sys
from collections import Counter
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from melanoma.batch import results as module
from melanoma.batch.results import Results
from melanoma.batch.rows import as_rows, as_table, row_of, schema_of
from melanoma.errors import UserError
from melanoma.model.bundle import load_bundle
from melanoma.model.mix import mix_named
from tests.model.test_log_odds import prediction_of

COUNT = 90
JOB = {"model": "1", "paths": ["day"]}


@pytest.fixture
def schema(small_bundle):
    return schema_of(load_bundle(small_bundle))


def row(path: str, melanoma: float | None = 0.25, alert: bool = False) -> dict:
    known = melanoma is not None
    return {
        "path": path,
        "probabilities": {"MEL": melanoma, "NV": 1 - melanoma} if known else None,
        "diagnosis": "NV" if known else None,
        "melanoma_alert": alert if known else None,
        "malignancy_alert": True if known else None,
        "prediction_set": ["NV", "MEL"] if known else None,
        "in_distribution": True if known else None,
        "flags": ["=Blurred."] if known else None,
        "error": None if known else "It is empty.",
        "frame": None,
        "malignancy": melanoma,
        "scores": {"MEL": -1.4, "NV": -0.3} if known else None,
        "logits": {"MEL": 0.5, "NV": 1.5} if known else None,
        "novelty": 0.5 if known else None,
        "lesion_not_seen": 0.125 if known else None,
        "heatmap": None,
        "dropped": [],
        "sop_instance_uid": None,
        "model": "small",
        "model_version": "abc",
    }


def test_rows_come_back_from_a_table_as_they_were(schema):
    rows = [row("a"), row("b", None)]
    found = as_rows(as_table(rows, schema))
    assert found == rows
    assert list(found[0]) == list(rows[0])


def test_rows_in_another_mix_come_back_with_it(small_bundle):
    bundle = load_bundle(small_bundle)
    mix = mix_named("even", bundle)
    rows = [
        row("a") | {"mix": "even", "probabilities_in_mix": {"MEL": 0.4, "NV": 0.6}},
        row("b", None) | {"mix": "even", "probabilities_in_mix": None},
    ]
    table = as_table(rows, schema_of(bundle, mix))
    assert table["mix_MEL"].to_pylist() == [0.4, None]
    assert as_rows(table) == rows


@pytest.mark.parametrize("ending", ["csv", "json", "jsonl", "parquet"])
def test_each_format_holds_every_row(schema, tmp_path, ending, monkeypatch):
    monkeypatch.setattr(module, "CHUNK_ROWS", 2)
    out = tmp_path / f"out.{ending}"
    results = Results(out, schema, JOB)
    rows = [row("=a"), row("b", None), row("c", alert=True), row("d"), row("e")]
    for one in rows:
        results.add([one])
    assert len(list(results.folder.glob("*.parquet"))) == 2 and not out.exists()
    assert results.finish() == {"rows": 5, "errors": 1, "melanoma alerts": 1, "malignancy alerts": 4}
    assert list(tmp_path.iterdir()) == [out]
    if ending == "csv":
        with out.open(newline="", encoding="utf-8") as file:
            found = list(csv.DictReader(file))
        assert [line["path"] for line in found] == ["'=a", "b", "c", "d", "e"]
        assert (found[0]["p_MEL"], found[0]["prediction_set"], found[0]["flags"]) == (
            "0.25",
            "NV; MEL",
            "'=Blurred.",
        )
        assert (found[1]["p_MEL"], found[1]["error"], found[1]["melanoma_alert"]) == ("", "It is empty.", "")
    elif ending == "parquet":
        table = pq.read_table(out)
        assert table.schema.metadata[b"melanoma.schema"] == b"3"
        assert as_rows(table) == rows
    else:
        text = out.read_text(encoding="utf-8")
        assert (json.loads(text) if ending == "json" else [*map(json.loads, text.splitlines())]) == rows


def test_nothing_at_all_is_an_empty_file(schema, tmp_path):
    assert Results(tmp_path / "out.json", schema, JOB).finish()["rows"] == 0
    assert json.loads((tmp_path / "out.json").read_text()) == []


def test_what_is_on_disk_is_not_asked_for_again(schema, tmp_path):
    first = Results(tmp_path / "out.parquet", schema, JOB)
    assert first.claim("a") and first.claim("b") and not first.claim("a")
    first.add([row("a")])
    first.flush()
    first.add([row("b")])  # dies before this chunk
    again = Results(tmp_path / "out.parquet", schema, JOB)
    assert again.files_before == 1
    assert not again.claim("a") and again.claim("b")
    again.add([row("b")])
    assert again.finish()["rows"] == 2
    assert sorted(pd.read_parquet(tmp_path / "out.parquet")["path"]) == ["a", "b"]


def test_a_file_that_has_changed_is_done_again_and_its_old_row_dropped(schema, tmp_path, monkeypatch):
    """Stamps of three runs: a changes and changes back, b stays and goes, c goes on from no stamp."""
    monkeypatch.setattr(module, "CHUNK_ROWS", 2)
    out = tmp_path / "out.parquet"
    for stamps, asked, melanoma in (
        ({"a": "1", "b": "1", "c": ""}, {"a", "b", "c"}, 0.1),
        ({"a": "2", "b": "1", "c": ""}, {"a"}, 0.2),
        ({"a": "1", "b": "", "c": "1"}, {"a", "c"}, 0.3),
    ):
        results = Results(out, schema, JOB)
        claimed = {path for path, stamp in stamps.items() if results.claim(path, stamp)}
        assert claimed == asked
        assert results.files_before == (0 if melanoma == 0.1 else 3 - len(asked))
        for path in sorted(claimed):
            results.add([row(path, melanoma)])
        results.flush()
    told = {"rows": 3, "errors": 0, "melanoma alerts": 0, "malignancy alerts": 3}
    assert results.finish() == told
    found = pd.read_parquet(out).set_index("path")["p_MEL"]
    assert found.to_dict() == {"a": 0.3, "b": 0.1, "c": 0.3}


def test_a_changed_photo_is_judged_anew_by_the_command(melanoma, small_bundle, photos, monkeypatch):
    """The first run ends before its file is joined; then a photo is exchanged for another."""
    (photos / "bad.jpg").unlink()
    out = photos.parent / "out.parquet"
    words = ("predict", photos, "--model", small_bundle, "--out", out)
    with monkeypatch.context() as patch:
        patch.setattr(module.Results, "finish", lambda self: self.flush() or Counter(rows=0, errors=0))
        assert melanoma(*words)[0] == 0 and not out.exists()
    stale = pd.read_parquet(next(photos.parent.glob(".out*/*.parquet"))).set_index("path")["p_MEL"]
    changed = photos / "good 1.png"
    changed.write_bytes((photos / "good 2.png").read_bytes())
    status, _, told = melanoma(*words)
    assert status == 0 and "those of 1 files by an earlier run" in told
    found = pd.read_parquet(out).set_index("path")["p_MEL"]
    other = str(photos / "good 2.png")
    assert found[str(changed)] == pytest.approx(found[other], abs=1e-6) and len(found) == 2
    assert found[other] == stale[other] and stale[str(changed)] != stale[other]


def test_other_results_are_not_gone_on_with(schema, tmp_path):
    Results(tmp_path / "out.csv", schema, JOB)
    with pytest.raises(UserError, match="the beginning of other results .not the same model"):
        Results(tmp_path / "out.csv", schema, JOB | {"model": "2"})


def test_two_runs_at_once_do_not_mix(schema, tmp_path):
    one, other = (Results(tmp_path / "out.csv", schema, JOB) for _ in range(2))
    one.add([row("a")])
    one.flush()
    other.add([row("a")])
    with pytest.raises(UserError, match="Another run is writing"):
        other.flush()


def test_a_full_disk_is_a_sentence_and_costs_no_chunk(schema, tmp_path):
    results = Results(tmp_path / "out.csv", schema, JOB)
    results.add([row("a")])
    results.flush()
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    results.add([row("b")])
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, limits[1]))  # no file may grow beyond 100 bytes
    try:
        with pytest.raises(UserError, match=r"out.csv cannot be written \(.*run the same command again"):
            results.finish()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert Results(tmp_path / "out.csv", schema, JOB).files_before == 1


def test_a_place_that_cannot_be_written_is_a_sentence(melanoma, small_bundle, photos):
    status, _, complaint = melanoma("predict", photos, "--model", small_bundle, "--out", "/proc/out.csv")
    assert status == 2
    assert "/proc/out.csv cannot be written" in complaint and "Traceback" not in complaint


DIES_ONCE = """
import os, signal, sys
from pathlib import Path
from melanoma.batch import results
from melanoma.cli import main

results.CHUNK_ROWS = 20
flush, mark = results.Results.flush, Path(sys.argv.pop(1))

def flush_and_die(written):
    flush(written)
    if not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)

results.Results.flush = flush_and_die
main()
"""


@pytest.mark.slow("a real kill of a real command, twice an import of TensorFlow")
def test_a_killed_command_goes_on_where_it_was(small_bundle, photos, tmp_path):
    content = (photos / "good 1.png").read_bytes()
    many = tmp_path / "many"
    many.mkdir()
    for number in range(COUNT):
        (many / f"{number}.png").write_bytes(content)
    out = tmp_path / "out.parquet"
    command = [sys.executable, "-c", DIES_ONCE, str(tmp_path / "died"), "predict"]
    command += [str(many), str(many / "0.png"), "--model", str(small_bundle), "--out", str(out)]
    unfinished = tmp_path / ".out.parquet.unfinished"
    assert subprocess.run(command, capture_output=True).returncode == -signal.SIGKILL
    kept = sum(pq.read_metadata(chunk).num_rows for chunk in unfinished.glob("*.parquet"))
    assert 0 < kept < COUNT and not out.exists()
    os.remove(many / "0.png")  # its row is there: a file that was answered is not opened again
    ended = subprocess.run(command, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr
    assert f"those of {kept} files by an earlier run" in ended.stderr
    paths = pd.read_parquet(out)["path"]
    assert len(paths) == COUNT and paths.is_unique


_OF_PREDICTION = ("probabilities", "scores", "logits", "diagnosis", "melanoma_alert", "malignancy", "flags")


def test_a_row_has_the_prediction_and_no_id_unless_asked(small_bundle):
    bundle = load_bundle(small_bundle)
    found = prediction_of([np.log(0.25), np.log(0.75)], prior=(0.5, 0.5))
    photo = SimpleNamespace(
        **{"name": "a.dcm", "error": None, "frame": 2, "dropped": ("PatientName",), "sop_instance_uid": "1.2"}
    )
    made = row_of(SimpleNamespace(photo=photo, prediction=found), bundle)
    assert made["probabilities"] == pytest.approx({"MEL": 0.25, "NV": 0.75})
    assert made["scores"] == pytest.approx({"MEL": np.log(0.25), "NV": np.log(0.75)})
    assert made["logits"] == pytest.approx({"MEL": np.log(0.25), "NV": np.log(0.75)})
    assert (made["diagnosis"], made["malignancy"]) == ("NV", pytest.approx(0.25))
    assert (made["sop_instance_uid"], made["frame"], made["dropped"]) == (None, 2, ["PatientName"])
    kept = row_of(SimpleNamespace(photo=photo, prediction=found), bundle, keep_ids=True)
    assert kept["sop_instance_uid"] == "1.2"
    assert json.loads(json.dumps(made)) == made
    photo.error = "It is empty."
    bad = row_of(SimpleNamespace(photo=photo, prediction=None), bundle)
    assert bad["error"] == "It is empty."
    assert [name for name in _OF_PREDICTION if bad[name] is not None] == []


def test_path_and_model_are_in_every_row(schema):
    required = [field.name for field in schema if not field.nullable]
    assert required == ["path", "model", "model_version"]
