"""Connects to a Ray cluster, for batches and training, and checks the versions on all machines."""

import contextlib
import hashlib
import importlib.metadata
import logging
import os
import platform
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from melanoma.errors import UserError

_TIMEOUT = 5.0  # seconds for a cluster's head to answer
_PACKAGES = ("numpy", "keras", "opencv-python-headless", "pillow")


@contextlib.contextmanager
def connected_cluster(address: str | None) -> Iterator[Any]:
    """Yield the module `ray`, connected to a cluster whose machines have the same versions as this one.

    Raises UserError for a cluster that cannot be reached or used, or is lost while the block runs.
    """
    with contextlib.redirect_stdout(sys.stderr):  # Ray prints what happens to its workers
        ray = _connect(address)
        try:
            _require_same_versions(ray)
            yield ray
        except (ray.exceptions.RayActorError, ray.exceptions.NodeDiedError, ConnectionError) as error:
            if "creation task" in str(error):
                raise  # a defect in the worker, not in the cluster
            raise UserError(
                f"The cluster was lost ({str(error).splitlines()[0]}). What was done is kept; run the "
                "same command again when it is back."
            ) from None
        finally:
            ray.shutdown()


def own_versions() -> dict[str, str]:
    """Return what must agree on all machines for the same results: versions of libraries and our code."""
    found = {package: importlib.metadata.version(package) for package in _PACKAGES}
    folder = Path(__file__).parent
    code = hashlib.sha256()
    for file in sorted(folder.rglob("*.py")):
        if "app" not in file.relative_to(folder).parts:
            code.update(file.read_bytes())
    return found | {"python": platform.python_version(), "melanoma": code.hexdigest()[:12]}


def _connect(address: str | None) -> Any:
    """Return the module `ray`, connected."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nothing is sent anywhere
    try:
        import ray
        import ray.data
    except ModuleNotFoundError as missing:
        raise UserError(
            f"--engine ray needs {missing.name}: pip install -r requirements-dev.txt"
        ) from missing
    where = "A cluster on this machine" if address is None else f"The cluster at {address}"
    if address is not None and address != "auto":
        _require_answer(address)
    try:
        ray.init(
            address=address,
            log_to_driver=False,
            logging_level=logging.ERROR,
            include_dashboard=False if address is None else None,
        )
    except (ConnectionError, RuntimeError, ValueError, TimeoutError) as error:
        raise UserError(f"{where} cannot be used ({str(error).splitlines()[0]}).") from None
    logging.getLogger("ray.data").setLevel(logging.ERROR)
    ray.data.DataContext.get_current().enable_progress_bars = False  # the command has its own
    return ray


def _require_answer(address: str) -> None:
    """Raise UserError if nothing listens at the address: Ray itself would retry for minutes."""
    host, colon, port = address.removeprefix("ray://").rpartition(":")
    if not colon or not port.isdigit():
        raise UserError(f"“{address}” is not the address of a cluster, such as 10.0.0.1:6379.")
    try:
        socket.create_connection((host, int(port)), _TIMEOUT).close()
    except OSError as error:
        raise UserError(
            f"The cluster at {address} cannot be reached ({error.strerror or error}). Check the address, and "
            "that its head runs."
        ) from None


def _require_same_versions(ray: Any) -> None:
    """Raise UserError if a node has other libraries or another version of this project."""
    here = own_versions()
    strategy = ray.util.scheduling_strategies.NodeAffinitySchedulingStrategy
    nodes = [node for node in ray.nodes() if node["Alive"] and node["Resources"].get("CPU")]
    asked = [
        ray.remote(num_cpus=0)(own_versions)
        .options(scheduling_strategy=strategy(node["NodeID"], soft=False))
        .remote()
        for node in nodes
    ]
    for node, answer in zip(nodes, asked, strict=True):
        try:
            there = ray.get(answer)
        except ray.exceptions.RayTaskError as error:
            if not isinstance(error.cause, ImportError):
                raise
            raise UserError(
                f"The worker {node['NodeManagerAddress']} cannot import this project ({error.cause}). "
                "Install it there."
            ) from None
        other = [
            f"{name} {there.get(name)} instead of {here[name]}"
            for name in here
            if there.get(name) != here[name]
        ]
        if other:
            raise UserError(
                f"The worker {node['NodeManagerAddress']} has {', '.join(other)}. Install the same versions: "
                "other ones may give other answers."
            )
