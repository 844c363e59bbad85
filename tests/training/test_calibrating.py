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
UP = 3 * np.log(2)
"""A difference of the logits. Where it speaks for melanoma, 4 of 6 images are one and 10 of 30 are none: a
likelihood ratio of 2, so that the temperature is 3 in any mix. Even weights, or another mix in the scores
than in the weights, give another."""
SIGNS = np.array([1] * 4 + [-1] * 2 + [1] * 10 + [-1] * 20)
TRUTH = np.array([0] * 6 + [1] * 30)
LOGITS = np.stack([SIGNS * UP, np.zeros(36)], axis=1) + 5


def test_the_weights_bring_the_classes_into_the_mix():
    weights = class_weights(TRUTH, PRIOR)
    assert weights[0] == pytest.approx(0.8 / 6) and weights[-1] == pytest.approx(0.2 / 30)


@pytest.mark.parametrize("prior", [PRIOR, PRIOR[::-1], np.array([0.03, 0.97])])
def test_the_temperature_of_a_known_likelihood_ratio(prior):
    assert fit_temperature(LOGITS, TRUTH, prior) == pytest.approx(3, rel=1e-3)


def test_calibration_fits_the_temperature_in_the_mix_and_decides_with_it():
    table = pd.DataFrame({"diagnosis": np.array(["MEL", "NV"])[TRUTH], "lesion_id": np.arange(36)})
    found = calibrate(LOGITS, table, ("MEL", "NV"), PRIOR, 0.5, 0.9)
    assert found["temperature"] == pytest.approx(3, rel=1e-3)
    # Odds of 4 in the mix, times 2 or half: probabilities of 8/9 and 2/3. Of six melanomas the lowest is 2/3.
    assert found["alert_threshold"] == pytest.approx(2 / 3, abs=1e-3)
    given = calibrate(LOGITS, table, ("MEL", "NV"), PRIOR, 0.5, 0.9, temperature=1.0)
    assert given["temperature"] == 1.0
    assert given["alert_threshold"] == pytest.approx(4 / (4 + 8), abs=1e-9)


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
