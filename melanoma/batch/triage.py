"""Many photos -> a worklist, the most suspicious first, so that somebody looks at those soonest.

A place far down the list is no all-clear: the network misses melanomas, and every list says so.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from melanoma.batch.sources import Source
from melanoma.errors import UserError
from melanoma.images import as_jpeg, data_uri, read_image
from melanoma.prefetch import batches_ahead

if TYPE_CHECKING:
    from melanoma.classifier import Classifier

BATCH = 16
THUMBNAIL = 128
"""Longer side of a thumbnail, pixels."""


@dataclass(frozen=True)
class Entry:
    """One photo of a worklist. Holds a thumbnail and no photo, so that memory stays small."""

    name: str
    error: str | None = None
    """Why there is no answer; then all that follows is empty."""
    probabilities: dict[str, float] | None = None
    alert: bool = False
    prediction_set: tuple[str, ...] = ()
    in_distribution: bool = True
    flags: tuple[str, ...] = ()
    """Sentences about the photo's quality."""
    thumbnail: bytes = b""
    """A JPEG without metadata."""

    @property
    def melanoma(self) -> float:
        """The probability of melanoma; NaN where there is no answer."""
        return self.probabilities["MEL"] if self.probabilities else float("nan")

    @property
    def diagnosis(self) -> str | None:
        """The likeliest diagnosis."""
        return max(self.probabilities, key=self.probabilities.__getitem__) if self.probabilities else None

    @property
    def doubtful(self) -> bool:
        """True where the answer should be distrusted, or where there is none."""
        return bool(self.error or self.flags or not self.in_distribution)

    @property
    def thumbnail_uri(self) -> str:
        """The thumbnail as a data URI; empty where there is none."""
        return data_uri(self.thumbnail, "jpeg") if self.thumbnail else ""


def judge(
    classifier: "Classifier", sources: list[Source], stopped: Callable[[], bool] = lambda: False
) -> Iterator[Entry]:
    """Yield an entry for each source, in order, until `stopped` returns True.

    The next photos are decoded while the network works on these; never more than two batches are in memory.
    """
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for batch, ready in batches_ahead(pool, _read, sources, BATCH):
            if stopped():
                return
            yield from _judge_batch(classifier, batch, ready)


def ranked(entries: list[Entry]) -> list[Entry]:
    """Return the entries as a worklist: those without an answer first, since nobody has judged them; then by
    falling probability of melanoma.
    """
    return sorted(entries, key=lambda entry: (entry.error is None, -np.nan_to_num(entry.melanoma)))


def _judge_batch(
    classifier: "Classifier", batch: Sequence[Source], ready: list[tuple[np.ndarray | None, str | None]]
) -> Iterator[Entry]:
    predictions = iter(classifier([photo for photo, _ in ready if photo is not None]))
    for source, (photo, error) in zip(batch, ready, strict=True):
        if photo is None:
            yield Entry(source.name, error)
            continue
        found = next(predictions)
        yield Entry(
            source.name,
            probabilities={code: found.probability(code) for code in found.codes},
            alert=found.melanoma_alert,
            prediction_set=found.prediction_set,
            in_distribution=found.in_distribution,
            flags=found.quality,
            thumbnail=_thumbnail(photo),
        )


def _read(source: Source) -> tuple[np.ndarray | None, str | None]:
    try:
        return read_image(source.read(), source.name), None
    except UserError as error:
        return None, str(error)


def _thumbnail(photo: np.ndarray) -> bytes:
    scale = THUMBNAIL / max(photo.shape[:2])
    size = (max(1, round(photo.shape[1] * scale)), max(1, round(photo.shape[0] * scale)))
    small = cv2.resize(photo, size, interpolation=cv2.INTER_AREA)
    return as_jpeg(small, 80)
