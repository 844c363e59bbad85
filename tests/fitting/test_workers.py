"""Two workers that share each batch: the weights of one, and a killed worker costs only time."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from benchmarks.together import Trial, compare
from melanoma.bundle import load_bundle
from melanoma.data.augment import Augmentation
from melanoma.data.pipeline import Sampler, shared_out
from melanoma.fitting.workers import fit_together

TRAIN = Path(__file__).parents[2] / "train.py"


def test_lesions_and_rare_diagnoses_are_dealt_out_evenly():
    lesions = np.array([f"lesion {number // 2}" for number in range(40)])
    labels = np.array([0] * 32 + [1] * 8)
    whole = Sampler(np.zeros((40, 1, 1, 4), np.uint8), labels, np.arange(40), 0.5, Augmentation(), seed=1)
    first, second = shared_out(whole, lesions, 2)
    assert sorted([*first.rows, *second.rows]) == list(range(40))
    assert not set(lesions[first.rows]) & set(lesions[second.rows])
    for share in (first, second):
        assert np.bincount(labels[share.rows]).tolist() == [16, 4]
    assert first.draw(0, 16).tolist() != second.draw(0, 16).tolist()
    assert shared_out(whole, lesions, 1) == [whole]


def test_a_diagnosis_missing_from_a_share_is_not_drawn_there():
    lesions, labels = np.array(list("abcdef")), np.array([0, 0, 0, 0, 0, 1])
    whole = Sampler(np.zeros((6, 1, 1, 4), np.uint8), labels, np.arange(6), 0.5, Augmentation(), seed=1)
    shares = shared_out(whole, lesions, 2)
    drawn = sorted(share.class_shares().tolist() for share in shares)
    assert drawn[1] == [1.0, 0.0] and drawn[0][1] > 0


def test_two_workers_reach_the_weights_of_one(drawn_folder):
    trial = Trial(drawn_folder, None, "none", size=64, steps=4, batch=8, precision="float64")
    found = compare(trial)
    assert found["between the workers"] == 0
    assert found["statistics"] < 1e-9
    assert found["weights"] < 1e-6
    assert found["largest difference of a logit"] < 1e-6


@pytest.mark.timeout(600)  # TensorFlow starts five times
@pytest.mark.skipif(not Path("/proc").is_dir(), reason="finds the workers in /proc")
def test_a_killed_worker_costs_only_time(drawn_folder, tmp_path):
    chosen = ("--recipe", "quick", "--backbone-weights", "none", "--out", "models/tried", "--workers", "2")
    begun = subprocess.Popen(
        [sys.executable, str(TRAIN), "--data", str(drawn_folder), *chosen],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    deadline = time.monotonic() + 200
    while not (tmp_path / "runs" / "tried" / "checkpoint-001.weights.h5").exists():
        assert begun.poll() is None and time.monotonic() < deadline
        time.sleep(0.1)
    os.kill(second_worker(begun.pid), signal.SIGKILL)
    said, _ = begun.communicate(timeout=500)
    assert begun.returncode == 0, said
    assert f"A worker ended with status -{signal.SIGKILL:d}" in said
    bundle = load_bundle(tmp_path / "models" / "tried")
    history = (bundle.path / "history.csv").read_text(encoding="utf-8").splitlines()
    assert [line.split(",")[0] for line in history] == ["epoch", "1", "2"]


def second_worker(parent: int) -> int:
    """Return the process that TF_CONFIG calls the second, of this parent's children."""
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                status = (folder / "status").read_text()
                environment = (folder / "environ").read_bytes()
            except (OSError, UnicodeDecodeError):
                continue  # it ended meanwhile, or is somebody else's
            if f"PPid:\t{parent}\n" in status and b'"index": 1' in environment:
                return int(folder.name)
    raise AssertionError("no second worker")


DIES_ONCE = """
import os, sys
from pathlib import Path
import tensorflow as tf
from melanoma.fitting.workers import place_here, strategy_here

place, run = place_here(2), Path(sys.argv[1])
strategy = strategy_here(place)
if "--resume" not in sys.argv:
    (run / "checkpoint-001.weights.h5").touch()
    if place.index == 1:
        os._exit(1)
mine = strategy.run(tf.function(lambda: tf.constant(place.index + 1.0)))
(run / f"sum-{place.index}").write_text(str(float(strategy.reduce("SUM", mine, axis=None))))
"""


def test_a_worker_that_dies_on_a_cluster_begins_again_from_the_checkpoint(two_nodes, tmp_path):
    pytest.importorskip("ray")
    script, run = tmp_path / "dies_once.py", tmp_path / "run"
    script.write_text(DIES_ONCE)
    run.mkdir()
    fit_together([str(script), str(run)], 2, run, two_nodes)
    assert [(run / f"sum-{index}").read_text() for index in (0, 1)] == ["3.0", "3.0"]


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (("--recipe", "quick", "--workers", "3"), "cannot be shared evenly by 3 workers"),
        (("--recipe", "tutorial-a", "--workers", "2"), "runs on one worker"),
        (("--recipe", "quick", "--workers", "2", "--resume"), "holds no checkpoint to resume from"),
        (
            ("--recipe", "quick", "--workers", "2", "--backbone-weights", "absent.h5"),
            "the file does not exist",
        ),
        (("--recipe", "quick", "--workers", "2", "--address", "127.0.0.1:9"), "cannot be reached"),
    ],
)
def test_mistakes_get_one_sentence(drawn_folder, tmp_path, options, sentence):
    ended = subprocess.run(
        [sys.executable, str(TRAIN), "--data", str(drawn_folder), "--out", "models/tried", *options],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=200,
    )
    assert ended.returncode == 2, ended.stderr
    assert sentence in ended.stderr
    assert "Traceback" not in ended.stderr
