"""Verdicts by hand-made figures: what an exchanged sign or a wrong test would turn round."""

from dataclasses import replace

import numpy as np
import pytest

from melanoma.laboratory.findings import (
    Pointing,
    Verdict,
    accuracy,
    chance,
    focus,
    goes_by_it,
    judge,
    shown_photos,
)
from melanoma.laboratory.pictures import Picture
from melanoma.laboratory.trial import AS_FITTED, CLEAN, REVERSED, LookedAt, Outcome, Plan
from melanoma.laboratory.wording import map_words, verdict_words


def seen(on_planted, area, malignant=True):
    """One photo of 1 x 10 cells, so much of whose evidence for melanoma lies in so many touched cells."""
    touched = np.arange(10)[None] < round(area * 10)
    on_it, beside = max(touched.sum(), 1), max((~touched).sum(), 1)
    evidence = np.where(touched, on_planted / on_it, (1 - on_planted) / beside)
    return LookedAt(Picture(0, "ruler"), malignant, 1.0, evidence, 0.0, touched)


def outcome(as_fitted, clean, reverse, plan=None, looked_at=(), of=40):
    """So many of 40 right in each test, always the first ones."""
    counts = {AS_FITTED: as_fitted, CLEAN: clean, REVERSED: reverse}
    right = {test: np.arange(of) < count for test, count in counts.items()}
    plan = plan or Plan("ruler", 1.0, 0.0)
    return Outcome(plan, right, np.arange(of) % 2 == 0, tuple(looked_at), 80, 1, 3, 0.1)


def test_wilson_by_the_textbook():
    # 8 of 10 (Brown, Cai and DasGupta 2001 give the formula): (0.8 + 1.92 / 10 ± …) / (1 + 3.84 / 10)
    z, n, p = 1.959964, 10, 0.8
    middle, half = (p + z**2 / 2 / n), z * np.sqrt(p * (1 - p) / n + z**2 / 4 / n**2)
    found = accuracy(outcome(8, 8, 8, of=10), CLEAN)
    assert found.value == 0.8
    assert found.low == pytest.approx((middle - half) / (1 + z**2 / n), abs=1e-6)
    assert found.high == pytest.approx((middle + half) / (1 + z**2 / n), abs=1e-6)


def test_mcnemar_by_hand():
    # 5 lost and none won: p = 2 / 32 = 0.0625; 6 lost: 2 / 64 = 0.03.
    assert not goes_by_it(outcome(40, 40, 35))
    assert goes_by_it(outcome(40, 40, 34))
    assert not goes_by_it(outcome(34, 40, 40)), "being right more often the other way round is no shortcut"


@pytest.mark.parametrize(
    ("now", "before", "verdict"),
    [
        (outcome(33, 33, 33, Plan("ruler", 0, 0)), None, Verdict.NOTHING_PLANTED),
        (outcome(22, 22, 22, Plan("ruler", 0, 0)), None, Verdict.NOTHING_LEARNED),
        (outcome(40, 20, 2), None, Verdict.CAUGHT),
        (outcome(22, 22, 22), None, Verdict.NOTHING_LEARNED),
        (outcome(33, 33, 33), None, Verdict.SOUND),
        (outcome(33, 33, 33), outcome(40, 20, 2), Verdict.MENDED),
        (outcome(22, 22, 22), outcome(40, 20, 2), Verdict.NOTHING_LEARNED),
        (outcome(38, 33, 20), outcome(40, 20, 2), Verdict.NOT_MENDED),
        (outcome(33, 33, 33), outcome(34, 33, 33), Verdict.NOTHING_TO_MEND),
    ],
)
def test_verdicts(now, before, verdict):
    assert judge(now, before) == verdict


def test_the_words_follow_the_figures():
    caught, mended = outcome(40, 20, 2), outcome(33, 33, 32, Plan("ruler", 1, 0, "mixing"))
    told = verdict_words(caught)
    assert told.startswith("**The head looks at the ruler.** Right about 100% where it is planted as in")
    assert "50% without it, 5% where it is planted the other way round" in told
    assert verdict_words(mended, caught).startswith("**The head no longer goes by the ruler.**")
    assert verdict_words(mended, caught).endswith("Before the mend the last figure was 5%.")
    assert "looks at the ink" in verdict_words(outcome(40, 20, 2, Plan("ink", 1, 0)))
    assert verdict_words(outcome(33, 33, 33)).startswith("**The head does not go by the ruler, as far as")
    assert "learns next to nothing" in verdict_words(outcome(22, 22, 22))
    assert "82% of the photos" in verdict_words(outcome(33, 33, 33, Plan("ruler", 0, 0)))


def test_a_mend_that_only_changes_the_surroundings_is_told_so():
    everywhere = [seen(1.0, 1.0)]
    cast = Plan("colours", 1, 0)
    before = outcome(40, 20, 2, cast, everywhere)
    for mend, sentence in (("masking", "It lies on the lesion too"), ("mixing", "Another mend")):
        told = verdict_words(outcome(38, 33, 20, replace(cast, mend=mend), everywhere), before)
        assert told.startswith("**The mend does not help enough.**") and sentence in told


def test_where_the_evidence_lies_by_hand():
    found = focus(outcome(40, 20, 2, looked_at=[seen(0.5, 0.1), seen(0.7, 0.1), seen(0.9, 0.2)]))
    assert (found.evidence, found.area, found.photos) == (pytest.approx(0.7), pytest.approx(0.1), 3)
    assert found.pointing == Pointing.POINTS
    assert focus(outcome(40, 20, 2, looked_at=[seen(0.19, 0.1)])).pointing == Pointing.DOES_NOT
    assert focus(outcome(40, 20, 2, looked_at=[seen(0.2, 0.1)])).pointing == Pointing.POINTS
    assert focus(outcome(40, 20, 2, looked_at=[seen(1.0, 0.8)])).pointing == Pointing.NOWHERE_TO
    assert focus(outcome(40, 20, 2, looked_at=[seen(0.0, 0.0)])) is None


def test_a_mark_of_moles_is_sought_in_what_speaks_for_moles():
    towards_mole = replace(seen(0.5, 0.1), evidence=-seen(0.5, 0.1).evidence)
    assert focus(outcome(40, 20, 2, Plan("ink", 0, 1), [towards_mole])).evidence == pytest.approx(0.5)
    assert focus(outcome(40, 20, 2, Plan("ink", 1, 0), [towards_mole])) is None


def test_the_words_of_the_map():
    assert map_words(outcome(40, 20, 2, looked_at=[seen(0.5, 0.1)])).startswith("The maps point to it. 50%")
    assert map_words(outcome(40, 20, 2, looked_at=[seen(0.1, 0.1)])).startswith("The maps do not point")
    assert map_words(outcome(40, 20, 2, looked_at=[seen(1, 1.0)])).startswith("No map can point to it")
    assert map_words(outcome(40, 20, 2)).startswith("Nothing of it is left in the photos")
    assert map_words(outcome(33, 33, 33, Plan("ruler", 0, 0))) == ""


def test_chance_and_the_photos_that_are_shown():
    looked_at = [seen(0.5, 0.1, kind) for kind in (True, True, True, False)]
    assert [photo.malignant for photo in shown_photos(outcome(40, 20, 2, looked_at=looked_at))] == [
        *(True, True, False)
    ]
    assert chance(replace(outcome(4, 4, 4, of=10), malignant=np.arange(10) < 3)) == 0.7
