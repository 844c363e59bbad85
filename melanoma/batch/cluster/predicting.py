"""The same batch on a Ray cluster: Ray Data hands out the files, and each worker holds one model.

The workers read the files themselves, from paths that they must all see; the model is sent to them, and they
check its hashes. A worker that dies is replaced and its files are given out again: an answer depends on its
file and the model alone, and only the machine that asks writes anything, so no row is lost or doubled.
"""

import pickle
import tempfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa

from melanoma.batch.heatmaps import PhotoResult, Wanted, predict_files_with_heatmaps
from melanoma.batch.predicting import BATCH, LoadedPhoto, PredictedPhoto
from melanoma.batch.rows import row_of
from melanoma.batch.source import Source
from melanoma.batches import chunked
from melanoma.errors import UserError
from melanoma.model.bundle import Bundle, load_bundle
from melanoma.phrases import Sentence
from melanoma.ray_cluster import connected_cluster

BLOCK = 2 * BATCH
"""Files that a worker takes at once, and what the death of one costs in work."""
_PLAIN_STARTS = 1  # of a block, before its files are opened one by one to find the one that kills
_LONE_STARTS = 2  # of one file: a worker may die for other reasons


def answer_on_cluster(
    bundle: Bundle, sources: Iterable[Source], wanted: Wanted, address: str | None, workers: int | None
) -> Iterator[list[PhotoResult]]:
    """Yield the answers to each file, in any order.

    Raises UserError for a cluster that cannot be reached or used. A file that ends the process which opens
    it, again and again, gets an error of its own.
    """
    with connected_cluster(address) as ray:
        size = _pool_size(ray, workers)
        yield from _answers(ray, bundle, list(_blocks(sources)), wanted, size)


def _answers(
    ray: Any, bundle: Bundle, blocks: list[pa.Table], wanted: Wanted, workers: int
) -> Iterator[list[PhotoResult]]:
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


class _Attempts:
    """Counts how often something was begun, in a process that outlives the workers."""

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
            answers = predict_files_with_heatmaps(self._classifier, sources, self._wanted, threads=2)
        else:
            answers = (found for source in sources for found in self._alone(source))
        return pa.table({"answers": [pickle.dumps(found) for found in answers]})

    def _alone(self, source: Source) -> Iterator[list[PhotoResult]]:
        """Answer one file of a block in which something kills workers, unless it is this one."""
        if self._begin(f"file {source.name}") > _LONE_STARTS:
            error = Sentence(
                "{name} ends the process that opens it, so it was left out. Export it again.",
                name=source.name,
            )
            yield [
                PhotoResult(
                    row_of(
                        PredictedPhoto(LoadedPhoto(source.name, error=error), None), self._classifier.bundle
                    )
                )
            ]
        else:
            answers = list(predict_files_with_heatmaps(self._classifier, [source], self._wanted, threads=1))
            self._end(f"file {source.name}")
            yield from answers


def _pool_size(ray: Any, workers: int | None) -> int:
    cores = int(ray.cluster_resources().get("CPU", 0))
    if not cores or (workers or 0) > cores:
        raise UserError(f"The cluster has {cores} cores, and {workers or 1} workers need one each.")
    return workers or cores


def _blocks(sources: Iterable[Source]) -> Iterator[pa.Table]:
    """Yield the files by blocks; some two hundred bytes a file."""
    for block in chunked(sources, BLOCK):
        yield pa.table({"source": [pickle.dumps(source) for source in block]})


def _packed_bundle(bundle: Bundle) -> dict[str, bytes]:
    names = ["bundle.json", *bundle.files]
    return {name: (bundle.path / name).read_bytes() for name in names}
