"""The same network once more, for LiteRT: converted from the Keras network, and compared with it.

In float32, so that what differs is the order of the sums alone.
"""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import tensorflow as tf
from tensorflow.lite.python.convert import ConverterError

from melanoma.edits.drawn_lesions import MELANOMA_LIKE, NEVUS_LIKE, draw_lesion
from melanoma.errors import UserError
from melanoma.lesion.framing import frame_photo
from melanoma.model.bundle import LITERT, NETWORK, sha256
from melanoma.model.forward_pass import ForwardPass, Outputs
from melanoma.model.keras_pass import KerasPass
from melanoma.model.litert_pass import (
    SIGNATURE,
    TOLERANCE,
    LiteRtPass,
    Origin,
    trial_picture,
)
from melanoma.photos.reading import read_image

PICTURES = 200
"""How many the two are compared on."""
_REASON = 200  # characters of the converter's reason that a sentence repeats


@dataclass(frozen=True)
class Difference:
    """The largest differences between LiteRT and Keras over some pictures."""

    pictures: int
    logits: float
    class_maps: float
    """Both in logit units; 0 for a network without class maps."""
    features: float
    """Of either kind, as a share of the largest feature: only their ratios count."""

    @property
    def equal(self) -> bool:
        """True if none is above `TOLERANCE`; False where one is no number."""
        return all(found <= TOLERANCE for found in (self.logits, self.class_maps, self.features))

    def __str__(self) -> str:
        """Return all three in words."""
        return (
            f"by at most {self.logits:.2g} in the logits, {self.class_maps:.2g} in the class maps and "
            f"{self.features:.2g} of the largest feature, on {self.pictures} pictures"
        )


def drawn_pictures(size: int, count: int = PICTURES) -> np.ndarray:
    """Return drawn lesions, uint8 (count, size, size, 3), every other one like a melanoma."""
    kinds = (NEVUS_LIKE, MELANOMA_LIKE)
    return np.stack([draw_lesion(kinds[seed % 2], size, size, seed).image for seed in range(count)])


def photos_of(table: pd.DataFrame, size: int, framing: str, count: int = PICTURES) -> np.ndarray:
    """Return photos of a label table, drawn at random, as the network sees them: uint8 (n, size, size, 3)."""
    chosen = table.sample(min(count, len(table)), random_state=0)["path"]
    return np.stack([frame_photo(read_image(path), size, framing).pixels for path in chosen])


def write_litert(folder: Path, network: KerasPass, pictures: np.ndarray) -> Difference:
    """Write `model.tflite` beside the `model.keras` of a folder, whose pass is `network`.

    Returns by how much the two differ on pictures, uint8 (n, S, S, 3). Raises UserError, and writes nothing,
    if the converter cannot convert the network, LiteRT is not installed, or the two differ by more than
    `TOLERANCE`.
    """
    digest = sha256(folder / NETWORK)
    content = convert(network, digest)
    converted = LiteRtPass(content, network.facts.size, digest)
    found = compare(converted, network, pictures)
    if not found.equal:
        raise UserError(
            f"The LiteRT network of {folder.name} differs from Keras' {found}; at most {TOLERANCE:g} is "
            "taken. No file was written, and Keras answers as before."
        )
    (folder / LITERT).write_bytes(content)
    return found


def convert(network: KerasPass, digest: str) -> bytes:
    """Return the content of a LiteRT file; `digest` is the SHA-256 of the network's `model.keras`.

    Raises UserError, with the converter's reason, if LiteRT has not what the network is made of.
    """
    size, frozen = network.facts.size, network.frozen()
    trial = network.run(trial_picture(size)).logits[0]
    origin = Origin(digest, network.facts, tuple(trial.tolist())).as_bytes()

    @tf.function(input_signature=[tf.TensorSpec((None, size, size, 3), tf.uint8, name="pixels")])
    def forward(pixels: tf.Tensor) -> dict[str, tf.Tensor]:
        names = ("logits", "features", "last_features", "class_maps")
        parts = dict(zip(names, frozen(pixels), strict=False))  # no class maps where nothing adds up
        return {name: tf.cast(part, tf.float32) for name, part in parts.items()} | {
            "origin": tf.constant(origin)
        }

    module = tf.Module()
    module.forward = forward
    with tempfile.TemporaryDirectory() as saved:
        tf.saved_model.save(module, saved, signatures={SIGNATURE: forward})
        converter = tf.lite.TFLiteConverter.from_saved_model(saved, signature_keys=[SIGNATURE])
        try:
            return converter.convert()
        except (ConverterError, ValueError, RuntimeError) as error:
            reason = " ".join(str(error).split())[:_REASON]
            raise UserError(f"The network cannot be converted to LiteRT: “{reason}”.") from None


def compare(converted: ForwardPass, network: ForwardPass, pictures: np.ndarray) -> Difference:
    """Return by how much two passes differ on pictures, uint8 (n, S, S, 3)."""
    found = [_differences(converted.run(one[None]), network.run(one[None])) for one in pictures]
    return Difference(len(pictures), *np.max(found, axis=0).tolist())


def _differences(one: Outputs, other: Outputs) -> Sequence[float]:
    def largest(a: np.ndarray | None, b: np.ndarray | None) -> float:
        if a is None or b is None:
            return 0.0 if a is b else np.inf
        return float(np.abs(a - b).max())

    scale = max(1e-12, float(np.abs(other.features).max()), float(np.abs(other.last_features).max()))
    of_features = max(largest(one.features, other.features), largest(one.last_features, other.last_features))
    return largest(one.logits, other.logits), largest(one.class_maps, other.class_maps), of_features / scale
