"""What the network says about one photo."""

from dataclasses import dataclass

import numpy as np

from melanoma.errors import UserError
from melanoma.photos.framing import Geometry

NO_EVIDENCE = (
    "This network has no evidence map: dense layers follow its flattened feature maps, so its scores are no "
    "sum over regions. Grad-CAM shows where they would change."
)


@dataclass(frozen=True)
class Prediction:
    """What the network says about one photo. Arrays run in the order of `codes`."""

    codes: tuple[str, ...]
    probabilities: np.ndarray
    """float64 (classes,), calibrated, summing to 1, for the mix of diagnoses that the bundle states."""
    logits: np.ndarray
    """float32 (classes,)."""
    evidence: np.ndarray | None
    """float32 (h, w, classes), logit units, signed; `evidence.sum((0, 1)) + bias` is `logits`. None for a
    network whose logits are no sum over regions."""
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

    @property
    def ranked(self) -> list[tuple[str, float]]:
        """All diagnoses with their probabilities, likeliest first."""
        order = np.argsort(-self.probabilities, kind="stable")
        return [(self.codes[index], float(self.probabilities[index])) for index in order]

    @property
    def diagnosis(self) -> str:
        """The likeliest diagnosis."""
        return self.ranked[0][0]

    def require_evidence(self) -> np.ndarray:
        """Return the evidence; raises UserError for a network that has none."""
        if self.evidence is None:
            raise UserError(NO_EVIDENCE)
        return self.evidence

    def probability(self, code: str) -> float:
        """Return the probability of one diagnosis."""
        return float(self.probabilities[self.index(code)])

    def index(self, code: str) -> int:
        """Return where a diagnosis stands in the arrays; raises UserError if the model does not know it."""
        if code not in self.codes:
            raise UserError(
                f"“{code}” is not a diagnosis of this model. Choose one of {', '.join(self.codes)}."
            )
        return self.codes.index(code)
