"""Logs a training run's figures to TensorBoard and MLflow, if they are installed; writes local files only.

    tensorboard --logdir runs
    mlflow ui --backend-store-uri runs/mlruns

MLflow's variable MLFLOW_TRACKING_URI sets another place for its part, which may be a server.
"""

import contextlib
import json
import os
from pathlib import Path
from typing import Any

import tensorflow as tf

from melanoma.files import write_whole


class Tracker:
    """Writes figures of each epoch to `runs/<name>/tensorboard` and `runs/mlruns`."""

    def __init__(self, run: Path, settings: dict[str, Any], resumed: bool) -> None:
        """`settings` are those of the run; a resumed run continues its earlier log."""
        self._mlflow = _mlflow_run(run, settings, resumed)
        self._tensorboard = None
        with contextlib.suppress(ModuleNotFoundError):
            import tensorboard  # noqa: F401  TensorFlow's own summaries need it

            self._tensorboard = tf.summary.create_file_writer(str(run / "tensorboard"))

    def write(self, epoch: int, figures: dict[str, float]) -> None:
        """Write the figures of an epoch, the first of which is 1."""
        if self._tensorboard is not None:
            with self._tensorboard.as_default(step=epoch):
                for name, value in figures.items():
                    tf.summary.scalar(name, value)
            self._tensorboard.flush()
        if self._mlflow is not None:
            client, run_id = self._mlflow
            for name, value in figures.items():
                client.log_metric(run_id, name, value, step=epoch)

    def end(self) -> None:
        """Mark the run as finished."""
        if self._mlflow is not None:
            client, run_id = self._mlflow
            client.set_terminated(run_id)


def _mlflow_run(run: Path, settings: dict[str, Any], resumed: bool) -> tuple[Any, str] | None:
    """Return MLflow's client and the run's id there, or None where MLflow is not installed."""
    # The file store needs no database, but MLflow has deprecated it and asks for this variable.
    os.environ.setdefault("MLFLOW_ALLOW_FILE_STORE", "true")
    try:
        from mlflow.tracking import MlflowClient
    except ModuleNotFoundError:
        return None
    place = os.environ.get("MLFLOW_TRACKING_URI") or (run.parent / "mlruns").absolute().as_uri()
    client = MlflowClient(tracking_uri=place)
    note = run / "mlflow.json"
    if resumed and note.exists():
        known = json.loads(note.read_text(encoding="utf-8"))
        if known["place"] == place:
            client.update_run(known["run"], status="RUNNING")
            return client, known["run"]
    experiment = client.get_experiment_by_name("melanoma")
    experiment_id = experiment.experiment_id if experiment else client.create_experiment("melanoma")
    run_id = client.create_run(experiment_id, run_name=run.name).info.run_id
    for name, value in settings.items():
        client.log_param(run_id, name, value)
    write_whole(note, json.dumps({"place": place, "run": run_id}))
    return client, run_id
