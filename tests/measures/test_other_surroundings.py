"""A scorer that looks at the lesion only, and one that looks at the surroundings only."""

import numpy as np
import pytest

from melanoma.lesion.outline import widen
from melanoma.measures.base import MapCase
from melanoma.measures.other_surroundings import (
    ChangedAnswers,
    LesionRemoved,
    MovedProbability,
    drawn_skins,
    surroundings_test,
)

SIDE = 64
MASK = np.zeros((SIDE, SIDE), dtype=bool)
MASK[24:40, 24:40] = True
LESION = widen(MASK)
PHOTO = np.full((SIDE, SIDE, 3), 200, np.uint8)
PHOTO[MASK] = 20
CORNER = np.zeros_like(MASK)
CORNER[:8, :8] = True
SKINS = [np.full_like(PHOTO, value) for value in (190, 60)]


def darkness(region):
    """Class 0 if the region is dark: its probability is 1 at black and 0 at white."""

    def probabilities(pixels):
        dark = 1 - pixels[:, region].mean(axis=(1, 2)) / 255
        return np.stack([dark, 1 - dark], axis=1)

    return probabilities


def test_a_network_that_reads_the_lesion_keeps_its_answer_and_loses_it_with_the_lesion():
    found = surroundings_test(darkness(MASK), PHOTO, LESION, SKINS)
    assert [change.keeps_lesion for change in found.changes] == [True] * 4 + [False]
    assert found.changed_answers == 0
    assert found.furthest(0) == pytest.approx(0, abs=0.005)
    assert found.changes[-1].answer_changes
    assert found.lost_with_lesion(0) == pytest.approx((200 - 20) / 255, abs=0.02)
    assert found.lost_with_lesion(1) == pytest.approx(-(200 - 20) / 255, abs=0.02)


def test_a_network_that_reads_the_corner_changes_with_the_skin_and_not_with_the_lesion():
    found = surroundings_test(darkness(CORNER), PHOTO, LESION, SKINS)
    by_name = {change.name: change for change in found.changes}
    assert not by_name["surroundings of one colour"].answer_changes
    assert not by_name["other skin 1"].answer_changes
    assert by_name["other skin 2"].answer_changes
    assert by_name["other skin 2"].moved == pytest.approx([140 / 255, -140 / 255], abs=0.005)
    assert found.changed_answers == pytest.approx(1 / 4)
    assert found.furthest(1) == pytest.approx(140 / 255, abs=0.005)
    assert found.lost_with_lesion(0) == pytest.approx(0, abs=0.02)


def test_the_images_keep_what_they_say_they_keep():
    found = surroundings_test(darkness(MASK), PHOTO, LESION, SKINS)
    far = ~widen(LESION, 0.5)
    for change in found.changes:
        if change.keeps_lesion:
            assert np.abs(change.image[LESION].astype(int) - PHOTO[LESION]).max() <= 1
        else:
            assert np.abs(change.image[far].astype(int) - PHOTO[far]).max() <= 1
            assert change.image[MASK].min() > 150
    assert found.changes[3].image[far].max() <= 61


def test_the_measures_read_the_same_test():
    reads_corner = MapCase(darkness(CORNER), PHOTO, np.ones((4, 4)), 1, MASK)
    reads_lesion = MapCase(darkness(MASK), PHOTO, np.ones((4, 4)), 0, MASK)
    assert MovedProbability().value(reads_lesion) == pytest.approx(0, abs=0.005)
    assert MovedProbability().value(reads_corner) > 0.02
    assert LesionRemoved().value(reads_lesion) > 0.6
    assert ChangedAnswers().value(reads_lesion) == 0


def test_a_lesion_that_fills_the_frame_leaves_nothing_to_change():
    found = surroundings_test(darkness(CORNER), PHOTO, np.ones_like(MASK), SKINS)
    assert found.changed_answers == 0
    assert found.furthest(0) == pytest.approx(0, abs=0.005)


def test_drawn_skin_has_no_lesion_and_two_tones():
    pale, brown = drawn_skins(SIDE)
    assert pale.mean() > brown.mean() + 15
    for skin in (pale, brown):
        middle, rim = skin[24:40, 24:40].mean(), skin[:8].mean()
        assert abs(middle - rim) < 25


def test_three_measures_of_one_case_ask_the_network_once():
    calls = []

    def probabilities(pixels):
        calls.append(len(pixels))
        return darkness(MASK)(pixels)

    case = MapCase(probabilities, PHOTO, np.ones((4, 4)), 0, MASK)
    for measure in (ChangedAnswers(), MovedProbability(), LesionRemoved()):
        measure.value(case)
    assert len(calls) == 1
