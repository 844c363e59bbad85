"""What the figures of a trial say: does the head go by what was planted, and does its map show it?"""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from melanoma.evaluation.metrics import Estimate
from melanoma.laboratory.trial import AS_FITTED, CLEAN, REVERSED, LookedAt, Outcome

_DOUBT = 0.05
"""Largest p-value of McNemar's exact test with which a difference between two tests counts."""
_STANDS_OUT = 2.0
"""Times the share of the picture: with so much of the evidence, a map points to what was planted."""
_EVERYWHERE = 0.8
"""Of the picture: what touches more has no place to which a map could point."""


class Verdict(StrEnum):
    """What came of a trial, of its mend if it has one."""

    NOTHING_PLANTED = "nothing planted"
    NOTHING_LEARNED = "nothing learned"
    CAUGHT = "caught"
    SOUND = "sound"
    MENDED = "mended"
    NOT_MENDED = "not mended"
    NOTHING_TO_MEND = "nothing to mend"


class Pointing(StrEnum):
    """Whether a map shows what was planted."""

    POINTS = "points"
    DOES_NOT = "does not"
    NOWHERE_TO = "nowhere to"


@dataclass(frozen=True)
class Focus:
    """How much of the evidence lies on what was planted."""

    evidence: float
    """Share of what speaks for the class that it speaks for, 0..1: the median of `photos`."""
    area: float
    """Share of the picture that it touches, likewise."""
    photos: int

    @property
    def pointing(self) -> Pointing:
        """Whether the maps point to it."""
        if self.area >= _EVERYWHERE:
            return Pointing.NOWHERE_TO
        return Pointing.POINTS if self.evidence >= _STANDS_OUT * self.area else Pointing.DOES_NOT


def accuracy(outcome: Outcome, test: str) -> Estimate:
    """Return the share of right answers in a test with its 95% interval (Wilson 1927, JASA 22:209)."""
    from scipy.stats import binomtest  # 45 MB that no other page needs

    right = outcome.right[test]
    interval = binomtest(int(right.sum()), len(right)).proportion_ci(method="wilson")
    return Estimate(float(right.mean()), float(interval.low), float(interval.high))


def chance(outcome: Outcome) -> float:
    """Return how often one is right who always names the commoner class, 0.5..1."""
    share = float(outcome.malignant.mean())
    return max(share, 1 - share)


def goes_by_it(outcome: Outcome) -> bool:
    """Return whether the head is right less often where it is planted the other way round.

    McNemar's exact test on the same lesions (1947, Psychometrika 12:153), two-sided.
    """
    from scipy.stats import binomtest

    first, other = outcome.right[AS_FITTED], outcome.right[REVERSED]
    lost, won = int((first & ~other).sum()), int((~first & other).sum())
    return lost > won and binomtest(lost, lost + won).pvalue < _DOUBT


def learns_nothing(outcome: Outcome) -> bool:
    """Return whether chance lies in the interval of its accuracy on clean photos, or above it."""
    return accuracy(outcome, CLEAN).low <= chance(outcome)


def focus(outcome: Outcome) -> Focus | None:
    """Return how much evidence lies on what was planted; None where nothing of it can be seen."""
    shares = [
        (share, seen.area)
        for seen in outcome.looked_at
        if (share := seen.share_planted(outcome.plan.speaks)) is not None
    ]
    if not shares:
        return None
    evidence, area = np.median(np.array(shares), axis=0)
    return Focus(float(evidence), float(area), len(shares))


def judge(outcome: Outcome, without_mend: Outcome | None = None) -> Verdict:
    """Return the verdict on a trial; `without_mend` is the same without its mend, if it has one."""
    if not outcome.plan.planted:
        return Verdict.NOTHING_LEARNED if learns_nothing(outcome) else Verdict.NOTHING_PLANTED
    caught = goes_by_it(outcome)
    if without_mend is not None and goes_by_it(without_mend):
        if caught:
            return Verdict.NOT_MENDED
        return Verdict.NOTHING_LEARNED if learns_nothing(outcome) else Verdict.MENDED
    if caught:
        return Verdict.CAUGHT
    if learns_nothing(outcome):
        return Verdict.NOTHING_LEARNED
    return Verdict.SOUND if without_mend is None else Verdict.NOTHING_TO_MEND


def shown_photos(outcome: Outcome, each: int = 2) -> tuple[LookedAt, ...]:
    """Return the first `each` photos of either class of those that were looked at."""
    kinds = [[seen for seen in outcome.looked_at if seen.malignant == kind][:each] for kind in (True, False)]
    return (*kinds[0], *kinds[1])
