"""A map that marks what counts does better than random ones."""

import numpy as np

from melanoma.figures.deletion_insertion import compared_curves, curve_figure
from melanoma.measures.base import MapCase


def brightness_of_the_corner(pixels):
    """A network that looks at the top left corner only."""
    share = pixels[:, :8, :8].std(axis=(1, 2, 3)) / 255
    return np.stack([share, 1 - share], axis=1)


def test_the_marked_corner_beats_the_others():
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (32, 32, 3)).astype(np.uint8)
    good = np.zeros((4, 4), np.float32)
    good[0, 0] = 1
    found = compared_curves(MapCase(brightness_of_the_corner, pixels, good, 0), [good[::-1], good[:, ::-1]])
    assert found.deletion.area < found.deletion_by_chance.area - 0.05
    assert found.insertion.area > found.insertion_by_chance.area + 0.05
    figure = curve_figure(found.deletion, found.deletion_by_chance, "doing")
    assert [trace.name for trace in figure.data] == ["Random spots", "This map"]
    assert list(figure.data[1].y) == list(found.deletion.probabilities)
