"""The same batch on a Ray cluster: Ray Data hands out the files, and each worker holds one model.

The workers read the files themselves, from paths that they must all see; the model is sent to them, and they
check its hashes. A worker that dies is replaced and its files are given out again: an answer depends on its
file and the model alone, and only the machine that asks writes anything, so no row is lost or doubled.
"""

import contextlib
import hashlib
import importlib.metadata
import logging
import os
import pickle
import platform
import socket
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa

from melanoma.batch.heatmaps import Answer, Wanted, answer_files
from melanoma.batch.predicting import BATCH, Judged, Photo
from melanoma.batch.rows import row_of
from melanoma.batch.source import Source
from melanoma.errors import UserError
from melanoma.model.bundle import Bundle, load_bundle
from melanoma.phrases import Sentence

BLOCK = 2 * BATCH
"""Files that a worker takes at once, and what the death of one costs in work."""
_PATIENCE = 5.0  # seconds for a cluster's head to answer
_PLAIN_STARTS = 1  # of a block, before its files are opened one by one to find the one that kills
_LONE_STARTS = 2  # of one file: a worker may die for other reasons
_PACKAGES = ("numpy", "keras", "opencv-python-headless", "pillow")


def answer_on_cluster(
    bundle: Bundle, sources: Iterable[Source], wanted: Wanted, address: str | None, workers: int | None
) -> Iterator[list[Answer]]:
    """Yield the answers to each file, in any order.

    Raises UserError for a cluster that cannot be reached or used. A file that ends the process which opens
    it, again and again, gets an error of its own.
    """
    with connected_cluster(address) as ray:
        size = _pool_size(ray, workers)
        yield from _answers(ray, bundle, list(_blocks(sources)), wanted, size)


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


def _answers(
    ray: Any, bundle: Bundle, blocks: list[pa.Table], wanted: Wanted, workers: int
) -> Iterator[list[Answer]]:
    if not blocks:
        return
    packed = ray.put(_packed_bundle(bundle))  # held here: a worker that is replaced asks for it again
    attempts = ray.remote(num_cpus=0)(_Attempts).remote()
    answered = ray.data.from_arrow(blocks).map_batches(
        _Worker,
        fn_constructor_args=(packed, wanted, attempts),
        batch_size=None,
        batch_format="pyarrow",
        num_cpus=1,
        compute=ray.data.ActorPoolStrategy(size=min(workers, len(blocks))),
    )
    for batch in answered.iter_batches(batch_size=None, batch_format="pyarrow"):
        for found in batch["answers"].to_pylist():
            yield pickle.loads(found)


def own_versions() -> dict[str, str]:
    """Return what must be the same on all machines for the same answers: libraries and our own code."""
    found = {package: importlib.metadata.version(package) for package in _PACKAGES}
    folder = Path(__file__).parents[2]
    code = hashlib.sha256()
    for file in sorted(folder.rglob("*.py")):
        if "app" not in file.relative_to(folder).parts:
            code.update(file.read_bytes())
    return found | {"python": platform.python_version(), "melanoma": code.hexdigest()[:12]}


class _Attempts:
    """Counts how often something was begun, outside the workers, who may not live to tell."""

    def __init__(self) -> None:
        self._begun: dict[str, int] = {}

    def begin(self, key: str) -> int:
        """Return how often `key` has been begun, this time too."""
        self._begun[key] = self._begun.get(key, 0) + 1
        return self._begun[key]

    def end(self, key: str) -> None:
        """Forget what was begun and has ended well."""
        del self._begun[key]


class _Worker:
    """One core with one model."""

    def __init__(self, packed_bundle: Any, wanted: Wanted, attempts: Any) -> None:
        import cv2
        import ray
        import tensorflow as tf

        from melanoma.model.classifier import Classifier

        cv2.setNumThreads(1)
        tf.config.threading.set_intra_op_parallelism_threads(1)
        tf.config.threading.set_inter_op_parallelism_threads(1)
        self._wanted = wanted
        self._begin: Callable[[str], int] = lambda key: ray.get(attempts.begin.remote(key))
        self._end: Callable[[str], None] = lambda key: ray.get(attempts.end.remote(key))
        with tempfile.TemporaryDirectory() as folder:
            for name, content in ray.get(packed_bundle).items():
                file = Path(folder) / name
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(content)
            self._classifier = Classifier(load_bundle(folder), for_many=True)

    def __call__(self, block: pa.Table) -> pa.Table:
        """Return the answers to the files of a block, a row a file."""
        sources = [pickle.loads(packed) for packed in block["source"].to_pylist()]
        if self._begin(f"block {sources[0].name}") <= _PLAIN_STARTS:
            answers = answer_files(self._classifier, sources, self._wanted, threads=2)
        else:
            answers = (found for source in sources for found in self._alone(source))
        return pa.table({"answers": [pickle.dumps(found) for found in answers]})

    def _alone(self, source: Source) -> Iterator[list[Answer]]:
        """Answer one file of a block in which something kills workers, unless it is this one."""
        if self._begin(f"file {source.name}") > _LONE_STARTS:
            error = Sentence(
                "{name} ends the process that opens it, so it was left out. Export it again.",
                name=source.name,
            )
            yield [Answer(row_of(Judged(Photo(source.name, error=error), None), self._classifier.bundle))]
        else:
            answers = list(answer_files(self._classifier, [source], self._wanted, threads=1))
            self._end(f"file {source.name}")
            yield from answers


def _connect(address: str | None) -> Any:
    """Return the module `ray`, connected."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nothing is sent anywhere
    try:
        import ray
        import ray.data
    except ModuleNotFoundError as missing:
        raise UserError(f"--engine ray needs {missing.name}: pip install melanoma[cluster]") from missing
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
    """Raise UserError unless something listens there: Ray itself would try for minutes."""
    host, colon, port = address.removeprefix("ray://").rpartition(":")
    if not colon or not port.isdigit():
        raise UserError(f"“{address}” is not the address of a cluster, such as 10.0.0.1:6379.")
    try:
        socket.create_connection((host, int(port)), _PATIENCE).close()
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


def _pool_size(ray: Any, workers: int | None) -> int:
    cores = int(ray.cluster_resources().get("CPU", 0))
    if not cores or (workers or 0) > cores:
        raise UserError(f"The cluster has {cores} cores, and {workers or 1} workers need one each.")
    return workers or cores


def _blocks(sources: Iterable[Source]) -> Iterator[pa.Table]:
    """Yield the files by blocks; some two hundred bytes a file."""
    waiting = iter(sources)
    while block := list(islice(waiting, BLOCK)):
        yield pa.table({"source": [pickle.dumps(source) for source in block]})


def _packed_bundle(bundle: Bundle) -> dict[str, bytes]:
    names = ["bundle.json", *bundle.files]
    return {name: (bundle.path / name).read_bytes() for name in names}
