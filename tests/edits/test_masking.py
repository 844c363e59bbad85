"""What is covered is covered, and nothing else."""

import numpy as np
import pytest

from melanoma.edits.masking import FILLS, cover, polygons, rectangle

RNG = np.random.default_rng(0)
PHOTO = RNG.integers(200, 220, (60, 80, 3)).astype(np.uint8)
PHOTO[20:40, 30:50] = 20
DARK = rectangle((60, 80), 0.3, 0.7, 0.25, 0.75)


@pytest.mark.parametrize("fill", FILLS)
def test_only_the_region_changes(fill):
    covered = cover(PHOTO, DARK, fill)
    assert (covered[~DARK] == PHOTO[~DARK]).all()
    assert (covered[DARK] != PHOTO[DARK]).any(axis=-1).mean() > 0.9


def test_skin_around_hides_the_dark_spot_and_grey_is_grey():
    assert cover(PHOTO, DARK, FILLS[0])[20:40, 30:50].min() > 150
    assert (cover(PHOTO, DARK, "Grey")[DARK] == 128).all()


def test_nothing_covered_is_the_photo():
    assert (cover(PHOTO, np.zeros((60, 80), bool)) == PHOTO).all()


def test_another_fill_is_refused():
    with pytest.raises(ValueError, match="glitter"):
        cover(PHOTO, DARK, "glitter")


def test_shares_become_pixels():
    inside = rectangle((60, 80), 0.25, 0.5, 0, 0.5)
    assert inside.sum() == 20 * 30 and inside[:30, 20:40].all()


def test_outlines_drawn_by_hand():
    box = [(10, 5), (20, 5), (20, 15), (10, 15)]
    lasso = [(40, 40), (60, 40), (40, 60)]
    inside = polygons((60, 80), [box, lasso, [(1, 1), (2, 2)]])
    assert inside[10, 15] and inside[45, 45] and not inside[58, 58] and not inside[1, 1]
    assert inside.sum() == pytest.approx(121 + 210, abs=25)
    assert not polygons((60, 80), []).any()
    assert polygons((60, 80), [[(-50, -50), (500, -50), (500, 500), (-50, 500)]]).all()
