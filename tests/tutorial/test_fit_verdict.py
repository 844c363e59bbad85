"""The rule for overfitting and underfitting, on curves worked out by hand."""

import pytest

from melanoma.tutorial.fit_verdict import ENOUGH, GAP, LAST, Fit, verdict_of


@pytest.mark.parametrize(
    ("fitted", "validation", "fit"),
    [
        (0.95, 0.55, Fit.OVERFITTING),
        (0.70, 0.55, Fit.OVERFITTING),  # the gap decides, also where the fitted images are not learned
        (0.74, 0.70, Fit.UNDERFITTING),
        (0.40, 0.60, Fit.UNDERFITTING),  # dropout can put the fitted images below the others
        (0.76, 0.70, Fit.NEITHER),
        (ENOUGH, ENOUGH, Fit.NEITHER),
    ],
)
def test_level_and_gap_give_the_verdict(fitted, validation, fit):
    found = verdict_of([fitted] * LAST, [validation] * LAST)
    assert found.fit == fit
    assert found.gap == pytest.approx(fitted - validation)


def test_a_gap_of_the_limit_itself_is_none():
    half = [0.5] * LAST
    assert verdict_of([0.5 + GAP - 1e-9] * LAST, half).fit == Fit.UNDERFITTING
    assert verdict_of([0.5 + GAP + 1e-9] * LAST, half).fit == Fit.OVERFITTING


def test_only_the_last_epochs_count_and_a_short_run_counts_whole():
    before = [0.1, 0.2, 0.99]
    found = verdict_of([*before, *[0.9] * LAST], [*before, *[0.8, 0.9, 0.8, 0.9, 0.8]])
    assert (found.fitted, found.validation) == (pytest.approx(0.9), pytest.approx(0.84))
    assert found.fit == Fit.NEITHER
    assert verdict_of([0.3, 0.9], [0.4, 0.5]).gap == pytest.approx(0.15)


def test_the_epoch_is_that_from_which_the_gap_stays():
    fitted = [0.5, 0.9, 0.5, 0.9, 0.9]
    assert verdict_of(fitted, [0.5] * 5).since == 4
    assert verdict_of([0.9] * 5, [0.5] * 5).since == 1
    assert verdict_of([0.9] * 4 + [0.5], [0.5] * 5).since is None
    assert verdict_of([None, 0.9, 0.9, 0.9, 0.9, 0.9], [0.5] * 6).since == 2


def test_what_was_not_stored_gives_no_verdict():
    assert verdict_of([0.5] * 5 + [None], [0.5] * 6) is None
    assert verdict_of([], []) is None
    with pytest.raises(ValueError):
        verdict_of([0.5] * 5, [0.5] * 6)
