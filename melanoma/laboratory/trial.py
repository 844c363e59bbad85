"""One trial: what is planted where, heads fitted to it, and what they answer to held-back photos."""

import time
from dataclasses import dataclass, replace

import numpy as np

from melanoma.laboratory.feature_store import SLICE, FeatureStore
from melanoma.laboratory.head import Head, fit_head
from melanoma.laboratory.lesions import Lesions
from melanoma.laboratory.pictures import Picture, touched_cells
from melanoma.laboratory.shortcuts import SHORTCUTS

NO_MEND, MIXING, MASKING, TWINS = "none", "mixing", "masking", "twins"
MENDS = (NO_MEND, MIXING, MASKING, TWINS)
AS_FITTED, CLEAN, REVERSED = "as-fitted", "clean", "reversed"
TESTS = (AS_FITTED, CLEAN, REVERSED)
LOOKED_AT = 4
"""Held-back photos of each class whose maps are looked at: one pass of the network."""


@dataclass(frozen=True)
class Plan:
    """What a trial does. Raises ValueError for a value that there is not."""

    shortcut: str
    """One of `SHORTCUTS`."""
    on_malignant: float
    """Share of the melanomas in which it is planted, 0..1."""
    on_benign: float
    """Share of the moles, likewise."""
    mend: str = NO_MEND
    """One of `MENDS`, done to what the head is fitted to. `mixing` plants as often in both classes, `masking`
    replaces all outside the lesion by plain skin, also where the head answers, and `twins` adds each photo
    again in the surroundings of one of the other class."""

    def __post_init__(self) -> None:
        """Check the values."""
        shares = 0 <= self.on_malignant <= 1 and 0 <= self.on_benign <= 1
        if self.shortcut not in SHORTCUTS or self.mend not in MENDS or not shares:
            raise ValueError(f"there is no trial of {self}")

    @property
    def planted(self) -> bool:
        """True if it is planted anywhere."""
        return self.on_malignant > 0 or self.on_benign > 0

    @property
    def speaks(self) -> int:
        """For which class it speaks: 1 for melanoma, -1 for mole; 1 where it tells nothing."""
        return 1 if self.on_malignant >= self.on_benign else -1

    @property
    def masked(self) -> bool:
        """True if all pictures are masked."""
        return self.mend == MASKING


@dataclass(frozen=True)
class LookedAt:
    """One held-back photo and the evidence that its head finds there."""

    picture: Picture
    malignant: bool
    """The truth."""
    logit: float
    evidence: np.ndarray
    """float64 (h, w), logit units; its sum and `start` are the logit."""
    start: float
    """The head's logit for the reference, the mean of clean pictures."""
    touched: np.ndarray
    """bool (h, w), the cells where what was planted can be seen."""

    def share_planted(self, speaks: int) -> float | None:
        """Return the share, 0..1, of the evidence for a class, 1 or -1, that lies in the touched cells.

        None if none is touched or nothing speaks for that class.
        """
        speaking = np.maximum(speaks * self.evidence, 0)
        if not self.touched.any() or not speaking.any():
            return None
        return float(speaking[self.touched].sum() / speaking.sum())

    @property
    def area(self) -> float:
        """Share of the cells that are touched, 0..1."""
        return float(self.touched.mean())


@dataclass(frozen=True)
class Outcome:
    """What came of a trial."""

    plan: Plan
    right: dict[str, np.ndarray]
    """By `TESTS`: which held-back lesions were answered rightly, bool (n,), in one order for all."""
    malignant: np.ndarray
    """Their truth, bool (n,)."""
    looked_at: tuple[LookedAt, ...]
    fitted: int
    """Pictures that a head was fitted to."""
    heads: int
    """How many heads were fitted: one, or one for each photo that was held back."""
    channels: int
    """How many weights a head has, one for each channel of the feature maps."""
    seconds: float
    """How long fitting took, all heads together."""

    def accuracy(self, test: str) -> float:
        """Return the share of held-back lesions that were answered rightly, 0..1."""
        return float(self.right[test].mean())


def planted_in(lesions: Lesions, on_malignant: float, on_benign: float) -> np.ndarray:
    """Return in which lesions a shortcut is planted, bool (n,): the first of each group of a class."""
    chosen = np.zeros(len(lesions), dtype=bool)
    for group in lesions.groups:
        share = on_malignant if lesions.malignant[group[:1]].any() else on_benign
        chosen[group[: round(share * len(group))]] = True
    return chosen


