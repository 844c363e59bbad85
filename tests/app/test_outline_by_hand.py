"""An outline drawn by hand: where it was drawn, and counted on the network's pixels."""

import numpy as np
import pytest

from melanoma.lesion.outline import Outline
from melanoma.measures.lesion_in_view import outline_in_view
from melanoma.photos.framing import Geometry


def test_a_drawn_box_is_where_it_was_drawn():
    mask = np.zeros((300, 400), bool)
    mask[100:200, 50:350] = True  # the network sees the columns from 50 to 350
    lesion = outline_in_view(Outline(mask, 1.0), Geometry(400, 300, 50, 0, 300, 96), by_hand=True)
    assert lesion.trusted and lesion.by_hand
    assert lesion.mask.shape == (96, 96)
    assert lesion.mask[32:64].mean() > 0.98 and lesion.mask[:31].sum() == lesion.mask[65:].sum() == 0
    corners = np.concatenate(lesion.contours)
    assert corners.min(axis=0) == pytest.approx((50, 100), abs=1)
    assert corners.max(axis=0) == pytest.approx((350, 200), abs=1)


def test_evidence_in_the_box_is_inside():
    mask = np.zeros((100, 100), bool)
    mask[:, :50] = True
    lesion = outline_in_view(Outline(mask, 1.0), Geometry(100, 100, 0, 0, 100, 96))
    left, right = np.zeros((4, 4)), np.zeros((4, 4))
    left[:, 0], right[:, 3] = 1.0, 1.0
    assert lesion.share_inside(left) == pytest.approx(1)
    assert lesion.share_inside(right) == pytest.approx(0, abs=0.01)
