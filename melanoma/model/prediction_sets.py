"""Prediction sets: the diagnoses that cannot be ruled out, always the likeliest ones and no hole between.

Adaptive prediction sets (Romano, Sesia and Candès 2020, arXiv:2006.02544) take the diagnoses in the order of
their probabilities until enough is gathered. Here each diagnosis has a limit of its own, since one limit that
holds for the rarest makes all sets large: a diagnosis is called for when all that is likelier amounts to no
more than its limit, and with it comes whatever is as likely or likelier. The likeliest is always in.
"""

import numpy as np

from melanoma.model.bundle_layout import ADAPTIVE


def likelier_mass(probabilities: np.ndarray) -> np.ndarray:
    """Return for each diagnosis the sum of all probabilities above its own, float64 (…, classes), 0 to 1.

    The conformal score of adaptive sets, without their randomisation. Equals have the same.
    """
    values = np.asarray(probabilities, dtype=np.float64)
    above = values[..., None, :] > values[..., :, None]
    return (above * values[..., None, :]).sum(axis=-1)


def in_sets(probabilities: np.ndarray, limits: np.ndarray, method: str) -> np.ndarray:
    """Return which diagnoses are in the prediction set, bool (…, classes).

    `limits` is (classes,): of the adaptive method as above, of the class-conditional one the largest 1 - p
    at which a diagnosis belongs to the set, which may leave out likelier ones.
    """
    values, limits = np.asarray(probabilities, dtype=np.float64), np.asarray(limits)
    if method != ADAPTIVE:
        return 1 - values <= limits
    called = likelier_mass(values) <= limits
    least = np.where(called, values, np.inf).min(axis=-1, keepdims=True)
    return values >= least


def adaptive_limits(
    probabilities: np.ndarray,
    truth: np.ndarray,
    lesions: np.ndarray,
    prior: np.ndarray,
    coverage: float,
    coverage_by_class: np.ndarray,
) -> np.ndarray:
    """Return the limit of each diagnosis, float64 (classes,), set on n images of known diagnosis.

    `probabilities` is float (n, classes), `truth` int (n,), `lesions` (n,) tells which images show one
    lesion. A lesion counts once, with the photo whose set has to be the largest to hold the truth. Sets hold
    the truth for at least `coverage` of new lesions in the mix `prior` (classes,), and for at least
    `coverage_by_class` (classes,) of those of each diagnosis: the limit is the larger of two conformal
    quantiles, of the diagnosis' own lesions (Vovk 2012, arXiv:1209.2673) and of all of them weighted to the
    mix. It is 1, so that the diagnosis is in every set, where there are too few lesions for the quantile.
    """
    scores = likelier_mass(probabilities)[np.arange(len(truth)), truth]
    keys = np.stack([np.unique(lesions, return_inverse=True)[1], truth], axis=1)
    lesion, member = np.unique(keys, axis=0, return_inverse=True)
    worst = np.zeros(len(lesion))
    np.maximum.at(worst, member.ravel(), scores)
    of_class = lesion[:, 1]
    own = np.array(
        [conformal_quantile(worst[of_class == index], share) for index, share in enumerate(coverage_by_class)]
    )
    counts = np.bincount(of_class, minlength=len(prior))
    weights = (np.asarray(prior) / np.maximum(counts, 1))[of_class]
    order = np.argsort(worst, kind="stable")
    # A new lesion counts as one of its diagnosis, at the worst place: the heaviest of them.
    gathered = np.cumsum(weights[order]) / (weights.sum() + weights.max())
    enough = np.flatnonzero(gathered >= coverage - 1e-12)
    return np.maximum(own, worst[order][enough[0]] if len(enough) else 1.0)


def conformal_quantile(scores: np.ndarray, coverage: float) -> float:
    """Return the ceil((n + 1) * coverage)-th smallest of n scores, or 1 where n is too small for it."""
    rank = int(np.ceil((len(scores) + 1) * coverage - 1e-9))
    return float(np.sort(scores)[rank - 1]) if 0 < rank <= len(scores) else 1.0
