"""Two workers that share each batch: the weights of one, and a killed worker costs only time."""

import os
import signal
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks.together import Trial, compare
from melanoma.data.augmentation import Augmentation
from melanoma.data.pipeline import Images, Sampler, shard
from melanoma.errors import UserError
from melanoma.model.bundle import load_bundle
from melanoma.training.workers import fit_together
from train import train


def test_lesions_and_rare_diagnoses_are_dealt_out_evenly():
    lesions = np.arange(40) // 2
    labels = np.array([0] * 32 + [1] * 8)
    images = replace(Images.of_one_source(np.zeros((40, 1, 1, 4), np.uint8), labels), lesions=lesions)
    whole = Sampler(images, np.arange(40), 0.5, Augmentation(), seed=1)
    first, second = shard(whole, 2)
    assert sorted([*first.rows, *second.rows]) == list(range(40))
    assert not set(lesions[first.rows]) & set(lesions[second.rows])
    for one in (first, second):
        assert np.bincount(labels[one.rows]).tolist() == [16, 4]
    assert first.draw(0, 16, 1).tolist() != second.draw(0, 16, 1).tolist()
    assert shard(whole, 1) == [whole]


def test_a_diagnosis_missing_from_a_shard_is_not_drawn_there():
    images = Images.of_one_source(np.zeros((6, 1, 1, 4), np.uint8), np.array([0, 0, 0, 0, 0, 1]))
    shards = shard(Sampler(images, np.arange(6), 0.5, Augmentation(), seed=1), 2)
    drawn = sorted(one.class_shares(1).tolist() for one in shards)
    assert drawn[1] == [1.0, 0.0] and drawn[0][1] > 0


@pytest.mark.training
def test_two_workers_reach_the_weights_of_one(drawn_folder):
    trial = Trial(drawn_folder, None, "none", size=32, steps=4, batch=8, precision="float64")
    found = compare(trial, [str(Path(__file__).parents[1] / "tiny_together.py")])
    assert found["between the workers"] == 0
    assert found["statistics"] < 1e-9
    assert found["weights"] < 1e-6
    assert found["largest difference of a logit"] < 1e-6


@pytest.mark.training
@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")
def test_a_killed_worker_costs_only_time(run_training, drawn_folder, tmp_path):
    ended = run_training(tmp_path, drawn_folder, "--workers", "2", DIES_ONCE=str(tmp_path / "died"))
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert f"A worker ended with status -{signal.SIGKILL:d}" in ended.stdout
    bundle = load_bundle(tmp_path / "models" / "tried")
    history = (bundle.path / "history.csv").read_text(encoding="utf-8").splitlines()
    assert [line.split(",")[0] for line in history] == ["epoch", "1", "2"]


DIES_ONCE = """
import os, sys
from pathlib import Path
import tensorflow as tf
from melanoma.training.workers import strategy_for, worker_rank

rank, run = worker_rank(2), Path(sys.argv[1])
strategy = strategy_for(rank)
if "--resume" not in sys.argv:
    (run / "checkpoint-001.weights.h5").touch()
    if rank.index == 1:
        os._exit(1)
mine = strategy.run(tf.function(lambda: tf.constant(rank.index + 1.0)))
(run / f"sum-{rank.index}").write_text(str(float(strategy.reduce("SUM", mine, axis=None))))
"""


@pytest.mark.ray
def test_a_worker_that_dies_on_a_cluster_begins_again_from_the_checkpoint(two_nodes, tmp_path):
    pytest.importorskip("ray")
    script, run = tmp_path / "dies_once.py", tmp_path / "run"
    script.write_text(DIES_ONCE)
    run.mkdir()
    fit_together([str(script), str(run)], 2, run, two_nodes)
    assert [(run / f"sum-{index}").read_text() for index in (0, 1)] == ["3.0", "3.0"]


@pytest.mark.training
@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"workers": 3}, "cannot be shared evenly by 3 workers"),
        ({"recipe": "tutorial-a", "workers": 2}, "runs on one worker"),
        ({"workers": 2, "resume": True}, "holds no checkpoint to resume from"),
        pytest.param(
            {"workers": 2, "address": "127.0.0.1:9"},
            "cannot be reached",
            marks=pytest.mark.ray,
            id="no cluster",
        ),
    ],
)
def test_mistakes_get_one_sentence(drawn_folder, tmp_path, monkeypatch, options, sentence):
    monkeypatch.chdir(tmp_path)
    settings = {"recipe": "quick", "backbone_weights": "none", "out": Path("models/tried")} | options
    with pytest.raises(UserError, match=sentence):
        train(drawn_folder, **settings)


def test_a_user_s_error_of_the_first_worker_ends_all_with_its_status(tmp_path):
    script = tmp_path / "refuses.py"
    script.write_text(
        "import json, os, sys; index = json.loads(os.environ['TF_CONFIG'])['task']['index']\n"
        "sys.exit(2) if index == 0 else __import__('time').sleep(100)"
    )
    with pytest.raises(SystemExit) as ended:
        fit_together([str(script)], 2, tmp_path, None)
    assert ended.value.code == 2


def test_workers_that_always_fail_are_given_up_with_what_they_said(tmp_path, capsys):
    script = tmp_path / "fails.py"
    # The first is ended when the second fails, and may not have begun by then.
    script.write_text(
        "import json, os, sys; index = json.loads(os.environ['TF_CONFIG'])['task']['index']\n"
        "__import__('time').sleep(100) if index == 0 else print('no luck')\n"
        "sys.exit(3)"
    )
    with pytest.raises(UserError, match="ended 4 times before they were done"):
        fit_together([str(script)], 2, tmp_path, None)
    assert capsys.readouterr().out.count("A worker ended with status 3") == 4
    assert "no luck" in (tmp_path / "worker-1.log").read_text(encoding="utf-8")
