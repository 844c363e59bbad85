"""The curve of what is found as a list is read."""

import numpy as np

from melanoma.evaluation.effort import gain_curve
from melanoma.figures.gain import gain_figure


def test_each_curve_is_drawn_as_it_is_and_named():
    curve = gain_curve(np.array([0.9, 0.5, 0.1]), np.array([True, False, True]))
    figure = gain_figure([("one", curve), ("other", curve)], ("read", "found"))
    lines = [trace for trace in figure.data if trace.name]
    assert [line.name for line in lines] == ["one", "other"]
    assert list(lines[0].y) == [0, 0.5, 0.5, 1] and list(lines[0].x) == [0, 1 / 3, 2 / 3, 1]
    assert lines[0].line.dash != lines[1].line.dash, "told apart without colours"
    assert (figure.layout.xaxis.title.text, figure.layout.yaxis.title.text) == ("read", "found")
