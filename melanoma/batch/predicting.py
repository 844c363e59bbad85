"""Photo files -> predictions: decoded and framed by threads while the network works on the batch before."""

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from melanoma.batch.source import Source
from melanoma.batches import sliced
from melanoma.errors import UserError
from melanoma.model.prefetch import batches_ahead
from melanoma.photos.dicom import is_dicom, read_dicom
from melanoma.photos.reading import read_image
from melanoma.phrases import Sentence

if TYPE_CHECKING:
    from melanoma.model.classifier import Classifier, Prepared
    from melanoma.model.prediction import Prediction

BATCH = 16
"""Photos in one pass of the network. `python -m benchmarks.throughput` measures others: see docs/scale.md."""
Keep = Callable[[np.ndarray], Any]
"""Takes uint8 RGB (H, W, 3); returns what should outlive the photo, such as a thumbnail."""


@dataclass(frozen=True)
class LoadedPhoto:
    """One photo of a file: framed for the network, or the sentence that says why not."""

    name: str
    prepared: "Prepared | None" = None
    error: Sentence | None = None
    frame: int | None = None
    """Of a DICOM object, counted from 1; None for other files."""
    kept: Any = None
    """What `Keep` returned."""
    sop_instance_uid: str | None = None
    dropped: tuple[str, ...] = ()
    """Names of the attributes of a DICOM object that say something about a person."""


@dataclass(frozen=True)
class PredictedPhoto:
    """One photo with its prediction, or with neither where it could not be read."""

    photo: LoadedPhoto
    prediction: "Prediction | None"


def predict_files(
    classifier: "Classifier",
    sources: Iterable[Source],
    keep: Keep | None = None,
    stopped: Callable[[], bool] = lambda: False,
    threads: int | None = None,
) -> Iterator[list[PredictedPhoto]]:
    """Yield, for each source in order, its photos: one, or the frames of a DICOM object.

    Ends when `stopped` returns True. By default there is a thread for each core; two batches of framed photos
    are in memory, and as many whole photos as there are threads. A file that cannot be read costs only
    itself.
    """

    def load(source: Source) -> list[LoadedPhoto]:
        return list(_load(classifier, source, keep))

    with ThreadPoolExecutor(threads or os.cpu_count()) as pool:
        for _, loaded in batches_ahead(pool, load, sources, BATCH):
            if stopped():
                return
            predictions = _predict(
                classifier, [photo.prepared for photos in loaded for photo in photos if photo.prepared]
            )
            for photos in loaded:
                yield [
                    PredictedPhoto(photo, next(predictions) if photo.prepared else None) for photo in photos
                ]


def _predict(classifier: "Classifier", prepared: list["Prepared"]) -> Iterator["Prediction"]:
    """Yield the predictions, never more than `BATCH` at once: a DICOM object may hold many frames."""
    for batch in sliced(prepared, BATCH):
        yield from classifier.judge(batch)


def _load(classifier: "Classifier", source: Source, keep: Keep | None) -> Iterator[LoadedPhoto]:
    try:
        content = source.read()
        if not is_dicom(content, source.name):
            image = read_image(content, source.name)
            yield LoadedPhoto(source.name, classifier.prepare(image), kept=keep(image) if keep else None)
            return
        found = read_dicom(content, source.name)
    except UserError as error:
        yield LoadedPhoto(source.name, error=error.sentence)
        return
    whole = LoadedPhoto(source.name, sop_instance_uid=found.sop_instance_uid, dropped=found.identifying)
    for number in range(found.frames):
        photo = replace(whole, frame=number + 1)
        try:
            image = found.frame(number)
        except UserError as error:
            yield replace(photo, error=error.sentence)
        else:
            yield replace(photo, prepared=classifier.prepare(image), kept=keep(image) if keep else None)
