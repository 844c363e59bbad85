"""train.py from a folder to a bundle: finished in one go, and killed and resumed with the same weights."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import h5py
import numpy as np
import pandas as pd
import pytest

from melanoma.bundle import load_bundle
from melanoma.errors import UserError
from tests.conftest import write_image

TRAIN = Path(__file__).parents[1] / "train.py"


def command(data: Path, *options: str) -> list[str]:
    chosen = ("--recipe", "quick", "--backbone-weights", "none", "--out", "models/tried")
    return [sys.executable, str(TRAIN), "--data", str(data), *chosen, *options]


def weights_of(checkpoint: Path) -> dict[str, np.ndarray]:
    found: dict[str, np.ndarray] = {}
    with h5py.File(checkpoint) as file:
        file.visititems(
            lambda name, item: found.update({name: item[()]}) if isinstance(item, h5py.Dataset) else None
        )
    return found


@pytest.fixture(scope="module")
def in_one_go(drawn_folder, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("one-go")
    subprocess.run(command(drawn_folder), cwd=folder, check=True, capture_output=True, timeout=280)
    return folder


def test_a_run_ends_with_a_bundle(in_one_go):
    bundle = load_bundle(in_one_go / "models" / "tried")
    assert bundle.codes == ("MEL", "NV")
    assert bundle.recipe["name"] == "quick"
    history = pd.read_csv(bundle.path / "history.csv")
    assert history["image_size"].tolist() == [64, 96]
    assert np.isfinite(history["loss"]).all()


def test_a_run_goes_on_from_a_finished_model(in_one_go, drawn_folder):
    options = ("--start", "models/tried", "--out", "models/again")
    subprocess.run(
        command(drawn_folder, *options), cwd=in_one_go, check=True, capture_output=True, timeout=280
    )
    bundle = load_bundle(in_one_go / "models" / "again")
    start = load_bundle(in_one_go / "models" / "tried")
    assert bundle.recipe["origin"] == f"the weights of tried (version {start.version})"
    first = "conv1/kernel"  # frozen in both runs, so the start's own
    kernels = [
        next(weight for weight in found.load_network().weights if weight.path.endswith(first)).numpy()
        for found in (start, bundle)
    ]
    assert (kernels[0] == kernels[1]).all()


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")
def test_a_killed_run_goes_on_to_the_same_weights(in_one_go, drawn_folder, tmp_path):
    run = tmp_path / "runs" / "tried"
    killed = subprocess.Popen(
        command(drawn_folder), cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    deadline = time.monotonic() + 200
    while not (run / "checkpoint-001.weights.h5").exists():
        assert killed.poll() is None and time.monotonic() < deadline
        time.sleep(0.05)
    time.sleep(1)  # into the second epoch
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    assert not (run / "checkpoint-002.weights.h5").exists(), "killed too late to show anything"
    assert not (tmp_path / "models").exists()

    subprocess.run(
        command(drawn_folder, "--resume"), cwd=tmp_path, check=True, capture_output=True, timeout=280
    )
    resumed = weights_of(run / "checkpoint-002.weights.h5")
    expected = weights_of(in_one_go / "runs" / "tried" / "checkpoint-002.weights.h5")
    assert resumed.keys() == expected.keys()
    for name, value in expected.items():
        assert np.array_equal(resumed[name], value), name
    assert load_bundle(tmp_path / "models" / "tried").recipe["name"] == "quick"


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (("--resume",), "holds no checkpoint to resume from"),
        (("--recipe", "grand"), "There is no recipe “grand”"),
        (("--precision", "mixed_bfloat16"), "quick is fitted in float32 alone"),
        (("--backbone-weights", "absent.h5"), "the file does not exist"),
        (("--outlines", "absent"), "absent is not a folder"),
    ],
)
def test_mistakes_get_one_sentence(drawn_folder, tmp_path, options, sentence):
    ended = subprocess.run(
        command(drawn_folder, *options), cwd=tmp_path, capture_output=True, text=True, timeout=120
    )
    assert ended.returncode == 2
    assert sentence in ended.stderr
    assert "Traceback" not in ended.stderr
    assert not (tmp_path / "models").exists()


def test_a_run_on_other_data_is_not_resumed(in_one_go, tmp_path):
    for name in ("melanoma", "nevus"):
        for number in range(4):
            write_image(tmp_path / name / f"{number}.png", np.full((64, 64, 3), 40 * number, np.uint8))
    ended = subprocess.run(
        command(tmp_path, "--resume"), cwd=in_one_go, capture_output=True, text=True, timeout=120
    )
    assert ended.returncode == 2
    assert "another recipe, start, data or number of workers" in ended.stderr


def test_a_damaged_image_is_left_out_by_name(drawn_folder, tmp_path):
    from melanoma.data.labels.read import read_labels
    from melanoma.data.pipeline import decode_all

    table = read_labels(drawn_folder).table
    broken = tmp_path / "broken.png"
    broken.write_bytes(Path(table.loc[3, "path"]).read_bytes()[:200])
    table.loc[3, "path"] = str(broken)
    pixels, failed = decode_all(table, 64, tmp_path / "pixels.npy")
    assert list(failed) == [table.loc[3, "image_id"]]
    assert pixels.shape == (24, 64, 64, 4)
    assert not pixels[3, ..., :3].any() and pixels[4, ..., :3].any()
    assert json.loads((tmp_path / "pixels.json").read_text())["failed"] == failed


FILLS_THE_DISK = """
import resource, signal, sys
from pathlib import Path
import keras
from melanoma.errors import UserError
from melanoma.fitting.checkpoints import newest_checkpoint, save_checkpoint

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
        cwd=TRAIN.parent,
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
        pipeline.decode_all(read_labels(drawn_folder).table, 64, tmp_path / "pixels.npy")
    assert not list(tmp_path.iterdir())
