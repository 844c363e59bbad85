"""The square that is offered first to crop a photo by."""

import numpy as np
import pytest

from melanoma.edits.drawn_lesions import LesionParameters, draw_edge_chart, draw_lesion
from melanoma.lesion.cropping import USUAL, offer_crop
from melanoma.lesion.outline import diameter
from melanoma.photos.cropping import SMALLEST


@pytest.fixture(scope="module")
def small():
    """A lesion of a fifth of the shorter side, in the middle of a photo twice as long as high."""
    return draw_lesion(LesionParameters(asymmetry=0.2, border=0.2, colours=3, diameter=0.2), 300, 600, 4)


@pytest.mark.parametrize("shift", [0, -200, 190])
def test_it_lies_around_a_small_lesion_wherever_that_is(small, shift):
    photo, mask = (np.roll(part, shift, axis=1) for part in (small.image, small.mask))
    crop, found = offer_crop(photo)
    assert found
    assert crop.cut(mask).sum() == mask.sum(), "all of the lesion is in it"
    assert diameter(mask) / crop.side == pytest.approx(USUAL, rel=0.2), "in the size that was learned"
    assert crop.side < 0.6 * 300


def test_a_lesion_that_fills_the_photo_gets_the_whole_shorter_side():
    crop, found = offer_crop(draw_lesion(LesionParameters(diameter=0.9), 200, 300, 4).image)
    assert crop.side == 200


def test_where_nothing_is_found_it_is_the_middle():
    crop, found = offer_crop(np.full((300, 500, 3), 200, np.uint8))
    assert not found
    assert (crop.left, crop.top, crop.side) == (175, 75, 150)


def test_a_photo_without_a_lesion_is_never_an_error():
    crop, _ = offer_crop(draw_edge_chart())
    assert crop.side >= SMALLEST
