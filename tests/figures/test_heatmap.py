"""The map as a figure: on the photo's pixels, its square in view, numbers where its lines run."""

import base64

import cv2
import numpy as np
import pytest

from melanoma.figures.heatmap import heatmap_figure, scale_values
from melanoma.figures.overlay import SIDE, Overlay
from melanoma.figures.probability_bars import probability_bars
from melanoma.model.alert_wording import MALIGNANT_MARK
from melanoma.photos.framing import frame

PHOTO = np.full((90, 120, 3), 200, np.uint8)
GEOMETRY = frame(PHOTO, 64)[1]


def drawn(heatmap, signed=True, limit=1.0, **more):
    return heatmap_figure(Overlay(PHOTO, heatmap, GEOMETRY, limit, signed, **more), "title")


def pixels(figure, number):
    content = base64.b64decode(figure.layout.images[number].source.split(",")[1])
    return cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)[:, :, ::-1]


def test_bars_show_all_values_and_mark_the_malignant():
    figure = probability_bars({"MEL": 0.2, "NV": 0.7, "BKL": 0.1}, ("NV", "MEL"))
    bar = figure.data[0]
    assert list(bar.x) == [0.1, 0.2, 0.7]  # Plotly counts from below, so the likeliest is on top
    assert bar.y[1] == f"<b>Melanoma {MALIGNANT_MARK}</b>"
    assert bar.y[2] == "<b>Mole (nevus)</b>"
    assert MALIGNANT_MARK not in bar.y[0] and "<b>" not in bar.y[0]
    assert list(bar.marker.pattern.shape) == ["", "/", ""]


def test_the_figure_lays_each_cell_on_its_own_pixels():
    figure = drawn(np.zeros((3, 3)))
    trace = figure.data[0]
    assert (trace.x0, trace.dx) == (15 + 15, 30)  # a square of 90 pixels, 15 from the left, in cells of 30
    assert (trace.y0, trace.dy) == (15, 30)
    assert tuple(figure.layout.xaxis.range) == (15, 105), "the square alone is in view"
    assert tuple(figure.layout.yaxis.range) == (90, 0)


def test_the_photo_lies_beneath_the_map_in_the_same_place():
    heatmap = np.zeros((2, 2), np.float32)
    heatmap[:, 1] = 1
    figure = drawn(heatmap)
    photo, overlay = figure.layout.images
    for image in (photo, overlay):
        assert (image.x, image.y) == (15, 0)
        assert (image.sizex, image.sizey) == pytest.approx((90, 90), abs=0.01)
    assert photo.sizex != overlay.sizex, "else Plotly draws one of them only"
    assert pixels(figure, 0).shape == (90, 90, 3)
    shown = pixels(figure, 1).astype(int)
    assert shown.shape == (SIDE, SIDE, 3)
    assert shown[SIDE // 2, -20, 0] > shown[SIDE // 2, -20, 2] + 80, "red where it speaks for it"
    assert np.ptp(shown[SIDE // 2, 20]) < 8, "grey where nothing does"


def test_numbers_of_the_scale_are_those_of_the_lines():
    assert scale_values(3.0, True) == pytest.approx([-3, -2, -1, 0, 1, 2, 3])
    assert scale_values(3.0, False) == pytest.approx([0, 1, 2, 3])
    scale = drawn(np.zeros((3, 3)), limit=3.0).data[1].marker
    assert (scale.cmin, scale.cmax) == (-3.0, 3.0)
    assert list(scale.colorbar.tickvals) == pytest.approx([-3, -2, -1, 0, 1, 2, 3], abs=0.001)
    assert drawn(np.zeros((3, 3)), signed=False).data[1].marker.cmin == 0
