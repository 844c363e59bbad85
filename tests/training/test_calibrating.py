"""Temperature by hand, with unequal class shares and a skewed mix; the diagram's points."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from melanoma.model.bundle import load_bundle
from melanoma.model.calibration import class_weights, fit_temperature
from melanoma.training.calibrating import calibrate, draw_reliability

PRIOR = np.array([0.8, 0.2])
SIGNS = np.array([2] * 4 + [-1] * 3 + [2] * 4 + [-1] * 24)
TRUTH = np.array([0] * 7 + [1] * 28)
LOGITS = np.stack([SIGNS * 3 * np.log(2), np.zeros(35)], axis=1) + 5
"""Of 7 melanomas 4 have a difference of 2 x 3 log 2, and of 28 nevi 4: four times as likely. The others have
one of -3 log 2, and are half as likely. So the temperature is 3, in any mix; but not with even weights, nor
with another mix in the scores than in the weights."""


def test_the_weights_bring_the_classes_into_the_mix():
    weights = class_weights(TRUTH, PRIOR)
    assert weights[0] == pytest.approx(0.8 / 7) and weights[-1] == pytest.approx(0.2 / 28)


@pytest.mark.parametrize("prior", [PRIOR, PRIOR[::-1], np.array([0.03, 0.97])])
def test_the_temperature_of_a_known_likelihood_ratio(prior):
    assert fit_temperature(LOGITS, TRUTH, prior) == pytest.approx(3, rel=1e-3)


def test_calibration_fits_the_temperature_in_the_mix_and_decides_with_it():
    table = pd.DataFrame({"diagnosis": np.array(["MEL", "NV"])[TRUTH], "lesion_id": np.arange(35)})
    found = calibrate(LOGITS, table, ("MEL", "NV"), PRIOR, 0.5, 0.9)
    assert found["temperature"] == pytest.approx(3, rel=1e-3)
    # Odds of 4 in the mix, times 4 or half: probabilities of 16/17 and 2/3, the lowest of seven melanomas.
    assert found["alert_threshold"] == pytest.approx(2 / 3, abs=1e-3)
    given = calibrate(LOGITS, table, ("MEL", "NV"), PRIOR, 0.5, 0.9, temperature=1.0)
    assert given["temperature"] == 1.0
    assert given["alert_threshold"] == pytest.approx((4 / 8) / (4 / 8 + 1), abs=1e-9)


def least_temperature(differences, truth, prior):
    """The temperature with the least weighted cross-entropy of two classes, on a fine grid, written out."""
    grid = np.arange(0.2, 5, 0.002)[:, None]
    odds = np.where(truth == 0, 1, -1) * (differences / grid + np.log(prior[0] / prior[1]))
    weights = np.array(prior)[truth] / np.bincount(truth)[truth]
    return grid[(weights * np.log1p(np.exp(-odds))).sum(axis=1).argmin(), 0]


def test_the_mix_of_the_fit_is_the_bundle_s():
    """Where no temperature fits all, it hangs on the mix that errors are counted in."""
    truth = np.array([0] * 8 + [1] * 40)
    differences = np.array([3.0] * 5 + [-1.0] * 2 + [-4.0] + [2.0] * 3 + [-1.5] * 30 + [-6.0] * 7)
    table = pd.DataFrame({"diagnosis": np.array(["MEL", "NV"])[truth], "lesion_id": np.arange(48)})
    logits = np.stack([differences, np.zeros(48)], axis=1)
    found = {}
    for share in (0.9, 0.5, 0.1):
        prior = np.array([share, 1 - share])
        found[share] = calibrate(logits, table, ("MEL", "NV"), prior, 0.5, 0.9)["temperature"]
        assert found[share] == pytest.approx(least_temperature(differences, truth, prior), abs=0.003)
    assert min(abs(found[0.5] - found[0.9]), abs(found[0.5] - found[0.1])) > 0.1


def test_the_diagram_shows_the_share_of_melanomas_in_the_mix(small_bundle, tmp_path, monkeypatch):
    drawn = []
    monkeypatch.setattr(Figure, "savefig", lambda figure, path, **_: drawn.append((figure, path)))
    bundle = replace(load_bundle(small_bundle), prior=(0.2, 0.8))
    truth = ["MEL"] * 3 + ["NV"] * 3 + ["MEL"] + ["NV"]
    table = pd.DataFrame({"MEL": [0.9] * 6 + [0.1] * 2, "diagnosis": truth, "lesion_id": list("abcdefgh")})
    draw_reliability(table, bundle, tmp_path / "reliability.png")
    ((figure, path),) = drawn
    points = figure.axes[0].lines[1].get_xydata()
    assert path == tmp_path / "reliability.png"
    # Each of four melanomas weighs 0.05 and each of four nevi 0.2: at both points one part in five.
    assert points == pytest.approx(np.array([[0.1, 0.2], [0.9, 0.2]]))
    assert figure.axes[0].lines[1].get_marker() == "o"
