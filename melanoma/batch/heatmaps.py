"""Photo files -> rows, and a map of each photo, evidence or Grad-CAM, as a picture where it is wanted."""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from melanoma.batch.predicting import LoadedPhoto, PredictedPhoto, predict_files
from melanoma.batch.rows import Row, row_of
from melanoma.batch.source import Source
from melanoma.exports.overlay import overlay_file
from melanoma.figures.style import SHOWN_SIDE
from melanoma.files import one_line, safe_stem
from melanoma.photos.encoding import shrink

if TYPE_CHECKING:
    from melanoma.model.classifier import Classifier


@dataclass(frozen=True)
class Wanted:
    """What a batch should give besides the answers."""

    heatmaps: bool = False
    keep_ids: bool = False
    """Also the SOPInstanceUID of DICOM objects."""


@dataclass(frozen=True)
class PhotoResult:
    """A row, and the map of the likeliest diagnosis as a PNG file where it was wanted."""

    row: Row
    heatmap: bytes | None = None


def predict_files_with_heatmaps(
    classifier: "Classifier", sources: Iterable[Source], wanted: Wanted, threads: int | None = None
) -> Iterator[list[PhotoResult]]:
    """Yield, for each source in order, the answers to its photos."""
    keep = _shown if wanted.heatmaps else None
    for judged in predict_files(classifier, sources, keep, threads=threads):
        yield [_answer(classifier, one, wanted) for one in judged]


def as_line(row: Row) -> str:
    """Return a row as one line for a reader."""
    name = one_line(row["path"])
    name += f", frame {row['frame']}" if row["frame"] else ""
    if row["error"]:
        return f"{name}: {row['error']}"
    alert = "MELANOMA ALERT" if row["melanoma_alert"] else "no alert"
    probabilities = sorted(row["probabilities"].items(), key=lambda item: -item[1])
    told = "  ".join(f"{code} {value:.1%}" for code, value in probabilities[:4])
    doubts = [*row["flags"]] + ([] if row["in_distribution"] else ["Unlike the photos the model knows."])
    return f"{name}: {alert}  {told}" + (f"  ({' '.join(doubts)})" if doubts else "")


def _answer(classifier: "Classifier", judged: PredictedPhoto, wanted: Wanted) -> PhotoResult:
    found = judged.prediction
    if found is None or not wanted.heatmaps:
        return PhotoResult(row_of(judged, classifier.bundle, wanted.keep_ids))
    from melanoma.explain.registry import first_method

    shown = judged.photo.kept
    geometry = found.geometry.on_copy(shown.shape[1], shown.shape[0])
    method = first_method(classifier.compiled)
    request = method.request(classifier.compiled, replace(found, geometry=geometry), found.diagnosis)
    picture = overlay_file(shown, method, request, method.explain(request), found.diagnosis)
    name = _heatmap_name(judged.photo, found.diagnosis)
    return PhotoResult(row_of(judged, classifier.bundle, wanted.keep_ids, name), picture)


def _shown(photo: np.ndarray) -> np.ndarray:
    """Return the photo no larger than its map is drawn: two batches of whole ones would fill a memory."""
    return shrink(photo, SHOWN_SIDE)


def _heatmap_name(photo: LoadedPhoto, diagnosis: str) -> str:
    """Return a file's name that says what it shows, and is the same whenever the photo is judged."""
    mark = hashlib.blake2b(photo.name.encode(), digest_size=4).hexdigest()
    frame_part = f"-{photo.frame}" if photo.frame else ""
    return f"{safe_stem(photo.name)}-{mark}{frame_part}-{diagnosis}.png"
