"""The nearest known lesions, by hand-made features."""

import numpy as np
import pandas as pd
import pytest

from melanoma.evaluation.neighbour_figures import judge_neighbours, left_one_out, nearest_diagnoses
from melanoma.model.neighbours import (
    FEWEST,
    KnownLesions,
    fit_known_lesions,
    load_known_lesions,
    public_lesions,
)

ANGLES = np.radians([0, 20, 90, 100, 112])
TABLE = pd.DataFrame(
    {
        "image_id": [f"ISIC_000000{number}" for number in range(5)],
        "diagnosis": ["MEL", "NV", "NV", "MEL", "NV"],
        "source": ["a", "a", "b", "b", "b"],
    },
    dtype=object,
)


def turned(angles):
    """Features (n, 3) at angles around a mean of (5, 5, 5), of length 2; the last channel says nothing."""
    return np.stack([5 + 2 * np.cos(angles), 5 + 2 * np.sin(angles), np.full(len(angles), 5)], axis=1)


@pytest.fixture
def known():
    features = np.stack([np.cos(ANGLES), np.sin(ANGLES)], axis=1).astype(np.float16)
    return KnownLesions(TABLE, features, np.full(3, 5, np.float32), np.eye(3, 2, dtype=np.float32))


def test_the_nearest_of_a_diagnosis_come_first_with_their_cosines(known):
    found = known.nearest(turned(np.radians([25.0]))[0], "NV", 2)
    assert [(case.isic_id, case.diagnosis, case.source) for case in found] == [
        ("ISIC_0000001", "NV", "a"),
        ("ISIC_0000002", "NV", "b"),
    ]
    assert [case.similarity for case in found] == pytest.approx(np.cos(np.radians([5, 65])), abs=1e-3)
    assert known.nearest(turned(np.radians([25.0]))[0], "SCC", 2) == []


def test_stored_and_read_again_it_is_the_same(known, tmp_path):
    known.save(tmp_path / "known.npz")
    again = load_known_lesions(tmp_path / "known.npz")
    pd.testing.assert_frame_equal(again.table, TABLE, check_dtype=False)
    photos = turned(np.radians([3.0, 200.0]))
    np.testing.assert_array_equal(again.similarities(photos), known.similarities(photos))


def test_axes_are_those_along_which_features_vary():
    rng = np.random.default_rng(0)
    table = pd.concat([TABLE] * (FEWEST // 5), ignore_index=True)
    features = rng.normal(size=(FEWEST, 100)) * np.r_[30.0, 8.0, np.full(98, 0.01)] + 3
    fitted = fit_known_lesions(table, features)
    assert np.abs(fitted.axes[:2, :2]) == pytest.approx(np.eye(2), abs=0.1)
    assert np.linalg.norm(fitted.features.astype(float), axis=1) == pytest.approx(1, abs=0.01)
    own = fitted.similarities(features)
    assert np.diag(own) == pytest.approx(1, abs=0.01) and own.max() <= 1.01
    assert fit_known_lesions(table.iloc[1:], features[1:]) is None


def test_one_public_photo_a_lesion():
    ids = ["ISIC_0000009", "ISIC_0000002", "mine-1", "ISIC_12", "ISIC_0000003"]
    table = pd.DataFrame({"image_id": ids, "lesion_id": ["x", "x", "y", "z", "w"]})
    assert public_lesions(table)["image_id"].tolist() == ["ISIC_0000002", "ISIC_0000003"]


def test_a_lesion_is_not_its_own_neighbour(known):
    assert left_one_out(known).tolist() == ["NV", "MEL", "MEL", "NV", "MEL"]


def test_agreement_and_sources_by_hand(known):
    angles = np.radians([1.0, 21.0, 89.0, 101.0])
    table = pd.DataFrame(
        {
            "diagnosis": ["MEL", "MEL", "NV", "MEL"],
            "lesion_id": list("wxyz"),
            "source": ["a", "a", "b", "b"],
        }
    )
    assert nearest_diagnoses(known, turned(angles)).tolist() == ["MEL", "NV", "NV", "MEL"]
    answers = np.array(["MEL", "MEL", "NV", "NV"])
    found = judge_neighbours(known, table, turned(angles), answers)
    assert found["right"]["value"] == 0.75 and found["right"]["images"] == 4
    assert found["right_by_source"] == {}, "fewer than FEW"
    agree, differ = found["named_right"]["agree"], found["named_right"]["differ"]
    assert (agree["value"], agree["images"]) == (1.0, 2)
    assert (differ["value"], differ["images"]) == (0.5, 2)
    assert found["missed"]["images"] == 1 and found["missed"]["value"] == 1.0
    assert found["fitted"]["all"] == 0.0 and found["lesions"] == 5
