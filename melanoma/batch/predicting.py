"""Photo files -> predictions: threads decode and frame a batch while the network works on the one before."""

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
from melanoma.photos.decoding import IN_THIS_PROCESS, PhotoDecoder
from melanoma.photos.recognition import is_dicom
from melanoma.phrases import Sentence

if TYPE_CHECKING:
    from melanoma.model.classifier import Classifier, Prepared
    from melanoma.model.prediction import Prediction

BATCH = 16
"""Photos in one pass of the network. `python -m benchmarks.throughput` measures others: see docs/scale.md."""
Derive = Callable[[np.ndarray], Any]
"""Takes uint8 RGB (H, W, 3); returns what is needed of the photo later, such as a thumbnail."""


@dataclass(frozen=True)
class LoadedPhoto:
    """One photo of a file: framed for the network, or the error."""

    name: str
    prepared: "Prepared | None" = None
    error: Sentence | None = None
    frame: int | None = None
    """Of a DICOM object, counted from 1; None for other files."""
    derived: Any = None
    """What `Derive` returned."""
    sop_instance_uid: str | None = None
    dropped: tuple[str, ...] = ()
    """Names of the attributes of a DICOM object that may identify a person."""


@dataclass(frozen=True)
class PredictedPhoto:
    """One photo with its prediction, which is None where the photo could not be read."""

    photo: LoadedPhoto
    prediction: "Prediction | None"


def predict_files(
    classifier: "Classifier",
    sources: Iterable[Source],
    derive: Derive | None = None,
    stopped: Callable[[], bool] = lambda: False,
    threads: int | None = None,
    decoder: PhotoDecoder = IN_THIS_PROCESS,
) -> Iterator[list[PredictedPhoto]]:
    """Yield, for each source in order, its photos: one, or the frames of a DICOM object.

    Ends when `stopped`, which threads ask too, returns True, after the photos that are being decoded; from
    then on it has to return True. By default there is a thread for each core; two batches of framed photos
    are in memory, and as many whole photos as there are threads. A file that cannot be read does not stop the
    others. `decoder` decodes the files.
    """

    def load(source: Source) -> list[LoadedPhoto]:
        return list(_load(classifier, source, derive, stopped, decoder))

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
    """Yield the predictions, computed at most `BATCH` at a time: a DICOM object may hold many frames."""
    for batch in sliced(prepared, BATCH):
        yield from classifier.judge(batch)


def _load(
    classifier: "Classifier",
    source: Source,
    derive: Derive | None,
    stopped: Callable[[], bool],
    decoder: PhotoDecoder,
) -> Iterator[LoadedPhoto]:
    """Yield the photos of a file; fewer, which nobody looks at, once `stopped` returns True."""
    if stopped():
        return
    try:
        content = source.read()
        if not is_dicom(content, source.name):
            image = decoder.read(content, source.name)
            yield LoadedPhoto(
                source.name, classifier.prepare(image), derived=derive(image) if derive else None
            )
            return
        dicom = decoder.dicom(content, source.name)
    except UserError as error:
        yield LoadedPhoto(source.name, error=error.sentence)
        return
    whole = LoadedPhoto(source.name, sop_instance_uid=dicom.sop_instance_uid, dropped=dicom.identifying)
    for number in range(dicom.frames):
        if stopped():
            return
        photo = replace(whole, frame=number + 1)
        try:
            image = dicom.frame(number)
        except UserError as error:
            yield replace(photo, error=error.sentence)
        else:
            derived = derive(image) if derive else None
            yield replace(photo, prepared=classifier.prepare(image), derived=derived)
