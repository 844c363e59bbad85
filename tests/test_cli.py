"""The commands as a user calls them: what they print and write, and what they say to mistakes."""

import json
import shutil
import subprocess
import sys
import zipfile
from dataclasses import replace

import cv2
import numpy as np
import pandas as pd
import pytest

from melanoma import __version__
from melanoma.model.bundle import describe, load_bundle
from tests.conftest import SHIPPED


def test_the_version_is_that_of_the_package(melanoma):
    assert melanoma("--version") == (0, f"melanoma {__version__}\n", "")


def test_predict_answers_the_good_and_names_the_bad(melanoma, small_bundle, photos, tmp_path):
    out = tmp_path / "out.csv"
    status, printed, complaint = melanoma(
        "predict", photos, "--model", small_bundle, "--json", "--out", out, "--heatmaps", tmp_path / "maps"
    )
    assert status == 2
    assert "1 of 3 photos could not be used" in complaint
    rows = {json.loads(line)["path"].split("/")[-1]: json.loads(line) for line in printed.splitlines()}
    assert set(rows) == {"good 1.png", "good 2.png", "bad.jpg"}
    assert "not a picture that can be read" in rows["bad.jpg"]["error"]
    good = rows["good 1.png"]
    assert good["error"] is None
    assert sum(good["probabilities"].values()) == pytest.approx(1)
    expected = (
        *("path", "probabilities", "diagnosis", "melanoma_alert", "malignancy_alert", "prediction_set"),
        *("in_distribution", "flags", "error"),
    )
    assert tuple(good)[:9] == expected
    assert {code: np.exp(score) for code, score in good["scores"].items()} == pytest.approx(
        good["probabilities"]
    )
    assert good["heatmap"] in [file.name for file in (tmp_path / "maps").iterdir()]
    table = pd.read_csv(out).set_index("path")
    assert table.loc[good["path"], "p_MEL"] == pytest.approx(good["probabilities"]["MEL"])
    assert len(list((tmp_path / "maps").glob("*.png"))) == 2


def test_triage_writes_a_worklist_of_files_folders_and_archives(melanoma, small_bundle, photos, tmp_path):
    with zipfile.ZipFile(tmp_path / "more.zip", "w") as archive:
        archive.write(photos / "good 1.png", "inside.png")
    words = ("triage", photos, tmp_path / "more.zip", "--model", small_bundle)
    status, printed, _ = melanoma(*words, "--out", tmp_path / "list.csv", "--json")
    assert status == 0
    counts = json.loads(printed)
    assert (counts["photos"], counts["errors"]) == (4, 1)
    rows = pd.read_csv(tmp_path / "list.csv")
    assert rows["name"].iloc[0].endswith("bad.jpg")
    alert = rows["melanoma_alert"].iloc[1:].astype(bool) | rows["malignancy_alert"].iloc[1:].astype(bool)
    assert (~alert).is_monotonic_increasing, "alerts first"
    assert rows["malignancy"].iloc[1:].is_monotonic_decreasing, "of two diagnoses that is melanoma's too"
    twice = rows[rows["name"].str.endswith(("good 1.png", "inside.png"))]["p_MEL"]
    assert twice.iloc[0] == pytest.approx(twice.iloc[1], abs=1e-6)
    status, printed, _ = melanoma(*words, "--out", tmp_path / "list.html")
    assert "no photo here is an all-clear" in printed
    assert (tmp_path / "list.html").read_text(encoding="utf-8").count("<tr>") == 5


def test_another_mix_changes_what_is_shown_and_nothing_else(melanoma, small_bundle, photos, tmp_path):
    (tmp_path / "mix.csv").write_text("diagnosis,share\nMEL,1\nNV,99\n")
    mix, prior = ("--mix", tmp_path / "mix.csv"), load_bundle(small_bundle).prior
    photo = photos / "good 1.png"
    _, printed, _ = melanoma("predict", photo, "--model", small_bundle, "--json")
    own = json.loads(printed)
    _, printed, _ = melanoma("predict", photo, "--model", small_bundle, "--json", *mix)
    shown = json.loads(printed)
    assert shown == own | {"mix": "mix.csv", "probabilities_in_mix": shown["probabilities_in_mix"]}
    odds = own["probabilities"]["MEL"] / own["probabilities"]["NV"] * prior[1] / prior[0] / 99
    assert shown["probabilities_in_mix"]["MEL"] == pytest.approx(odds / (1 + odds))
    _, printed, _ = melanoma("predict", photo, "--model", small_bundle, *mix)
    assert (
        f"MEL {shown['probabilities_in_mix']['MEL']:.1%}" in printed
        and "decided in the model's own" in printed
    )
    status, _, _ = melanoma(
        "predict", photo, "--model", small_bundle, "--out", tmp_path / "out.parquet", "--mix", "even"
    )
    table = pd.read_parquet(tmp_path / "out.parquet")
    assert status == 0 and table["mix"].tolist() == ["even"] and 0 < table["mix_MEL"].iloc[0] < 1
    words = ("explain", photo, "--model", small_bundle, "--method", "evidence", "--out", tmp_path / "map.png")
    _, printed, _ = melanoma(*words, "--diagnosis", "MEL", "--json", *mix)
    explained = json.loads(printed)
    assert explained["probability"] == pytest.approx(own["probabilities"]["MEL"], abs=1e-4)
    assert explained["probability_in_mix"] == pytest.approx(odds / (1 + odds), abs=1e-4)
    status, _, complaint = melanoma("predict", photo, "--model", small_bundle, "--mix", "tea")
    assert status == 2 and "There is no mix “tea”" in complaint


