"""Drawn rulers, ink, stickers, hair and dark corners change some pixels, and the same ones for one seed."""

import numpy as np
import pytest

from melanoma.edits.artefacts import ARTEFACTS
from melanoma.edits.drawn_lesions import NEVUS_LIKE, draw_lesion

IMAGE = draw_lesion(NEVUS_LIKE, 160, 200, seed=1).image


@pytest.mark.parametrize("name", list(ARTEFACTS))
def test_an_artefact_changes_a_part_of_a_copy(name):
    before = IMAGE.copy()
    changes = []
    for seed in range(5):
        drawn = ARTEFACTS[name](IMAGE, np.random.default_rng(seed))
        again = ARTEFACTS[name](IMAGE, np.random.default_rng(seed))
        assert (drawn == again).all()
        assert drawn.dtype == np.uint8 and drawn.shape == IMAGE.shape
        changes.append((drawn != IMAGE).any(axis=-1).mean())
    assert (before == IMAGE).all(), "the image given must stay as it is"
    assert 0.002 < np.median(changes) < 0.75


def test_dark_corners_leave_the_middle_and_hide_the_corners():
    drawn = ARTEFACTS["dark corners"](IMAGE, np.random.default_rng(0))
    assert (drawn[60:100, 80:120] == IMAGE[60:100, 80:120]).all()
    assert drawn[:3, :3].max() == 0
