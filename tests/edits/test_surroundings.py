"""Other surroundings leave the lesion alone, and a lesion painted out leaves skin."""

import numpy as np
import pytest

from melanoma.edits.drawn_lesions import MELANOMA_LIKE, draw_lesion
from melanoma.edits.surroundings import blurred, compose, painted_out, plain
from melanoma.lesion.outline import MARGIN, diameter, widen

SIDE = 128


def disc(radius: float) -> np.ndarray:
    y, x = np.mgrid[:SIDE, :SIDE] - (SIDE - 1) / 2
    return np.hypot(x, y) <= radius


def test_the_widened_disc_has_the_wider_radius():
    mask = disc(30)
    assert diameter(mask) == pytest.approx(60, abs=0.5)
    wider = widen(mask)
    assert diameter(wider) == pytest.approx(60 * (1 + 2 * MARGIN), abs=1.5)
    assert wider[mask].all()


def test_widening_nothing_gives_nothing():
    empty = np.zeros((SIDE, SIDE), bool)
    assert not widen(empty).any()


@pytest.mark.parametrize("other", [blurred, plain])
def test_the_lesion_itself_is_untouched(other):
    drawn = draw_lesion(MELANOMA_LIKE, SIDE, SIDE, seed=2)
    inside = widen(drawn.mask).astype(np.float32)
    changed = compose(drawn.image, other(drawn.image, inside), inside)
    assert (changed[drawn.mask] == drawn.image[drawn.mask]).all()
    far = ~widen(drawn.mask, 0.4)
    assert (changed[far] != drawn.image[far]).any(axis=-1).mean() > 0.8


def test_plain_surroundings_have_the_mean_colour_of_the_skin():
    image = np.full((SIDE, SIDE, 3), (200, 150, 140), np.uint8)
    image[disc(30)] = (60, 40, 30)
    assert plain(image, disc(30).astype(np.float32))[0, 0].tolist() == [200, 150, 140]


def test_a_painted_out_lesion_is_skin():
    image = np.full((SIDE, SIDE, 3), (200, 150, 140), np.uint8)
    image[disc(30)] = (60, 40, 30)
    skin = painted_out(image, disc(33).astype(np.float32))
    assert np.abs(skin.astype(int) - (200, 150, 140)).max() <= 2


def test_an_image_that_is_all_lesion_becomes_its_mean_colour():
    image = np.zeros((SIDE, SIDE, 3), np.uint8)
    image[:, : SIDE // 2] = 200
    filled = painted_out(image, np.ones((SIDE, SIDE), np.float32))
    assert np.abs(filled.astype(int) - 100).max() <= 2
