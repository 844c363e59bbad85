"""One answer to several photos of one lesion: the mean of their scores."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.special import log_softmax

from melanoma.errors import UserError
from melanoma.model.answer import Answer
from melanoma.model.bundle import Bundle
from melanoma.model.decision import decide
from melanoma.model.prediction import Prediction


@dataclass(frozen=True)
class JointAnswer(Answer):
    """What the network says of several photos of one lesion, taken together."""

    codes: tuple[str, ...]
    of_photos: tuple[Prediction, ...]
    """The answers that it is made of; each counts alike."""
    melanoma_alert: bool
    prediction_set: tuple[str, ...]
    malignancy_alert: bool | None = None

    @cached_property
    def scores(self) -> np.ndarray:
        """The mean of the photos' scores, brought to probabilities again, float64 (classes,)."""
        return joint_scores([answer.scores for answer in self.of_photos])


def joint_scores(scores: Sequence[np.ndarray]) -> np.ndarray:
    """Return the logarithms of joint probabilities, float64 (classes,), of each photo's, (classes,).

    log softmax(mean over the photos of log p): the geometric mean of the probabilities, brought to 1 in all.
    The mix that is in each photo's scores is in theirs, once. No diagnosis comes out less probable than at
    the photo where it is least so (a geometric mean is no smaller, and the sum that it is divided by at most
    1); several diagnoses together, such as all malignant ones, can. Raises UserError for less than two.
    """
    if len(scores) < 2:
        raise UserError("A joint answer needs two photos of the lesion or more.")
    return np.asarray(log_softmax(np.mean(np.asarray(scores, dtype=np.float64), axis=0)))


def answer_together(predictions: Sequence[Prediction], bundle: Bundle) -> JointAnswer:
    """Return the joint answer to photos of one lesion; alerts and set are decided as for a single photo.

    Raises UserError for less than two photos, or if they were answered for other diagnoses than the bundle's.
    """
    if any(prediction.codes != bundle.codes for prediction in predictions):
        raise UserError("Only answers of one model can be put together.")
    decided = decide(bundle, np.exp(joint_scores([prediction.scores for prediction in predictions])))
    return JointAnswer(
        codes=bundle.codes,
        of_photos=tuple(predictions),
        melanoma_alert=decided.melanoma_alert,
        prediction_set=decided.prediction_set,
        malignancy_alert=decided.malignancy_alert,
    )
