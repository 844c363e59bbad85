"""train.py from a folder to a bundle: finished in one go, and killed and resumed with the same weights."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import h5py
import numpy as np
import pandas as pd
import pytest

from melanoma.edits.drawn_lesions import MELANOMA_LIKE, NEVUS_LIKE, draw_lesion
from melanoma.errors import UserError
from melanoma.evaluation.gathering import gather, write_gathered
from melanoma.model.bundle import load_bundle
from melanoma.training.recipes import Precision
from tests.conftest import write_image
from train import train

ROOT = Path(__file__).parents[1]

pytestmark = pytest.mark.training


def weights_of(checkpoint: Path) -> dict[str, np.ndarray]:
    found: dict[str, np.ndarray] = {}
    with h5py.File(checkpoint) as file:
        file.visititems(
            lambda name, item: found.update({name: item[()]}) if isinstance(item, h5py.Dataset) else None
        )
    return found


@pytest.fixture(scope="module")
def in_one_go(run_training, drawn_folder, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("one-go")
    ended = run_training(folder, drawn_folder)
    assert ended.returncode == 0, ended.stderr
    return folder


def test_a_run_ends_with_a_bundle(in_one_go):
    bundle = load_bundle(in_one_go / "models" / "tried")
    assert bundle.codes == ("MEL", "NV")
    assert bundle.recipe["name"] == "tiny"
    history = pd.read_csv(bundle.path / "history.csv")
    assert history["image_size"].tolist() == [32, 32]
    assert np.isfinite(history["loss"]).all()


def test_two_folders_are_one_table_and_a_finished_model_is_the_start(run_training, in_one_go, tmp_path):
    """Lesions of two photos each, the second in a folder as `isic image download` writes it."""
    folders = [tmp_path / name for name in ("one", "two")]
    for number, folder in enumerate(folders):
        rows = []
        for lesion in range(12):
            diagnosis, parameters = (("melanoma", MELANOMA_LIKE), ("nevus", NEVUS_LIKE))[lesion % 2]
            name = f"ISIC_{number}{lesion:02d}"
            drawn = draw_lesion(parameters, 64, 80, 2 * lesion + number).image
            write_image(folder / ("images" if number == 0 else "") / f"{name}.png", drawn)
            levels = {
                "melanoma": (
                    "Malignant",
                    "Malignant melanocytic proliferations (Melanoma)",
                    "Melanoma in situ",
                ),
                "nevus": ("Benign", "Benign melanocytic proliferations", "Nevus"),
            }[diagnosis]
            rows.append((name, diagnosis, f"lesion {lesion}", *levels, "dermoscopic", "CC-0", "A clinic", 45))
        table = pd.DataFrame(
            rows,
            columns=[
                *("isic_id", "diagnosis", "lesion_id", "diagnosis_1", "diagnosis_2", "diagnosis_3"),
                *("image_type", "copyright_license", "attribution", "age_approx"),
            ],
        )
        if number:
            table.drop(columns="diagnosis").to_csv(folder / "metadata.csv", index=False)
        else:
            table[["isic_id", "diagnosis", "lesion_id"]].to_csv(folder / "labels.csv", index=False)
    start = load_bundle(in_one_go / "models" / "tried")
    more = ("--data", str(folders[1] / "metadata.csv"), "--start", str(start.path))
    ended = run_training(tmp_path, folders[0] / "labels.csv", *more)
    assert ended.returncode == 0, ended.stderr
    assert "24 of 24 images have no outline in masks/" in ended.stdout
    assert "name no lesion" not in ended.stdout
    bundle = load_bundle(tmp_path / "models" / "tried")
    split = bundle.load_split()
    assert sorted(split["image_id"]) == sorted(f"ISIC_{n}{lesion:02d}" for n in "01" for lesion in range(12))
    assert (split.groupby("lesion_id").size() == 2).all(), "both photos of each lesion are known"
    assert (split.groupby("lesion_id")["split"].nunique() == 1).all()
    assert set(split["split"]) == {"train", "calibration", "test"}
    assert bundle.recipe["name"] == "tiny" and np.isfinite(bundle.temperature)
    assert bundle.recipe["origin"] == f"the weights of tried (version {start.version})"
    first = "conv1/kernel"  # frozen in both runs, so the start's own
    kernels = [
        next(weight for weight in found.load_network().weights if weight.path.endswith(first)).numpy()
        for found in (start, bundle)
    ]
    assert (kernels[0] == kernels[1]).all()


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")
def test_a_killed_run_goes_on_to_the_same_weights(run_training, in_one_go, drawn_folder, tmp_path):
    run = tmp_path / "runs" / "tried"
    killed = run_training(tmp_path, drawn_folder, DIES_ONCE=str(tmp_path / "died"))
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert (run / "checkpoint-001.weights.h5").exists() and not (run / "checkpoint-002.weights.h5").exists()
    assert not (tmp_path / "models").exists()

    resumed = run_training(tmp_path, drawn_folder, "--resume")
    assert resumed.returncode == 0, resumed.stderr
    weights = weights_of(run / "checkpoint-002.weights.h5")
    expected = weights_of(in_one_go / "runs" / "tried" / "checkpoint-002.weights.h5")
    assert weights.keys() == expected.keys()
    for name, value in expected.items():
        assert np.array_equal(weights[name], value), name
    assert load_bundle(tmp_path / "models" / "tried").recipe["name"] == "tiny"


@pytest.mark.timeout(1200)  # five runs, one after the other
@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")
def test_a_killed_fold_goes_on_and_a_student_learns_of_all(run_training, in_one_go, drawn_folder, tmp_path):
    model = load_bundle(in_one_go / "models" / "tried")
    side = ("--test-side", str(model.path))
    chosen = (*side, "--folds", "2", "--fold", "0")
    killed = run_training(tmp_path, drawn_folder, *chosen, DIES_ONCE=str(tmp_path / "died"))
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert not (tmp_path / "models").exists()
    resumed = run_training(tmp_path, drawn_folder, *chosen, "--resume")
    assert resumed.returncode == 0, resumed.stderr
    answers = tmp_path / "models" / "tried-answers"
    table = pd.read_parquet(answers / "fold-0-of-2.parquet")
    split = model.load_split()
    assert not set(table["lesion_id"]) & set(split.loc[split["split"] == "test", "lesion_id"])
    assert set(table["diagnosis"]) == {"MEL", "NV"}
    assert np.isfinite(table[["plain MEL", "turns NV", "distance"]].to_numpy()).all()
    assert table["hair MEL"].notna().any() and table["hair MEL"].isna().any()
    assert table.attrs["plan"]["folds"] == 2
    with pytest.raises(UserError, match="lacks fold 1 of 2"):
        gather(answers)

    second = run_training(tmp_path, drawn_folder, *side, "--folds", "2", "--fold", "1")
    assert second.returncode == 0, second.stderr
    folds, _ = write_gathered(answers, tmp_path / "folds.parquet")
    taught = ("--teacher", str(tmp_path / "folds.parquet"))
    for number in range(50):
        pixels = np.random.default_rng(number).integers(0, 256, (70, 70, 3)).astype(np.uint8)
        write_image(tmp_path / "skin" / f"{number}.png", pixels)
    close_ups = ("--close-ups", str(tmp_path / "skin"))
    student = run_training(tmp_path, drawn_folder, *side, *taught, *close_ups, "--nevi", "0.6")
    assert student.returncode == 0, student.stderr
    bundle = load_bundle(tmp_path / "models" / "tried")
    fitted = bundle.load_split().query("split == 'train'")
    assert set(fitted["image_id"]) == set(folds["image_id"]), "all but the test side"
    predictions = bundle.load_predictions()
    assert set(predictions.query("split == 'test'")["lesion_id"]).isdisjoint(fitted["lesion_id"])
    held = predictions.query("split == 'calibration'").set_index("image_id")[["MEL", "NV"]]
    scores = folds.set_index("image_id").loc[held.index, ["plain MEL", "plain NV"]]
    assert held.to_numpy() == pytest.approx(bundle.calibration.probabilities(scores.to_numpy()), abs=1e-4)
    assert pd.read_parquet(bundle.path / "folds.parquet")["fold"].nunique() == 2
    assert bundle.prior == pytest.approx((0.4, 0.6)) and set(bundle.figures["folds"]["images"]) >= {"all"}
    assert bundle.load_references().close_ups is not None
    assert bundle.figures["accepted"]["photos without a dermatoscope"] < 1
    card = (bundle.path / "MODEL_CARD.md").read_text()
    assert "of the other" in card and "## On lesions that its teachers had not seen" in card
    assert "taught by the answers of 2 networks" in " ".join(card.split())


def test_a_mistake_is_one_sentence_and_exit_status_2(run_training, drawn_folder, tmp_path):
    ended = run_training(tmp_path, drawn_folder, "--resume")
    assert ended.returncode == 2
    assert "holds no checkpoint to resume from" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert not (tmp_path / "models").exists()


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"resume": True}, "holds no checkpoint to resume from"),
        ({"recipe": "grand"}, "There is no recipe “grand”"),
        ({"precision": Precision.MIXED_BFLOAT16}, "quick is fitted in float32 alone"),
        ({"backbone_weights": "absent.h5"}, "the file does not exist"),
        ({"outlines": Path("absent")}, "absent is not a folder"),
    ],
)
def test_mistakes_get_one_sentence(drawn_folder, tmp_path, monkeypatch, options, sentence):
    monkeypatch.chdir(tmp_path)
    settings = {"recipe": "quick", "backbone_weights": "none", "out": Path("models/tried")} | options
    with pytest.raises(UserError, match=sentence):
        train(drawn_folder, **settings)
    assert not (tmp_path / "models").exists()


def test_a_run_on_other_data_is_not_resumed(in_one_go, tmp_path, monkeypatch):
    for name in ("melanoma", "nevus"):
        for number in range(4):
            write_image(tmp_path / name / f"{number}.png", np.full((64, 64, 3), 40 * number, np.uint8))
    monkeypatch.chdir(in_one_go)
    with pytest.raises(UserError, match="another recipe, start, data or number of workers"):
        train(tmp_path, recipe="quick", backbone_weights="none", out=Path("models/tried"), resume=True)


def test_a_damaged_image_is_left_out_by_name(drawn_folder, tmp_path):
    from melanoma.data.labels.read import read_labels
    from melanoma.data.pipeline import decode_all

    table = read_labels(drawn_folder).table
    broken = tmp_path / "broken.png"
    broken.write_bytes(Path(table.loc[3, "path"]).read_bytes()[:200])
    table.loc[3, "path"] = str(broken)
    decoded = decode_all(table, 64, "centre-square", tmp_path / "pixels.npy")
    pixels, failed = decoded.pixels, decoded.failed
    assert list(failed) == [table.loc[3, "image_id"]]
    assert pixels.shape == (24, 64, 64, 4)
    assert not pixels[3, ..., :3].any() and pixels[4, ..., :3].any()
    assert json.loads((tmp_path / "pixels.json").read_text())["failed"] == failed


@pytest.mark.parametrize(
    ("damaged", "sentence"),
    [
        (("melanoma", "nevus"), "None of the 8 images can be read. The first: .*0.png is not a picture"),
        (("nevus",), "No image of NV can be read"),
    ],
)
def test_damaged_images_alone_are_a_mistake_of_the_user(tmp_path, monkeypatch, damaged, sentence):
    """Without an image of a diagnosis the split, or the logarithm of its share, would end in a traceback."""
    for name in ("melanoma", "nevus"):
        for number in range(4):
            file = tmp_path / "data" / name / f"{number}.png"
            write_image(file, np.full((64, 64, 3), 40 * number, np.uint8))
            if name in damaged:
                file.write_bytes(b"not a picture")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match=sentence):
        train(tmp_path / "data", recipe="quick", backbone_weights="none", out=Path("models/tried"))
    assert not (tmp_path / "models").exists()


FILLS_THE_DISK = """
import resource, signal, sys
from pathlib import Path
import keras
from melanoma.edits.drawn_lesions import MELANOMA_LIKE, NEVUS_LIKE, draw_lesion
from melanoma.errors import UserError
from melanoma.evaluation.gathering import gather, write_gathered
from melanoma.training.checkpoints import newest_checkpoint, save_checkpoint

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
folder = Path(sys.argv[1])
model = keras.Sequential([keras.Input((64,)), keras.layers.Dense(4096)])
save_checkpoint(model, folder, 1)
first = (folder / "checkpoint-001.weights.h5").read_bytes()
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
try:
    save_checkpoint(model, folder, 2)
