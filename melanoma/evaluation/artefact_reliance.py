"""Does a network rely on artefacts: rulers, ink, stickers, hair, dark corners, the source of a photo?

In the archives these correlate with the diagnosis, because clinics mark suspicious lesions (Winkler et al.
2019, JAMA Dermatol 155:1135; Bissoto et al. 2020, arXiv:2004.11457). So they are painted into photos and out
of them, and the changed predictions are counted.
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
from melanoma.model.classifier import CompiledNetwork
from melanoma.model.layer_names import POOLING
from melanoma.photos.reading import read_image

CONTROL = "mirrored"
"""Mirroring changes nothing that matters, so its effect is that of any small change of the pixels."""
FOLDS = 5
BATCH = 64
_HAIRY = 0.03  # of the picture under hair: with less, the photo counts as one without hair
_HIDDEN = 0.02  # of the picture in dark corners, likewise

Change = Callable[[np.ndarray, np.random.Generator], np.ndarray | None]
"""uint8 (S, S, 3) and a generator -> the changed picture, or None where there is nothing to change."""


@dataclass(frozen=True)
class Effect:
    """The effect of one change on the images that it applies to, with 95% intervals over lesions."""

    images: int
    answers: Estimate
    """Share whose likeliest diagnosis changes."""
    alerts_added: Estimate
    """Share with a melanoma alert after the change only."""
    alerts_lost: Estimate
    """Share with a melanoma alert before the change only."""
    melanoma: Estimate
    """Mean change of the probability of melanoma."""

    def as_json(self) -> dict[str, Any]:
        """Return plain numbers."""
        names = ("answers", "alerts_added", "alerts_lost", "melanoma")
        estimates = {name: getattr(self, name).as_json() for name in names}
        return {"images": self.images} | estimates


def painted_in() -> dict[str, Change]:
    """Return the changes that add something to a photo, by name: the control first, then all `ARTEFACTS`."""
    return {CONTROL: lambda pixels, _: np.ascontiguousarray(pixels[:, ::-1]), **ARTEFACTS}


def painted_out() -> dict[str, Change]:
    """Return the changes that remove an artefact from the photos that have it, by name."""

    def no_hair(pixels: np.ndarray, _: np.random.Generator) -> np.ndarray | None:
        return without_hair(pixels) if hair(pixels).mean() >= _HAIRY else None

    def no_corners(pixels: np.ndarray, _: np.random.Generator) -> np.ndarray | None:
        hidden = dark_corners(pixels)
        if hidden.mean() < _HIDDEN:
            return None
        return surroundings.painted_out(pixels, hidden.astype(np.float32))

    return {"hair": no_hair, "dark corners": no_corners}


def load(table: pd.DataFrame, size: int, framing: str) -> np.ndarray:
    """Return the images of a table framed for the network, uint8 (n, S, S, 3).

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
    """Return the effect of each change on the answers for `pixels`, uint8 (n, S, S, 3), of `lesions` (n,).

    The same seed draws the same artefacts, so that two networks are compared on the same pictures.
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
        "alerts_added": (score < threshold) & (again >= threshold),
        "alerts_lost": (score >= threshold) & (again < threshold),
        "melanoma": again - score,
    }

    def mean(of: np.ndarray) -> Estimate:
        return bootstrap(lambda weights: float(np.average(of, weights=weights)), lesions)

    return Effect(len(before), **{name: mean(of.astype(float)) for name, of in values.items()})


def source_accuracy(features: np.ndarray, sources: np.ndarray, lesions: np.ndarray) -> Estimate:
    """Return the balanced accuracy of sources (n,) predicted from features (n, channels); chance: 1/sources.

    A logistic regression on standardised features, cross-validated so that no lesion is in two folds.
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
    """Return the pooled last feature maps of uint8 (n, S, S, 3), float32 (n, channels)."""
    inner = keras.Model(network.network.inputs, network.network.get_layer(POOLING).output)
    return np.asarray(inner.predict(pixels, batch_size=BATCH, verbose=0))


def thumbnails(pixels: np.ndarray, side: int = 16) -> np.ndarray:
    """Return tiny copies, float32 (n, side * side * 3): `source_accuracy` of a baseline without a network."""
    small = [cv2.resize(image, (side, side), interpolation=cv2.INTER_AREA) for image in pixels]
    return np.stack(small).reshape(len(pixels), -1).astype(np.float32)


def _probabilities(network: CompiledNetwork, bundle: Bundle, pixels: np.ndarray) -> np.ndarray:
    return bundle.calibration.probabilities(network.logits(pixels, BATCH))
