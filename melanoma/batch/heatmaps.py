"""Photo files -> rows and, on request, a heatmap of each photo as a picture: evidence, or Grad-CAM."""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from melanoma.batch.predicting import LoadedPhoto, PredictedPhoto, predict_files
from melanoma.batch.rows import Row, row_of
from melanoma.batch.source import Source
from melanoma.files import one_line, safe_stem
from melanoma.model.mix import Mix
from melanoma.photos.encoding import shrink

if TYPE_CHECKING:
    from melanoma.model.classifier import Classifier


@dataclass(frozen=True)
class BatchOptions:
    """What a batch returns besides the predictions."""

    heatmaps: bool = False
    keep_ids: bool = False
    """Also the SOPInstanceUID of DICOM objects."""
    mix: Mix | None = None
    """Also the probabilities in another mix of diagnoses."""


@dataclass(frozen=True)
class PhotoResult:
    """A row, and the heatmap of the likeliest diagnosis as a PNG file if it was requested."""

    row: Row
    heatmap: bytes | None = None


def predict_files_with_heatmaps(
    classifier: "Classifier", sources: Iterable[Source], options: BatchOptions, threads: int | None = None
) -> Iterator[list[PhotoResult]]:
    """Yield, for each source in order, the results of its photos."""
    derive = _small_copy if options.heatmaps else None
    for photos in predict_files(classifier, sources, derive, threads=threads):
        yield [_result(classifier, photo, options) for photo in photos]


def as_line(row: Row) -> str:
    """Return a row as one line for the terminal."""
    name = one_line(row["path"])
    name += f", frame {row['frame']}" if row["frame"] else ""
    if row["error"]:
        return f"{name}: {row['error']}"
    alert = "MELANOMA ALERT" if row["melanoma_alert"] else "no alert"
    if row["malignancy_alert"] and not row["melanoma_alert"]:
        alert = "MALIGNANCY ALERT"
    shown = row.get("probabilities_in_mix") or row["probabilities"]
    probabilities = sorted(shown.items(), key=lambda item: -item[1])
    likeliest = "  ".join(f"{code} {value:.1%}" for code, value in probabilities[:4])
    if "mix" in row:
        likeliest += f"  (mix {row['mix']}; alerts are decided in the model's own)"
    doubts = [*row["flags"]] + ([] if row["in_distribution"] else ["Unlike the photos the model knows."])
    return f"{name}: {alert}  {likeliest}" + (f"  ({' '.join(doubts)})" if doubts else "")


def _result(classifier: "Classifier", predicted: PredictedPhoto, options: BatchOptions) -> PhotoResult:
    prediction = predicted.prediction
    if prediction is None or not options.heatmaps:
        return PhotoResult(row_of(predicted, classifier.bundle, options.keep_ids, mix=options.mix))
    from melanoma.explain.registry import first_method
    from melanoma.exports.overlay import overlay_file

    small = predicted.photo.derived
    geometry = prediction.geometry.on_copy(small.shape[1], small.shape[0])
    method = first_method(classifier.compiled)
    request = method.request(
        classifier.compiled, replace(prediction, geometry=geometry), prediction.diagnosis
    )
    picture = overlay_file(small, method, request, method.explain(request), prediction.diagnosis)
    name = _heatmap_name(predicted.photo, prediction.diagnosis)
    return PhotoResult(row_of(predicted, classifier.bundle, options.keep_ids, name, options.mix), picture)


def _small_copy(photo: np.ndarray) -> np.ndarray:
    """Return the photo at the size that its overlay is drawn in: full-size batches would take gigabytes."""
    from melanoma.figures.overlay import SIDE

    longer, shorter = max(photo.shape[:2]), min(photo.shape[:2])
    return shrink(photo, round(longer * min(1.0, SIDE / shorter)))


def _heatmap_name(photo: LoadedPhoto, diagnosis: str) -> str:
    """Return a file name that tells photo, frame and diagnosis, and is the same in every run."""
    mark = hashlib.blake2b(photo.name.encode(), digest_size=4).hexdigest()
    frame_part = f"-{photo.frame}" if photo.frame else ""
    return f"{safe_stem(photo.name)}-{mark}{frame_part}-{diagnosis}.png"
