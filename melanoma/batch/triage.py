"""Many photos -> a worklist: those with an alert first, by the probability of any malignancy.

A low rank does not rule melanoma out: the network misses melanomas, and every list says so.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from melanoma.batch.predicting import PredictedPhoto, predict_files
from melanoma.batch.source import Source
from melanoma.model.mix import Mix
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
    """The melanoma alert."""
    malignancy: float = float("nan")
    """The probability of any malignant diagnosis; NaN where there is no prediction."""
    malignancy_alert: bool | None = None
    """None also where the model has no such alert."""
    prediction_set: tuple[str, ...] = ()
    in_distribution: bool = True
    lesion_not_seen: float | None = None
    """See `lesion.framing.Framed`."""
    in_mix: dict[str, float] | None = None
    """The probabilities in the mix that they are shown in; None for the bundle's own."""
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
    def any_alert(self) -> bool:
        """True for either alert."""
        return self.alert or bool(self.malignancy_alert)

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
    mix: Mix | None = None,
    decoder: PhotoDecoder = IN_THIS_PROCESS,
) -> Iterator[Entry]:
    """Yield an entry for each photo of the sources, in order, until `stopped` returns True."""
    for photos in predict_files(classifier, sources, _thumbnail, stopped, decoder=decoder):
        for photo in photos:
            yield _entry(photo, mix)


def ranked(entries: list[Entry]) -> list[Entry]:
    """Return the entries as a worklist: those without a prediction first, since they need a look in any case;
    then those with either alert, then the others, each by falling probability of any malignancy.

    So no melanoma alert stands below a photo without any, and no likely carcinoma below a likely mole. Equal
    ones are in the order of melanoma's probability, and else as they came.
    """
    return sorted(
        entries, key=lambda entry: urgency(entry.error, entry.any_alert, entry.malignancy, entry.melanoma)
    )


def urgency(
    error: object, alert: bool, malignancy: float | None, melanoma: float | None
) -> tuple[float, ...]:
    """Return a key that sorts photos as a worklist, the most urgent first."""
    order = (malignancy, melanoma)
    return (error is None, not alert, *(-np.nan_to_num(value or 0.0) for value in order))


def _entry(predicted: PredictedPhoto, mix: Mix | None) -> Entry:
    photo, prediction = predicted.photo, predicted.prediction
    if prediction is None:
        return Entry(photo.name, photo.error, frame=photo.frame)
    return Entry(
        photo.name,
        frame=photo.frame,
        probabilities={code: prediction.probability(code) for code in prediction.codes},
        alert=prediction.melanoma_alert,
        malignancy=prediction.malignancy,
        malignancy_alert=prediction.malignancy_alert,
        in_mix=mix.by_code(prediction) if mix else None,
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
