"""Figures of a comparison show both answers."""

from dataclasses import replace

import numpy as np
import pytest

from melanoma.figures.perturbations import before_and_after, region_selection_figure, sweep_lines
from melanoma.model.log_odds import Calibration
from melanoma.photos.framing import Geometry
from tests.explain.lesson.test_worked_sum import PREDICTION

NAMES = {"MEL": "Melanom", "NV": "Muttermal", "BCC": "Basaliom"}


def test_bars_before_and_after():
    even = replace(PREDICTION, calibration=Calibration(1.0, (0.5, 0.5)))
    before, after = (replace(even, logits=np.log(odds)) for odds in ([0.2, 0.8], [0.9, 0.1]))
    filled, outlined = before_and_after(before, after, NAMES, ("Before", "After")).data
    assert (filled.name, outlined.name) == ("After", "Before")
    assert list(outlined.x) == pytest.approx([0.2, 0.8]), "likeliest before on top"
    assert list(filled.x) == pytest.approx([0.9, 0.1])
    assert list(filled.y) == ["Melanom ▲", "Muttermal"]


def test_lines_of_melanoma_and_of_what_gets_likely():
    probabilities = np.array([[0.01, 0.97, 0.02], [0.02, 0.95, 0.03]])
    figure = sweep_lines((0, 1), probabilities, ("MEL", "NV", "BCC"), NAMES, 1, 0.1, "Turn", "alert")
    assert [line.name for line in figure.data] == ["Muttermal", "Melanom ▲"]
    assert len({line.line.dash for line in figure.data}) == 2, "not by colour alone"
    assert {shape.x0 for shape in figure.layout.shapes} >= {1}
    assert {shape.y0 for shape in figure.layout.shapes} >= {0.1}


def test_the_board_is_in_the_photos_pixels():
    photo = np.zeros((40, 60, 3), np.uint8)
    board = region_selection_figure(photo, replace(PREDICTION, geometry=Geometry(60, 40, 10, 0, 40, 4)))
    assert tuple(board.layout.xaxis.range) == (0, 60) and tuple(board.layout.yaxis.range) == (40, 0)
    assert board.layout.dragmode == "select" and board.data[-1].mode == "markers"


def test_an_outline_that_there_is_lies_on_the_board_and_is_closed():
    photo = np.zeros((40, 60, 3), np.uint8)
    line = np.array([[10.0, 5.0], [30.0, 5.0], [30.0, 25.0]])
    before = replace(PREDICTION, geometry=Geometry(60, 40, 10, 0, 40, 4))
    plain, board = (region_selection_figure(photo, before, outline=found) for found in ((), (line,)))
    drawn = board.data[len(plain.data) :]
    assert [trace.mode for trace in drawn] == ["lines", "lines"], "a dark line and a yellow one on it"
    assert all(list(trace.x) == [10, 30, 30, 10] and list(trace.y) == [5, 5, 25, 5] for trace in drawn)