@pytest.mark.parametrize("name", ["out.json", "out.parquet"])
def test_predict_writes_other_formats(melanoma, small_bundle, photos, tmp_path, name):
    (photos / "bad.jpg").unlink()
    status, _, _ = melanoma("predict", photos, "--model", small_bundle, "--out", tmp_path / name)
    assert status == 0
    if name.endswith("json"):
        assert len(json.loads((tmp_path / name).read_text())) == 2
    else:
        assert len(pd.read_parquet(tmp_path / name)) == 2


def test_explain_writes_an_overlay_and_says_what_it_shows(melanoma, small_bundle, photos, tmp_path):
    out = tmp_path / "overlay.png"
    status, printed, _ = melanoma(
        *("explain", photos / "good 1.png", "--model", small_bundle, "--method", "evidence"),
        *("--diagnosis", "mel", "--out", out, "--json"),
    )
    assert status == 0
    told = json.loads(printed)
    total = told["starting_value"] + told["evidence_for"] + told["evidence_against"] - told["division"]
    assert total == pytest.approx(told["log_odds"], abs=1e-4)
    height, width = cv2.imread(str(out)).shape[:2]
    assert height > 90 and width > 120


@pytest.mark.slow("an evaluation by the command")
def test_evaluate_leaves_out_what_was_fitted(melanoma, small_bundle, drawn_folder, tmp_path):
    words = ("evaluate", "--data", drawn_folder, "--model", small_bundle, "--json")
    status, printed, _ = melanoma(*words, "--out", tmp_path / "figures")
    assert status == 0
    figures = json.loads(printed)
    sides = pd.read_parquet(small_bundle / "split.parquet")["split"].value_counts()
    assert figures["images"] == sides["test"]
    assert figures["left_out_as_fitted"] == sides["train"] + sides["calibration"]
    for name in ("balanced_accuracy", "melanoma_auc", "alert_sensitivity", "alert_specificity"):
        assert figures[name]["low"] <= figures[name]["value"] <= figures[name]["high"]
    assert json.loads((tmp_path / "figures" / "evaluation.json").read_text()) == figures
    _, everything, _ = melanoma(*words, "--include-fitted")
    assert json.loads(everything)["images"] == 24


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("predict", "{photos}/none.jpg"), "1 of 1 photos could not be used"),
        (("predict", "{empty}"), "holds no image files"),
        (("predict", "{photos}", "--out", "{empty}/out.xls"), "csv"),
        (("predict", "{photos}", "--out", "{empty}/no/out.csv"), "does not exist. Make the folder first"),
        (("predict", "{photos}", "--model", "{empty}"), "is not a model"),
        (("predict", "{photos}", "--model", "{damaged}"), "does not match its checksum"),
        (("explain", "{good}", "--out", "{empty}/a.png", "--method", "magic"), "no method “magic”"),
        (("explain", "{good}", "--out", "{empty}/a.png", "--diagnosis", "XYZ"), "not a diagnosis of this"),
        (("explain", "{good}", "--out", "{empty}/a.jpg"), "written as .png"),
        (("explain", "{photos}/bad.jpg", "--out", "{empty}/a.png"), "bad.jpg is not a picture"),
        (("explain", "{photos}", "--out", "{empty}/a.png"), "is a folder"),
        (
            ("explain", "{good}", "--out", "{empty}/a.png", "--method", "evidence", "--layer", "x"),
            "has no setting “layer”",
        ),
        (("triage", "{photos}", "--out", "{empty}/list.xls"), "written as .html or .csv"),
        (("triage", "{photos}", "--out", "{empty}/no/list.csv"), "does not exist. Make the folder first"),
        (("triage", "{damaged}/model.zip", "--out", "{empty}/list.csv"), "is a damaged zip archive"),
        (("triage", "{damaged}/none.zip", "--out", "{empty}/list.csv"), "cannot be read"),
        (("evaluate", "--data", "{empty}"), "holds no images in subfolders"),
        (("evaluate", "--data", "{empty}/labels.csv"), "does not exist"),
    ],
)
def test_a_mistake_gets_one_sentence_and_leaves_nothing(
    melanoma, small_bundle, photos, tmp_path, words, sentence
):
    places = {name: tmp_path / name for name in ("empty", "damaged")} | {"photos": photos}
    places["good"] = photos / "good 1.png"
    places["empty"].mkdir()
    shutil.copytree(small_bundle, places["damaged"])
    (places["damaged"] / "model.keras").write_bytes(b"other")
    (places["damaged"] / "model.zip").write_bytes(b"PK and no more")
    filled = [word.format(**places) for word in words]
    if "--model" not in filled:
        filled += ["--model", str(small_bundle)]
    status, _, complaint = melanoma(*filled)
    assert status == 2
    assert sentence in complaint
    assert "Traceback" not in complaint
    assert list(places["empty"].iterdir()) == []


