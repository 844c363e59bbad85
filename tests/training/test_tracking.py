"""Figures of a run for TensorBoard and MLflow: what was written is there, and a resumed run goes on."""

import sys

import pytest
import tensorflow as tf

from melanoma.training.tracking import Tracker


@pytest.fixture(autouse=True)
def no_other_place(monkeypatch):
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)


@pytest.mark.slow("imports TensorBoard")
def test_tensorboard_reads_the_figures(tmp_path):
    loading = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    run = tmp_path / "runs" / "tried"
    run.mkdir(parents=True)
    tracker = Tracker(run, {"batch": 32}, resumed=False)
    tracker.write(1, {"loss": 2.5})
    tracker.write(2, {"loss": 1.25})
    tracker.end()
    read = loading.EventAccumulator(str(run / "tensorboard"))
    read.Reload()
    found = [(event.step, float(tf.make_ndarray(event.tensor_proto))) for event in read.Tensors("loss")]
    assert found == [(1, 2.5), (2, 1.25)]


@pytest.mark.slow("imports MLflow")
def test_mlflow_goes_on_with_a_resumed_run(tmp_path):
    tracking = pytest.importorskip("mlflow.tracking")
    run = tmp_path / "runs" / "tried"
    run.mkdir(parents=True)
    Tracker(run, {"batch": 32, "stages": [{"epochs": 2}]}, resumed=False).write(1, {"loss": 2.5})
    resumed = Tracker(run, {"batch": 32}, resumed=True)
    resumed.write(2, {"loss": 1.25})
    resumed.end()
    client = tracking.MlflowClient(tracking_uri=(tmp_path / "runs" / "mlruns").as_uri())
    experiment = client.get_experiment_by_name("melanoma")
    (found,) = client.search_runs([experiment.experiment_id])
    assert found.info.run_name == "tried" and found.info.status == "FINISHED"
    assert found.data.params["batch"] == "32"
    history = client.get_metric_history(found.info.run_id, "loss")
    assert [(one.step, one.value) for one in history] == [(1, 2.5), (2, 1.25)]


def test_without_either_nothing_is_written(tmp_path, monkeypatch):
    for name in ("mlflow", "mlflow.tracking", "tensorboard"):
        monkeypatch.setitem(sys.modules, name, None)
    tracker = Tracker(tmp_path, {"batch": 32}, resumed=False)
    tracker.write(1, {"loss": 2.5})
    tracker.end()
    assert not list(tmp_path.iterdir())
