"""Batch prediction on a Ray cluster: Ray Data distributes the files, and each worker holds one model.

The workers read the files themselves, from paths that must be the same on all machines; the model is sent to
them, and they check its hashes. If a worker dies, it is replaced and its files are assigned again: a result
depends on its file and the model alone, and only the driver writes, so no row is lost or doubled.
"""

import os
import pickle
import tempfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa

from melanoma.batch.heatmaps import BatchOptions, PhotoResult, predict_files_with_heatmaps
from melanoma.batch.predicting import BATCH, LoadedPhoto, PredictedPhoto
from melanoma.batch.rows import row_of
from melanoma.batch.source import Source
from melanoma.batches import chunked
from melanoma.errors import UserError
from melanoma.model.bundle import Bundle, load_bundle
from melanoma.phrases import Sentence
from melanoma.ray_cluster import connected_cluster

BLOCK = 2 * BATCH
"""Files in one task of a worker; all are computed again if it dies."""
_BLOCK_ATTEMPTS = 1  # then a block's files are opened one by one, to find the one that kills the worker
_FILE_ATTEMPTS = 2  # of one file: a worker may die for other reasons


def predict_on_cluster(
    bundle: Bundle, sources: Iterable[Source], options: BatchOptions, address: str | None, workers: int | None
) -> Iterator[list[PhotoResult]]:
    """Yield the results of each file, in any order.

    Raises UserError for a cluster that cannot be reached or used. A file that repeatedly kills the process
    which opens it gets an error as its result.
    """
    with connected_cluster(address) as ray:
        size = _pool_size(ray, workers)
        yield from _results(ray, bundle, list(_blocks(sources)), options, size)


def _results(
    ray: Any, bundle: Bundle, blocks: list[pa.Table], options: BatchOptions, workers: int
) -> Iterator[list[PhotoResult]]:
    if not blocks:
        return
    packed = ray.put(_packed_bundle(bundle))  # referenced until the end: a replaced worker fetches it again
    attempts = ray.remote(num_cpus=0)(_Attempts).remote()
    results = ray.data.from_arrow(blocks).map_batches(
        _Worker,
        fn_constructor_args=(packed, options, attempts),
        batch_size=None,
        batch_format="pyarrow",
        num_cpus=1,
        compute=ray.data.ActorPoolStrategy(size=min(workers, len(blocks))),
    )
    for batch in results.iter_batches(batch_size=None, batch_format="pyarrow"):
        for content in batch["results"].to_pylist():
            yield pickle.loads(content)


class _Attempts:
    """An actor that counts attempts, and is not lost when a worker dies."""

    def __init__(self) -> None:
        self._begun: dict[str, int] = {}

    def begin(self, key: str) -> int:
        """Return how often `key` has been begun, including this time."""
        self._begun[key] = self._begun.get(key, 0) + 1
        return self._begun[key]

    def end(self, key: str) -> None:
        """Delete the count of `key`, which has ended well."""
        del self._begun[key]


class _Worker:
    """An actor with one core and one model."""

    def __init__(self, packed_bundle: Any, options: BatchOptions, attempts: Any) -> None:
        import cv2
        import ray

        from melanoma.model.classifier import Classifier

        cv2.setNumThreads(1)
        os.environ |= {"TF_NUM_INTRAOP_THREADS": "1", "TF_NUM_INTEROP_THREADS": "1"}
        self._options = options
        self._begin: Callable[[str], int] = lambda key: ray.get(attempts.begin.remote(key))
        self._end: Callable[[str], None] = lambda key: ray.get(attempts.end.remote(key))
        with tempfile.TemporaryDirectory() as folder:
            for name, content in ray.get(packed_bundle).items():
                file = Path(folder) / name
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(content)
            self._classifier = Classifier(load_bundle(folder), for_many=True)

    def __call__(self, block: pa.Table) -> pa.Table:
        """Return the pickled results of the files of a block, a row a file."""
        sources = [pickle.loads(packed) for packed in block["source"].to_pylist()]
        if self._begin(f"block {sources[0].name}") <= _BLOCK_ATTEMPTS:
            results = predict_files_with_heatmaps(self._classifier, sources, self._options, threads=2)
        else:
            results = (result for source in sources for result in self._alone(source))
        return pa.table({"results": [pickle.dumps(result) for result in results]})

    def _alone(self, source: Source) -> Iterator[list[PhotoResult]]:
        """Predict one file of a block that killed a worker; an error if it is this file that does."""
        if self._begin(f"file {source.name}") > _FILE_ATTEMPTS:
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
            results = list(predict_files_with_heatmaps(self._classifier, [source], self._options, threads=1))
            self._end(f"file {source.name}")
            yield from results


def _pool_size(ray: Any, workers: int | None) -> int:
    cores = int(ray.cluster_resources().get("CPU", 0))
    if not cores or (workers or 0) > cores:
        raise UserError(f"The cluster has {cores} cores, and {workers or 1} workers need one each.")
    return workers or cores


def _blocks(sources: Iterable[Source]) -> Iterator[pa.Table]:
    """Yield blocks of pickled sources, some two hundred bytes a file."""
    for block in chunked(sources, BLOCK):
        yield pa.table({"source": [pickle.dumps(source) for source in block]})


def _packed_bundle(bundle: Bundle) -> dict[str, bytes]:
    names = ["bundle.json", *bundle.files]
    return {name: (bundle.path / name).read_bytes() for name in names}
