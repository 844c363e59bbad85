"""Does a network lean on what comes with a photo: rulers, ink, stickers, hair, dark corners, its source?

Such things go with a diagnosis in the archives, because clinics mark what worries them (Winkler et al. 2019,
JAMA Dermatol 155:1135; Bissoto et al. 2020, arXiv:2004.11457). So they are painted into photos and out of
them, and it is counted what that changes.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import cv2
import keras
import numpy as np
import pandas as pd
from rich.progress import track
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedGroupKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from melanoma.edits import surroundings
from melanoma.edits.artefacts import ARTEFACTS
from melanoma.evaluation.metrics import Estimate, balanced_accuracy, bootstrap
from melanoma.lesion.framing import frame_photo
from melanoma.lesion.hair_removal import dark_corners, hair, without_hair
from melanoma.model.bundle import Bundle
from melanoma.model.calibration import probabilities_from
from melanoma.model.classifier import CompiledNetwork
from melanoma.model.network import POOLING
from melanoma.photos.reading import read_image

NO_NEWS = "mirrored"
"""The control: mirroring says nothing of the lesion, so what it changes is the network's own wavering."""
FOLDS = 5
BATCH = 64
_HAIRY = 0.03  # of the picture under hair: below, there is nothing to take out
_HIDDEN = 0.02  # of the picture behind the tube, likewise

Change = Callable[[np.ndarray, np.random.Generator], np.ndarray | None]
"""uint8 (S, S, 3) and a generator -> the changed picture, or None where there is nothing to change."""


@dataclass(frozen=True)
class Effect:
    """What one change does, over the images that it applies to, with 95% intervals over lesions."""

    images: int
    answers: Estimate
    """Share whose likeliest diagnosis changes."""
    rung: Estimate
    """Share whose melanoma alert starts to ring."""
    silenced: Estimate
    """Share whose melanoma alert falls silent."""
    melanoma: Estimate
    """Mean change of the probability of melanoma."""

    def as_json(self) -> dict[str, Any]:
        """Return plain numbers."""
        estimates = {
            name: getattr(self, name).as_json() for name in ("answers", "rung", "silenced", "melanoma")
        }
        return {"images": self.images} | estimates


def painted_in() -> dict[str, Change]:
    """Return what is painted into a photo, by name: the control first, then all of `ARTEFACTS`."""
    return {NO_NEWS: lambda pixels, _: np.ascontiguousarray(pixels[:, ::-1]), **ARTEFACTS}


def painted_out() -> dict[str, Change]:
    """Return what is taken out of the photos that have it, by name."""

    def no_hair(pixels: np.ndarray, _: np.random.Generator) -> np.ndarray | None:
        return without_hair(pixels) if hair(pixels).mean() >= _HAIRY else None

    def no_corners(pixels: np.ndarray, _: np.random.Generator) -> np.ndarray | None:
        hidden = dark_corners(pixels)
        if hidden.mean() < _HIDDEN:
            return None
        return surroundings.painted_out(pixels, hidden.astype(np.float32))

    return {"hair": no_hair, "dark corners": no_corners}


def load(table: pd.DataFrame, size: int, framing: str) -> np.ndarray:
    """Return the images of a catalogue as the network sees them, uint8 (n, S, S, 3).

    Raises UserError for one that cannot be read.
    """
    return np.stack([frame_photo(read_image(path), size, framing).pixels for path in table["path"]])


def effects(
    network: CompiledNetwork,
    bundle: Bundle,
    pixels: np.ndarray,
    lesions: np.ndarray,
    changes: dict[str, Change],
    seed: int = 0,
) -> dict[str, Effect]:
    """Return what each change does to the answers for `pixels`, uint8 (n, S, S, 3), of `lesions` (n,).

    The same seed paints the same things, so two networks are asked about the same pictures.
    """
    before = _probabilities(network, bundle, pixels)
    found = {}
    for name, change in track(changes.items(), "Painting", transient=True):
        rng = np.random.default_rng([seed, len(name)])
        changed = [change(image, rng) for image in pixels]
        rows = np.array([row for row, image in enumerate(changed) if image is not None], dtype=int)
        if len(rows):
            after = _probabilities(network, bundle, np.stack([changed[row] for row in rows]))
            found[name] = effect(
                before[rows], after, bundle.codes.index("MEL"), bundle.alert_threshold, lesions[rows]
            )
    return found


def effect(
    before: np.ndarray, after: np.ndarray, melanoma: int, threshold: float, lesions: np.ndarray
) -> Effect:
    """Return the effect from probabilities (n, classes) before and after; `melanoma` is its column."""
    score, again = before[:, melanoma], after[:, melanoma]
    values = {
        "answers": before.argmax(axis=1) != after.argmax(axis=1),
        "rung": (score < threshold) & (again >= threshold),
        "silenced": (score >= threshold) & (again < threshold),
        "melanoma": again - score,
    }

    def mean(of: np.ndarray) -> Estimate:
        return bootstrap(lambda weights: float(np.average(of, weights=weights)), lesions)

    return Effect(len(before), **{name: mean(of.astype(float)) for name, of in values.items()})


def source_told(features: np.ndarray, sources: np.ndarray, lesions: np.ndarray) -> Estimate:
    """Return how well features (n, channels) tell the source (n,): balanced accuracy, 1/sources by chance.

    A logistic regression on standardised features, cross-validated so that no lesion is on both sides.
    """
    names, truth = np.unique(sources, return_inverse=True)
    model = make_pipeline(
        StandardScaler(), LogisticRegression(C=0.01, class_weight="balanced", max_iter=2000)
    )
    folds = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=0)
    predicted = cross_val_predict(model, features, truth, groups=lesions, cv=folds)
    assert predicted.max() < len(names)
    return bootstrap(lambda weights: balanced_accuracy(truth, predicted, weights), lesions)


def last_features(network: CompiledNetwork, pixels: np.ndarray) -> np.ndarray:
    """Return what the dense layer sees of uint8 (n, S, S, 3), float32 (n, channels)."""
    inner = keras.Model(network.network.inputs, network.network.get_layer(POOLING).output)
    return np.asarray(inner.predict(pixels, batch_size=BATCH, verbose=0))


def thumbnails(pixels: np.ndarray, side: int = 16) -> np.ndarray:
    """Return tiny copies, float32 (n, side * side * 3): what shows the source without any network."""
    small = [cv2.resize(image, (side, side), interpolation=cv2.INTER_AREA) for image in pixels]
    return np.stack(small).reshape(len(pixels), -1).astype(np.float32)


def _probabilities(network: CompiledNetwork, bundle: Bundle, pixels: np.ndarray) -> np.ndarray:
    return probabilities_from(network.logits(pixels, BATCH), bundle.temperature, bundle.prior)
