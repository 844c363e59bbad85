"""The network's answers to a changed photo, cached in the session."""

import hashlib

import numpy as np

from melanoma.app.parts.shared.model import classifier, run_network
from melanoma.app.parts.shared.photo import Photo
from melanoma.app.parts.shared.prediction import predict
from melanoma.app.parts.shared.session_cache import cached_for_photo
from melanoma.edits.masking import cover
from melanoma.edits.perturbations import Perturbation, apply_changes, sweep, working_copy
from melanoma.model.prediction import Prediction

Answer = tuple[np.ndarray, Prediction]
"""The pixels, uint8 RGB (H, W, 3), and what the network says of them."""


def answer_before(photo: Photo) -> Answer:
    """Return the photo as it is, in a size that is quick to change, and the answer to it.

    Raises UserError if the model's folder is absent or damaged.
    """
    pixels = cached_for_photo("working-copy", photo, (), lambda: working_copy(photo.pixels), most=1)
    if pixels is photo.pixels:
        return pixels, predict(photo)
    return pixels, cached_for_photo("before", photo, (), lambda: run_network(classifier(), pixels), most=1)


def with_region_covered(
    photo: Photo, pixels: np.ndarray, inside: np.ndarray | None, fill: str
) -> tuple[np.ndarray, str]:
    """Return the photo with a region covered, and a short name of that region as a cache key."""
    if inside is None or not inside.any():
        return pixels, ""
    name = hashlib.sha256(np.packbits(inside).tobytes() + fill.encode()).hexdigest()
    return cached_for_photo("covered", photo, name, lambda: cover(pixels, inside, fill), most=1), name


def answer_after(photo: Photo, pixels: np.ndarray, region: str, settings: dict[str, float]) -> Answer:
    """Return the changed photo and the answer to it; `pixels` has the covered `region` already."""

    def compute() -> Answer:
        changed = apply_changes(pixels, settings)
        return changed, run_network(classifier(), changed)

    return cached_for_photo("after", photo, (region, *sorted(settings.items())), compute, most=4)


def answers_along(
    photo: Photo, pixels: np.ndarray, region: str, settings: dict[str, float], change: Perturbation
) -> np.ndarray:
    """Return the probabilities at each of the change's values, float64 (values, classes), in one pass."""
    others = {name: value for name, value in settings.items() if name != change.name}

    def compute() -> np.ndarray:
        from melanoma.exports.explanation import probabilities_of
        from melanoma.lesion.framing import frame_photo

        bundle = classifier().bundle
        photos = sweep(pixels, others, change.name, change.values())
        framed = [frame_photo(changed, bundle.image_size, bundle.framing).pixels for changed in photos]
        return probabilities_of(classifier())(np.stack(framed))

    return cached_for_photo("along", photo, (change.name, region, *sorted(others.items())), compute, most=16)
