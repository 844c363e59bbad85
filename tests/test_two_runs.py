"""Two networks compared on the same lesions: which is better, by how much, and what both make together."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from benchmarks.two_runs import difference, figures_of, held_out, report, together
from melanoma.errors import UserError
from melanoma.model.bundle import load_bundle

TRUTH = np.array([0, 0, 0, 0, 1, 1, 1, 1])
LESIONS = np.arange(8)
PRIOR = np.array([0.5, 0.5])


def sure(right: list[bool]) -> np.ndarray:
    """Return probabilities that are right where `right` says so."""
    said = np.where(right, TRUTH, 1 - TRUTH)
    return np.where(np.eye(2)[said] == 1, 0.9, 0.1)


def test_the_difference_is_the_second_s_figure_less_the_first_s():
    figure = figures_of(TRUTH, melanoma=1, prior=PRIOR)["balanced accuracy"]
    worse, better = sure([True, False] * 4), sure([True] * 7 + [False])
    found = difference(figure, worse, better, LESIONS, replicates=200)
    assert found.value == pytest.approx(0.875 - 0.5)
    assert found.low < found.value < found.high
    assert difference(figure, better, worse, LESIONS, replicates=200).value == pytest.approx(-0.375)


def test_the_same_network_twice_differs_in_nothing():
    said = sure([True, False] * 4)
    for figure in figures_of(TRUTH, melanoma=1, prior=PRIOR).values():
        found = difference(figure, said, said, LESIONS, replicates=50)
        assert (found.value, found.low, found.high) == (0, 0, 0)


def test_an_even_mix_divides_by_the_prior():
    figures = figures_of(TRUTH, melanoma=1, prior=np.array([0.9, 0.1]))
    said = np.tile([0.8, 0.2], (8, 1))  # nothing but the first in the mix; the second beside its prior
    weights = np.ones(8)
    said[:4] = [0.95, 0.05]
    assert figures["balanced accuracy"](said, weights) == 0.5
    assert figures["the same in an even mix"](said, weights) == 1.0


def test_together_the_surer_one_wins():
    both = together(np.array([[0.6, 0.4]]), np.array([[0.1, 0.9]]))
    assert both.sum() == pytest.approx(1)
    assert both[0, 1] / both[0, 0] == pytest.approx(np.sqrt(0.4 / 0.6 * 0.9 / 0.1))


def test_the_report_has_both_sides_and_no_joint_figure_for_the_test_lesions(small_bundle, capsys):
    report(load_bundle(small_bundle), load_bundle(small_bundle))
    calibration, test = capsys.readouterr().out.split("\ntest lesions, ")
    assert "| 0.000 (0.000 to 0.000) |" in calibration and "| 0.000 (0.000 to 0.000) |" in test
    assert "both together" in calibration and "both together" not in test


@pytest.mark.parametrize("column", ["image_id", "lesion_id", "split", "diagnosis"])
def test_bundles_of_other_lesions_are_refused(small_bundle, column):
    bundle = load_bundle(small_bundle)
    other = bundle.load_predictions()
    other.loc[0, column] = "another"
    changed = SimpleNamespace(
        path=bundle.path, codes=bundle.codes, prior=bundle.prior, load_predictions=lambda: other
    )
    with pytest.raises(UserError, match="do not hold back the same images"):
        held_out(bundle, changed)


def test_bundles_of_other_diagnoses_are_refused(small_bundle):
    bundle = load_bundle(small_bundle)
    with pytest.raises(UserError, match="do not hold back the same images"):
        held_out(bundle, replace(bundle, codes=bundle.codes[::-1]))


def test_bundles_of_another_mix_are_refused(small_bundle):
    bundle = load_bundle(small_bundle)
    with pytest.raises(UserError, match="assume different mixes of diagnoses"):
        held_out(bundle, replace(bundle, prior=(0.9, 0.1)))
