"""What a threshold does: a table worked out by hand, then properties."""

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from melanoma.evaluation.operating_points import Ranked, false_alarms, missed, parts_of, roc_curve
from melanoma.evaluation.patients import among
from melanoma.evaluation.reliability import melanoma_bins


@pytest.fixture
def parts():
    table = pd.DataFrame(
        {
            "image_id": list("abcdefgh"),
            "lesion_id": list("ABCDEFGH"),
            "diagnosis": ["MEL", "NV", "MEL", "NV", "MEL", "NV", "NV", "MEL"],
            "MEL": [0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2],
            "sex": ["female"] * 4 + ["male"] * 3 + [None],
        }
    )
    return parts_of(table)


def test_shares_at_a_threshold_by_hand(parts):
    everyone = parts[0]
    assert everyone.sensitivity(0.5).value == pytest.approx(3 / 4)
    assert everyone.specificity(0.5).value == pytest.approx(2 / 4)
    assert missed(everyone, 0.6) == [("h", 0.2), ("e", 0.5)]
    assert false_alarms(everyone, 0.6) == [("b", 0.8), ("d", 0.6)]


def test_groups_name_what_is_not_known(parts):
    groups = {part.name: part for part in parts[1:]}
    assert set(groups) == {"female", "male", "unknown"}
    assert groups["female"].sensitivity(0.8).value == pytest.approx(1 / 2)
    assert np.isnan(groups["unknown"].specificity(0.5).value)
    assert all(part.small for part in groups.values())


def test_an_interval_holds_its_value_and_widens_with_fewer_lesions():
    rng = np.random.default_rng(0)
    table = pd.DataFrame(
        {
            "image_id": np.arange(400).astype(str),
            "lesion_id": np.arange(400),
            "diagnosis": np.where(np.arange(400) % 2, "MEL", "NV"),
            "MEL": rng.random(400),
        }
    )
    alone = parts_of(table, 500)[0].sensitivity(0.5)
    assert alone.low < alone.value < alone.high
    # By the binomial law, 200 melanomas found by half: half a width of 1.96 * 0.5 / sqrt(200) = 0.069.
    assert (alone.high - alone.low) / 2 == pytest.approx(0.069, abs=0.012)
    clustered = parts_of(table.assign(lesion_id=np.arange(400) // 20), 500)[0].sensitivity(0.5)
    assert clustered.value == alone.value
    assert clustered.high - clustered.low != pytest.approx(alone.high - alone.low, rel=0.01)


def test_the_curve_runs_from_nothing_to_everything(parts):
    curve = roc_curve(parts[0])
    assert (curve.sensitivity[0], curve.false_positive_rate[0]) == (0, 0)
    assert (curve.sensitivity[-1], curve.false_positive_rate[-1]) == (1, 1)
    # 16 pairs of a melanoma and another lesion; the melanoma ranks higher in 4 + 3 + 2 + 0 of them.
    assert np.trapezoid(curve.sensitivity, curve.false_positive_rate) == pytest.approx(9 / 16)


def test_a_thousand_people_by_hand():
    patients = among(1000, 0.1, sensitivity=0.9, specificity=0.8)
    assert patients.in_people() == (90, 10, 180, 720)
    assert patients.positive_predictive_value == pytest.approx(90 / 270)
    assert patients.negative_predictive_value == pytest.approx(720 / 730)


def test_rounding_never_hides_a_missed_melanoma():
    patients = among(1000, 0.005, sensitivity=0.98, specificity=0.999)
    found, missed_people, alarms, silent = patients.in_people()
    assert missed_people == 1
    assert found + missed_people == 5
    assert found + missed_people + alarms + silent == 1000


def test_reliability_bins_by_hand():
    score = np.array([0.01, 0.01, 0.5, 0.5])
    melanoma = np.array([False, False, True, False])
    bins = melanoma_bins(score, melanoma, np.arange(4), np.array([1, 1, 3, 1.0]))
    assert [found.images for found in bins] == [2, 2]
    assert bins[0].share.value == 0
    assert bins[1].share.value == pytest.approx(3 / 4)


@pytest.mark.slow("imports in a process of its own")
def test_the_page_s_host_needs_no_scikit_learn():
    script = "import sys, melanoma.evaluation.held_out; print({'sklearn', 'tensorflow'} & set(sys.modules))"
    printed = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert printed.stdout.strip() == "set()"


def test_images_that_no_resample_drew_have_no_share():
    never = Ranked(np.array(["a"]), np.array([0.5]), np.zeros((2, 3), np.uint16))
    once = Ranked(np.array(["a"]), np.array([0.5]), np.array([[0, 0, 0], [0, 2, 0]], np.uint16))
    assert np.isnan(never.share_above(0.1).value)
    assert vars(once.share_above(0.5)) == {"value": 1.0, "low": 1.0, "high": 1.0}
    assert vars(once.share_above(0.51)) == {"value": 0.0, "low": 0.0, "high": 0.0}