@pytest.mark.slow("every command on a long photo, in both framings")
@pytest.mark.parametrize("framing", ["centre-square", "lesion-square"])
def test_every_command_says_what_was_not_seen(melanoma, small_bundle, long_photo, tmp_path, framing):
    shutil.copytree(small_bundle, tmp_path / "model")
    describe(tmp_path / "model", replace(load_bundle(small_bundle), framing=framing))
    part = "Part of the lesion lies outside the square that the network saw."
    rest = "The network saw only a square of this long photo; what else it shows was not judged."
    flags = [part, rest] if framing == "centre-square" else [rest]
    missing = 1.0 if framing == "centre-square" else 0.0
    words = ("--model", tmp_path / "model")
    maps = tmp_path / "maps"
    row = json.loads(melanoma("predict", long_photo, *words, "--json", "--heatmaps", maps)[1])
    assert row["lesion_not_seen"] == pytest.approx(missing, abs=0.02)
    assert [flag for flag in row["flags"] if flag in (part, rest)] == flags
    veiled = cv2.imread(str(next(maps.iterdir())))
    assert rest in melanoma("predict", long_photo, *words)[1]
    assert veiled.shape[1] > 450, "the map lies on the whole photo"
    told = melanoma("explain", long_photo, *words, "--out", tmp_path / "map.png", "--json")[1]
    assert json.loads(told)["lesion_not_seen"] == row["lesion_not_seen"]
    assert json.loads(told)["flags"] == row["flags"]
    assert rest in melanoma("explain", long_photo, *words, "--out", tmp_path / "map.png")[1]
    for name in ("list.csv", "list.html"):
        melanoma("triage", long_photo, *words, "--out", tmp_path / name)
    listed = pd.read_csv(tmp_path / "list.csv").iloc[0]
    assert listed["lesion_not_seen"] == pytest.approx(row["lesion_not_seen"], abs=1e-3)
    assert rest in listed["flags"] and rest in (tmp_path / "list.html").read_text(encoding="utf-8")


MODULES = """
import sys
from melanoma.cli import commands
try:
    commands(sys.argv[1:], prog_name="melanoma")
except SystemExit as ended:
    assert not ended.code, ended.code
print(*sorted({name.partition(".")[0] for name in sys.modules}), file=sys.stderr)
"""
HEAVY = {"tensorflow", "keras", "tf_keras_vis", "streamlit", "pandas", "pyarrow", "plotly"}


@pytest.mark.parametrize(
    ("words", "spared"),
    [
        (["--help"], HEAVY | {"numpy", "cv2", "scipy", "ai_edge_litert"}),
        (["predict", "PHOTO", "--model", "MODEL"], HEAVY),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_a_command_imports_what_it_needs(words, spared, drawn_photo):
    given = {"PHOTO": str(drawn_photo), "MODEL": str(SHIPPED)}
    command = [sys.executable, "-c", MODULES, *(given.get(word, word) for word in words)]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert ran.returncode == 0, ran.stderr
    (imported,) = ran.stderr.splitlines()[-1:]
    assert set(imported.split()) & spared == set()
    assert ("ai_edge_litert" in imported) == (words[0] == "predict")
    assert "XNNPACK" not in ran.stderr