except UserError as error:
    print(error)
assert newest_checkpoint(folder) == (folder / "checkpoint-001.weights.h5", 1)
assert (folder / "checkpoint-001.weights.h5").read_bytes() == first
model.load_weights(folder / "checkpoint-001.weights.h5")
print(sorted(path.name for path in folder.iterdir()))
"""


@pytest.mark.skipif(os.name == "nt", reason="Windows has no limit on the size of files")
def test_a_full_disk_leaves_the_last_checkpoint(tmp_path):
    printed = subprocess.run(
        [sys.executable, "-c", FILLS_THE_DISK, str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    ).stdout.splitlines()
    assert printed[-2].startswith("The checkpoint of epoch 2 could not be written")
    assert "File too large" in printed[-2] and "--resume" in printed[-2]
    assert printed[-1] == "['checkpoint-001.weights.h5']"


def test_a_disk_without_room_for_the_pixels_is_named(drawn_folder, tmp_path, monkeypatch):
    from melanoma.data import pipeline
    from melanoma.data.labels.read import read_labels

    monkeypatch.setattr(pipeline.shutil, "disk_usage", lambda folder: SimpleNamespace(free=1000))
    with pytest.raises(UserError, match="0.0 GB left"):
        pipeline.decode_all(read_labels(drawn_folder).table, 64, "centre-square", tmp_path / "pixels.npy")
    assert not list(tmp_path.iterdir())
