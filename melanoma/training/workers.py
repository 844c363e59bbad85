"""Data-parallel training in several processes, on this machine or on a Ray cluster.

Each worker runs the same command and reads its rank from TensorFlow's TF_CONFIG. All share the run's folder,
which on a cluster has to lie on a shared disk. If a worker dies, all are restarted from the last checkpoint.
"""

import contextlib
import json
import os
import runpy
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tensorflow as tf

from melanoma.errors import UserError
from melanoma.training.checkpoints import newest_checkpoint, remove_checkpoints

RESTARTS = 3
"""Restarts after a failed worker; further failures are taken for a defect."""
_POLL_SECONDS = 0.2


@dataclass(frozen=True)
class WorkerRank:
    """The rank of this process among the workers."""

    index: int = 0
    """From 0."""
    count: int = 1
    """The number of workers (world size)."""

    @property
    def alone(self) -> bool:
        """Whether there is only one worker."""
        return self.count == 1

    @property
    def chief(self) -> bool:
        """Whether this worker writes checkpoints, history and plan."""
        return self.index == 0


ALONE = WorkerRank()


def worker_rank(workers: int) -> WorkerRank:
    """Return this process's rank among `workers`, as TF_CONFIG says; `ALONE` where it is not one of them."""
    config = os.environ.get("TF_CONFIG")
    if workers == 1 or not config:
        return ALONE
    found = json.loads(config)
    return WorkerRank(found["task"]["index"], len(found["cluster"]["worker"]))


def strategy_for(rank: WorkerRank) -> tf.distribute.Strategy:
    """Return the strategy that adds up the gradients of all workers; blocks until all of them have started.

    For a single worker it is TensorFlow's default strategy, which changes nothing.
    """
    if rank.alone:
        return tf.distribute.get_strategy()
    # NCCL would need GPUs and Linux.
    ring = tf.distribute.experimental.CommunicationImplementation.RING
    options = tf.distribute.experimental.CommunicationOptions(implementation=ring)
    return tf.distribute.MultiWorkerMirroredStrategy(communication_options=options)


def fit_together(command: list[str], count: int, run: Path, address: str | None, resume: bool = True) -> None:
    """Run a command as `count` workers until all have succeeded; `command` is a Python file and its options.

    Without `resume` the checkpoints of an earlier run are removed before.
    Without an address they run on this machine. The first one writes to standard output, the others to
    `worker-N.log` in the run's folder.

    Raises
    ------
    UserError
        If they still fail after `RESTARTS`, or the cluster cannot be used.
    SystemExit
        If the first worker ends on a user's error, which it has printed.
    """
    if not resume:
        remove_checkpoints(run)
    if address is not None:
        _fit_on_cluster(command, count, run, address)
        return
    for _ in range(RESTARTS + 1):
        statuses = _run_once([sys.executable, *_with_resume(command, run)], count, run)
        if not any(statuses):
            return
        if 2 in statuses[:1]:
            sys.exit(2)
        print(
            f"A worker ended with status {next(filter(None, statuses))}: all go on from the last checkpoint."
        )
    raise UserError(
        f"The workers ended {RESTARTS + 1} times before they were done; {run} has what they said. "
        "What was saved is kept: mend it, and go on with --resume."
    )


def _with_resume(command: list[str], run: Path) -> list[str]:
    """Return the command with `--resume` if there is a checkpoint, and without it if not."""
    bare = [part for part in command if part != "--resume"]
    return [*bare, "--resume"] if newest_checkpoint(run) else bare


def _run_once(command: list[str], count: int, run: Path) -> list[int]:
    """Return the exit statuses of all workers; when one fails, the others are killed."""
    addresses = [f"127.0.0.1:{port}" for port in _free_ports(count)]
    with contextlib.ExitStack() as open_files:
        processes = []
        for index in range(count):
            log = open_files.enter_context(open(run / f"worker-{index}.log", "w", encoding="utf-8"))
            config = {"cluster": {"worker": addresses}, "task": {"type": "worker", "index": index}}
            processes.append(
                subprocess.Popen(
                    command,
                    env=os.environ | {"TF_CONFIG": json.dumps(config)},
                    stdout=None if index == 0 else log,
                    stderr=None if index == 0 else subprocess.STDOUT,
                )
            )
        try:
            while True:
                statuses = [process.poll() for process in processes]
                if any(statuses) or None not in statuses:
                    return [status or 0 for status in statuses]
                time.sleep(_POLL_SECONDS)
        finally:
            for process in processes:
                process.kill()
                process.wait()


def _free_ports(count: int) -> Iterator[int]:
    """Return distinct free ports: all are bound at the same time."""
    with contextlib.ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return iter([one.getsockname()[1] for one in sockets])


def _fit_on_cluster(command: list[str], count: int, run: Path, address: str) -> None:
    from melanoma.ray_cluster import connected_cluster

    with connected_cluster(address):
        from ray.train import FailureConfig, RunConfig, ScalingConfig, TrainingFailedError
        from ray.train.tensorflow import TensorflowTrainer

        trainer = TensorflowTrainer(
            _work_on_cluster,
            train_loop_config={"command": command, "run": str(run.absolute()), "folder": os.getcwd()},
            scaling_config=ScalingConfig(num_workers=count, resources_per_worker={"CPU": 1}),
            run_config=RunConfig(
                storage_path=str(run.absolute() / "ray"), failure_config=FailureConfig(max_failures=RESTARTS)
            ),
        )
        try:
            trainer.fit()
        except TrainingFailedError as error:
            raise UserError(
                f"The workers failed again and again ({_last_line(error)}). What was saved is kept: mend "
                "it, and go on with --resume."
            ) from error


def _last_line(error: Exception) -> str:
    """Return the last line of a worker's error, which names its exception."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[-1] if lines else type(error).__name__


def _work_on_cluster(config: dict[str, Any]) -> None:
    """Run the command in a worker's own process, where Ray Train has set TF_CONFIG."""
    os.chdir(config["folder"])
    sys.argv = _with_resume(config["command"], Path(config["run"]))
    try:
        runpy.run_path(sys.argv[0], run_name="__main__")
    except SystemExit as ended:
        if ended.code:
            raise RuntimeError(f"the worker ended with status {ended.code}") from None
