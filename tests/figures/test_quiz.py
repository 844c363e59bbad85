"""The quiz's photo: what can be clicked on is what the network saw."""

import numpy as np

from melanoma.figures.quiz import COLUMNS, clickable_photo
from melanoma.photos.framing import square_along


def test_every_place_to_click_lies_in_the_square():
    photo = np.zeros((100, 400, 3), np.uint8)
    figure = clickable_photo(photo, square_along(400, 100, 250, 64), (260.0, 50.0))
    x, y = np.array(figure.data[0].x), np.array(figure.data[0].y)
    assert len(x) == COLUMNS**2
    assert (x.min(), x.max()) == (250 + 100 / COLUMNS / 2, 350 - 100 / COLUMNS / 2)
    assert y.min() > 0 and y.max() < 100
    assert tuple(figure.layout.xaxis.range) == (250, 350)
    assert list(figure.data[1].x) == [260.0], "the mark stands where it was set"
