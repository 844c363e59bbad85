"""Maps that are the mask, its complement, and half of each."""

import numpy as np
import pytest

from melanoma.lesion.outline import widen
from melanoma.measures.base import MapCase
from melanoma.measures.overlap import InsideShare, PointingGame, coverage, inside_share, pointing_hit

MASK = np.zeros((64, 64), dtype=bool)
MASK[16:48, 16:48] = True


def test_coverage_of_cells_by_hand():
    cells = coverage(MASK, (4, 4))
    assert cells.tolist() == [[0, 0, 0, 0], [0, 1, 1, 0], [0, 1, 1, 0], [0, 0, 0, 0]]
    assert coverage(MASK, (1, 2)).tolist() == [[0.25, 0.25]]


@pytest.mark.parametrize("shape", [(64, 64), (4, 4), (8, 16)])
def test_the_mask_itself_is_all_inside_and_its_complement_all_outside(shape):
    itself = coverage(MASK, shape)
    assert inside_share(itself, MASK) == pytest.approx(1)
    assert inside_share(1 - itself, MASK) == pytest.approx(0)
    assert pointing_hit(itself, MASK) == 1
    assert pointing_hit(1 - itself, MASK) == 0


def test_an_even_map_has_the_lesions_own_share_of_the_image():
    assert inside_share(np.ones((6, 6)), MASK) == pytest.approx(0.25)


def test_only_what_speaks_for_the_diagnosis_counts():
    heatmap = np.full((4, 4), -5.0)
    heatmap[1, 1], heatmap[0, 0] = 3.0, 1.0
    assert inside_share(heatmap, MASK) == pytest.approx(0.75)
    assert pointing_hit(heatmap, MASK) == 1
    heatmap[0, 0] = 4.0
    assert pointing_hit(heatmap, MASK) == 0


def test_where_nothing_speaks_for_it_there_is_no_answer():
    assert np.isnan(inside_share(-np.ones((4, 4)), MASK))
    assert np.isnan(pointing_hit(np.zeros((4, 4)), MASK))


def test_the_measures_widen_the_outline():
    ring = widen(MASK) & ~MASK
    assert ring.sum() > 100
    case = MapCase(lambda pixels: pixels, np.zeros((64, 64, 3), np.uint8), ring.astype(float), 0, MASK)
    assert inside_share(case.heatmap, MASK) == 0
    assert InsideShare().value(case) == pytest.approx(1)
    assert PointingGame().value(case) == 1


def test_a_lesion_that_fills_the_frame_has_all_evidence():
    everywhere = np.ones((64, 64), dtype=bool)
    case = MapCase(lambda pixels: pixels, np.zeros((64, 64, 3), np.uint8), np.ones((4, 4)), 0, everywhere)
    assert InsideShare().value(case) == pytest.approx(1)


def test_without_an_outline_they_do_not_apply():
    case = MapCase(lambda pixels: pixels, np.zeros((64, 64, 3), np.uint8), np.ones((4, 4)), 0)
    assert not InsideShare().applies(case)
    with pytest.raises(ValueError, match="no outline"):
        InsideShare().value(case)


def test_a_cell_that_is_half_covered_is_inside():
    half = np.zeros((64, 64), bool)
    half[:, :8] = True  # half of the first of four columns
    heatmap = np.zeros((4, 4))
    heatmap[1, 0] = 1.0
    assert pointing_hit(heatmap, half) == 1
    half[0:32, 7] = False
    assert pointing_hit(heatmap, half) == 0, "a little less is outside"
