"""Pictures that say what the arrays say."""

import numpy as np
import pytest

from melanoma.exports.overlay import overlay_with_scale
from melanoma.figures.heatmap import colour_limit, heatmap_figure, overlay
from melanoma.figures.probability_bars import probability_bars
from melanoma.model.alert_wording import MALIGNANT_MARK
from melanoma.photos.framing import frame

PHOTO = np.full((90, 120, 3), 200, np.uint8)
GEOMETRY = frame(PHOTO, 64)[1]


def test_bars_show_all_values_and_mark_the_malignant():
    figure = probability_bars({"MEL": 0.2, "NV": 0.7, "BKL": 0.1}, ("NV", "MEL"))
    bar = figure.data[0]
    assert list(bar.x) == [0.1, 0.2, 0.7]  # Plotly counts from below, so the likeliest is on top
    assert bar.y[1] == f"<b>Melanoma {MALIGNANT_MARK}</b>"
    assert bar.y[2] == "<b>Mole (nevus)</b>"
    assert MALIGNANT_MARK not in bar.y[0] and "<b>" not in bar.y[0]
    assert list(bar.marker.pattern.shape) == ["", "/", ""]


def test_one_colour_scale_for_all_diagnoses():
    maps = np.zeros((2, 2, 3))
    maps[0, 0, 2] = -4.0
    maps[1, 1, 0] = 3.0
    assert colour_limit(maps) == 3.0, "what speaks for a diagnosis, or the rest would be too pale"
    assert colour_limit(-np.abs(maps)) == 4.0
    assert colour_limit(np.zeros((2, 2, 3))) == 1.0


def test_the_overlay_colours_the_right_half_and_veils_what_was_not_seen():
    heatmap = np.zeros((4, 4))
    heatmap[:, 2:] = 1.0
    picture = overlay(PHOTO, heatmap, GEOMETRY, limit=1.0).astype(int)
    seen_left, seen_right = picture[45, 25], picture[45, 95]
    assert seen_left.tolist() == [200, 200, 200]
    assert seen_right[0] > seen_right[1] + 50, "red for evidence in favour"
    assert picture[45, 5].tolist() == pytest.approx([160, 160, 160], abs=1)  # outside the centred square
    against = overlay(PHOTO, -heatmap, GEOMETRY, limit=1.0).astype(int)
    assert against[45, 95, 2] > against[45, 95, 0] + 50, "blue for evidence against"


def test_weak_evidence_looks_weak():
    heatmap = np.full((4, 4), 0.1)
    change = np.abs(overlay(PHOTO, heatmap, GEOMETRY, limit=1.0)[:, 15:105].astype(int) - 200).max()
    assert 0 < change < 20


def test_the_figure_lays_each_cell_on_its_own_pixels():
    figure = heatmap_figure(PHOTO, np.zeros((3, 3)), GEOMETRY, 1.0, 0.5, True, "title")
    trace = figure.data[0]
    assert (trace.x0, trace.dx) == (15 + 15, 30)  # a square of 90 pixels, 15 from the left, in cells of 30
    assert (trace.y0, trace.dy) == (15, 30)
    assert (trace.zmin, trace.zmax) == (-1.0, 1.0)
    assert len(figure.layout.shapes) == 2, "a veil on either side"
    assert heatmap_figure(PHOTO, np.zeros((3, 3)), GEOMETRY, 1.0, 0.5, False, "").data[0].zmin == 0


def test_the_file_has_room_for_the_scale():
    picture = overlay_with_scale(PHOTO, np.eye(4), GEOMETRY, 1.0, True, "Evidence")
    assert picture.shape[0] > PHOTO.shape[0] and picture.shape[1] == PHOTO.shape[1] + 110


def test_a_long_heading_is_broken_into_lines_and_loses_nothing():
    short = overlay_with_scale(PHOTO, np.eye(4), GEOMETRY, 1.0, True, "Evidence")
    long = overlay_with_scale(PHOTO, np.eye(4), GEOMETRY, 1.0, True, "Evidence for " + "melanoma " * 8)
    assert long.shape[1] == short.shape[1]
    assert long.shape[0] > short.shape[0] + 20
    dark_rows = np.flatnonzero((long[: long.shape[0] - short.shape[0] + 40] < 100).all(axis=2).any(axis=1))
    assert dark_rows.max() - dark_rows.min() > 20, "written in more than one line"
    assert (long[:, -3:] == 255).all(), "nothing runs out of the picture"


def test_the_outline_is_drawn_on_the_photos_pixels():
    square = np.array([[40.0, 20.0], [80.0, 20.0], [80.0, 60.0], [40.0, 60.0]])
    figure = heatmap_figure(PHOTO, np.zeros((3, 3)), GEOMETRY, 1.0, 0.5, True, "", [square])
    assert list(figure.data[1].x) == [40, 80, 80, 40, 40], "closed"
    with_line = overlay_with_scale(PHOTO, np.zeros((3, 3)), GEOMETRY, 1.0, True, "", contours=[square])
    without = overlay_with_scale(PHOTO, np.zeros((3, 3)), GEOMETRY, 1.0, True, "")
    changed = np.argwhere((with_line != without).any(axis=2))
    top = with_line.shape[0] - 220
    assert changed.min(axis=0).tolist() == pytest.approx([top + 20, 40], abs=3)
    assert changed.max(axis=0).tolist() == pytest.approx([top + 60, 80], abs=3)