def fitted_pictures(lesions: Lesions, plan: Plan, among: np.ndarray) -> list[Picture]:
    """Return what a head is fitted to, of the lesions numbered `among`."""
    shares = (plan.on_malignant, plan.on_benign)
    if plan.mend == MIXING:
        shares = (sum(shares) / 2,) * 2
    chosen = planted_in(lesions, *shares)
    pictures = [_picture(lesion, chosen, plan) for lesion in among]
    if plan.mend == TWINS:
        pictures += [
            replace(_picture(lesion, chosen, plan), around=(other, _shortcut(other, chosen, plan)))
            for lesion, other in _partners(lesions, among)
        ]
    return pictures


def tried_pictures(lesions: Lesions, plan: Plan, test: str) -> list[Picture]:
    """Return what a head is tried on in one of `TESTS`, of all lesions.

    `reversed` plants in moles as often as was set for melanomas, and the other way round.
    """
    shares = {
        AS_FITTED: (plan.on_malignant, plan.on_benign),
        CLEAN: (0.0, 0.0),
        REVERSED: (plan.on_benign, plan.on_malignant),
    }[test]
    chosen = planted_in(lesions, *shares)
    return [_picture(lesion, chosen, plan) for lesion in range(len(lesions))]


def needed_pictures(lesions: Lesions, plan: Plan) -> list[Picture]:
    """Return every picture whose features `run_trial` asks for."""
    found: list[Picture] = []
    for among, held in lesions.folds:
        found += fitted_pictures(lesions, plan, among)
        for test in TESTS:
            tried = tried_pictures(lesions, plan, test)
            found += [tried[lesion] for lesion in held]
    return list(dict.fromkeys(found))


def run_trial(store: FeatureStore, plan: Plan) -> Outcome:
    """Return what comes of a plan; the features of `needed_pictures` have to be in the store.

    Raises UserError if all lesions of a fit are of one class.
    """
    lesions = store.lesions
    heads: dict[int, Head] = {}
    order: list[int] = []
    fitted, began = 0, time.perf_counter()
    for among, held in lesions.folds:
        pictures = fitted_pictures(lesions, plan, among)
        fitted = len(pictures)
        truth = lesions.malignant[[picture.lesion for picture in pictures]]
        head = fit_head(store.pooled(pictures), truth)
        heads |= {int(lesion): head for lesion in held}
        order += [int(lesion) for lesion in held]
    seconds = time.perf_counter() - began
    right = {}
    for test in TESTS:
        tried = tried_pictures(lesions, plan, test)
        features = store.pooled([tried[lesion] for lesion in order])
        logits = np.array(
            [heads[lesion].logits(row[None])[0] for lesion, row in zip(order, features, strict=True)]
        )
        right[test] = (logits > 0) == lesions.malignant[order]
    return Outcome(
        plan=plan,
        right=right,
        malignant=lesions.malignant[order],
        looked_at=_look(store, plan, heads, order),
        fitted=fitted,
        heads=len(lesions.folds),
        channels=len(heads[order[0]].weights),
        seconds=seconds,
    )


def _look(store: FeatureStore, plan: Plan, heads: dict[int, Head], order: list[int]) -> tuple[LookedAt, ...]:
    """Return the evidence for the first held-back lesions of each class, all with the shortcut if any."""
    lesions = store.lesions
    chosen = np.full(len(lesions), plan.planted)
    both = [[n for n in order if lesions.malignant[n] == kind][:LOOKED_AT] for kind in (True, False)]
    pictures = [_picture(lesion, chosen, plan) for lesion in (*both[0], *both[1])]
    reference = store.reference(plan.masked)
    found = []
    for first in range(0, len(pictures), SLICE):
        some = pictures[first : first + SLICE]
        for picture, maps in zip(some, store.maps(some), strict=True):
            head = heads[picture.lesion]
            evidence = head.evidence(maps[None], reference)[0]
            found.append(
                LookedAt(
                    picture,
                    bool(lesions.malignant[picture.lesion]),
                    float(head.logits(maps.mean(axis=(0, 1))[None])[0]),
                    evidence,
                    head.start(reference),
                    touched_cells(lesions, picture, (evidence.shape[0], evidence.shape[1])),
                )
            )
    return tuple(found)


def _picture(lesion: int, chosen: np.ndarray, plan: Plan) -> Picture:
    return Picture(int(lesion), _shortcut(lesion, chosen, plan), plan.masked)


def _shortcut(lesion: int, chosen: np.ndarray, plan: Plan) -> str | None:
    return plan.shortcut if chosen[lesion] else None


def _partners(lesions: Lesions, among: np.ndarray) -> list[tuple[int, int]]:
    """Return each lesion with one of the other class, in turn."""
    kinds = {kind: [int(n) for n in among if lesions.malignant[n] == kind] for kind in (True, False)}
    return [
        (lesion, kinds[not kind][place % len(kinds[not kind])])
        for kind, numbers in kinds.items()
        for place, lesion in enumerate(numbers)
    ]
