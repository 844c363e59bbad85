"""What the network says about one photo."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from melanoma.errors import UserError
from melanoma.model.answer import Answer
from melanoma.model.log_odds import (
    Calibration,
    entropy,
    log_odds,
    shares_of_the_others,
    shares_within,
)
from melanoma.photos.framing import Geometry

NO_EVIDENCE = (
    "This network has no evidence map: dense layers follow its flattened feature maps, so its log-odds are "
    "no sum over regions. Grad-CAM shows where they would change."
)


@dataclass(frozen=True)
class Prediction(Answer):
    """What the network says about one photo. Arrays run in the order of `codes`."""

    codes: tuple[str, ...]
    logits: np.ndarray
    """float32 (classes,), defined up to a constant: adding to all of them changes nothing else here."""
    calibration: Calibration
    """Temperature and mix of diagnoses, which make scores of logits."""
    class_maps: np.ndarray | None
    """float32 (h, w, classes), logit units, signed; `class_maps.sum((0, 1)) + bias` is `logits`. Defined up
    to a map that all diagnoses share, as logits are up to a constant. None for a network whose logits are no
    sum over regions."""
    bias: np.ndarray
    """float32 (classes,)."""
    melanoma_alert: bool
    prediction_set: tuple[str, ...]
    """The diagnoses that cannot be ruled out at the bundle's conformal coverage, likeliest first."""
    in_distribution: bool
    novelty: float
    """Distance to the training images in feature space, 0..2."""
    quality: tuple[str, ...]
    """Sentences about what is wrong with the photo or was not seen of it; empty if nothing is."""
    pixels: np.ndarray
    """uint8 (S, S, 3), what the network saw."""
    geometry: Geometry
    """Where in the photo that lies."""
    lesion_not_seen: float | None = None
    """See `lesion.framing.Framed`."""
    malignancy_alert: bool | None = None
    """Whether the malignant diagnoses together reach the bundle's threshold; None if it has none."""

    @cached_property
    def scores(self) -> np.ndarray:
        """The logarithms of the probabilities, float64 (classes,)."""
        return self.calibration.scores(self.logits)

    @cached_property
    def log_odds(self) -> np.ndarray:
        """log(p / (1 - p)) of each diagnosis against all others, float64 (classes,): what is explained.

        `starting_values + evidence.sum((0, 1)) - division`.
        """
        return log_odds(self.scores)

    @cached_property
    def slopes(self) -> np.ndarray:
        """By how much the log-odds of diagnosis k rise with logit j, float64 (classes, classes)."""
        return self.calibration.slopes(self.logits)

    @cached_property
    def evidence(self) -> np.ndarray | None:
        """What each cell adds to the log-odds of each diagnosis, float32 (h, w, classes), signed.

        A diagnosis' own class map less those of the others, each weighed by how likely it is among them. None
        as `class_maps`.
        """
        if self.class_maps is None:
            return None
        return (self.class_maps.astype(np.float64) @ self.slopes.T).astype(np.float32)

    @cached_property
    def starting_values(self) -> np.ndarray:
        """Bias and mix of each diagnosis less those of the others, each by its share; float64 (classes,)."""
        log_prior = self.calibration.log_prior
        return self.slopes @ self.bias.astype(np.float64) + log_prior - self._others @ log_prior

    @cached_property
    def division(self) -> np.ndarray:
        """How divided the others are for each diagnosis: the entropy of their shares, nats, (classes,).

        From 0, where one of them has all that is left, to the logarithm of their number, where they share it
        evenly. It is taken off the log-odds: many rivals together are likelier than any of them.
        """
        return entropy(self._others)

    @cached_property
    def _others(self) -> np.ndarray:
        return shares_of_the_others(self.scores)

    def require_evidence(self) -> np.ndarray:
        """Return `evidence`; raises UserError for a network that has none."""
        return _require(self.evidence)

    def require_class_maps(self) -> np.ndarray:
        """Return `class_maps`; raises UserError for a network that has none."""
        return _require(self.class_maps)

    def evidence_for_any(self, codes: Sequence[str]) -> np.ndarray:
        """Return what each cell adds to the log-odds of several diagnoses taken together, float32 (h, w).

        Their class maps less those of all others, each side weighed by the shares within it; for one
        diagnosis, its `evidence`. Raises UserError for a network without, or if no diagnosis is left beside
        them.
        """
        members = [self.index(code) for code in codes]
        others = [index for index in range(len(self.codes)) if index not in members]
        if not members or not others:
            raise UserError("Evidence is for some of the diagnoses against the rest: give some, and not all.")
        weights = shares_within(self.scores, members) - shares_within(self.scores, others)
        maps = self.require_class_maps().astype(np.float64) @ (weights / self.calibration.temperature)
        return maps.astype(np.float32)


def _require(maps: np.ndarray | None) -> np.ndarray:
    if maps is None:
        raise UserError(NO_EVIDENCE)
    return maps
