"""Many photos -> a worklist sorted by the probability of melanoma, the most suspicious first.

A low rank does not rule melanoma out: the network misses melanomas, and every list says so.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from melanoma.batch.predicting import PredictedPhoto, predict_files
from melanoma.batch.source import Source
from melanoma.photos.decoding import IN_THIS_PROCESS, PhotoDecoder
from melanoma.photos.encoding import as_jpeg, data_uri
from melanoma.phrases import Sentence

if TYPE_CHECKING:
    from melanoma.model.classifier import Classifier

THUMBNAIL = 128
"""Longer side of a thumbnail, pixels."""


@dataclass(frozen=True)
class Entry:
    """One photo of a worklist. Holds a thumbnail and not the photo, to save memory."""

    name: str
    error: Sentence | None = None
    """Why there is no prediction; then all fields below are empty."""
    probabilities: dict[str, float] | None = None
    alert: bool = False
    prediction_set: tuple[str, ...] = ()
    in_distribution: bool = True
    lesion_not_seen: float | None = None
    """See `lesion.framing.Framed`."""
    flags: tuple[str, ...] = ()
    """As `Prediction.quality`."""
    thumbnail: bytes = b""
    """A JPEG without metadata."""
    frame: int | None = None
    """Of a DICOM object, counted from 1; None for other files."""

    @property
    def melanoma(self) -> float:
        """The probability of melanoma; NaN where there is no prediction."""
        return self.probabilities["MEL"] if self.probabilities else float("nan")

    @property
    def diagnosis(self) -> str | None:
        """The likeliest diagnosis."""
        return max(self.probabilities, key=self.probabilities.__getitem__) if self.probabilities else None

    @property
    def doubtful(self) -> bool:
        """True where the prediction should be distrusted, or where there is none."""
        return bool(self.error or self.flags or not self.in_distribution)

    @property
    def thumbnail_uri(self) -> str:
        """The thumbnail as a data URI; empty where there is none."""
        return data_uri(self.thumbnail, "jpeg") if self.thumbnail else ""


def judge(
    classifier: "Classifier",
    sources: Iterable[Source],
    stopped: Callable[[], bool] = lambda: False,
    decoder: PhotoDecoder = IN_THIS_PROCESS,
) -> Iterator[Entry]:
    """Yield an entry for each photo of the sources, in order, until `stopped` returns True."""
    for photos in predict_files(classifier, sources, _thumbnail, stopped, decoder=decoder):
        for photo in photos:
            yield _entry(photo)


def ranked(entries: list[Entry]) -> list[Entry]:
    """Return the entries as a worklist: those without a prediction first, since they need a look in any case;
    then by falling probability of melanoma.
    """
    return sorted(entries, key=lambda entry: (entry.error is None, -np.nan_to_num(entry.melanoma)))


def _entry(predicted: PredictedPhoto) -> Entry:
    photo, prediction = predicted.photo, predicted.prediction
    if prediction is None:
        return Entry(photo.name, photo.error, frame=photo.frame)
    return Entry(
        photo.name,
        frame=photo.frame,
        probabilities={code: prediction.probability(code) for code in prediction.codes},
        alert=prediction.melanoma_alert,
        prediction_set=prediction.prediction_set,
        in_distribution=prediction.in_distribution,
        lesion_not_seen=prediction.lesion_not_seen,
        flags=prediction.quality,
        thumbnail=photo.derived,
    )


def _thumbnail(photo: np.ndarray) -> bytes:
    scale = THUMBNAIL / max(photo.shape[:2])
    size = (max(1, round(photo.shape[1] * scale)), max(1, round(photo.shape[0] * scale)))
    small = cv2.resize(photo, size, interpolation=cv2.INTER_AREA)
    return as_jpeg(small, 80)
