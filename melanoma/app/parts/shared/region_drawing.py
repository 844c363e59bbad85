"""A photo to draw a region on, with a box or a lasso."""

from collections.abc import Callable, Sequence
from typing import Any, Literal

import numpy as np
import streamlit as st

from melanoma.edits.masking import polygons
from melanoma.figures.perturbations import region_selection_figure
from melanoma.model.prediction import Prediction

_UNUSED = ("toImage", "zoom2d", "pan2d", "zoomIn2d", "zoomOut2d", "resetScale2d", "autoScale2d")


def show_region_selection(
    photo: np.ndarray,
    prediction: Prediction,
    key: str,
    alt: str,
    tool: Literal["select", "lasso"] = "select",
    on_select: Literal["rerun"] | Callable[[], None] = "rerun",
    outline: Sequence[np.ndarray] = (),
    height: int | Literal["content", "stretch"] = "content",
) -> Any:
    """Draw the photo, uint8 RGB; return what st.plotly_chart returns. `tool` is active at first.

    `outline` is drawn in it, as closed lines (n, 2) of x and y in the photo's pixels.
    """
    return st.plotly_chart(
        region_selection_figure(photo, prediction, tool, outline),
        key=key,
        height=height,
        on_select=on_select,
        selection_mode=("box", "lasso"),
        config={"displayModeBar": True, "displaylogo": False, "modeBarButtonsToRemove": list(_UNUSED)},
        alt=alt,
    )


def drawn_region(event: Any, shape: tuple[int, int]) -> np.ndarray:
    """Return the region of a chart's selection event, bool `shape`; all False for none."""
    outlines = []
    for box in event.selection.box:
        (left, right), (top, bottom) = box["x"], box["y"]
        outlines.append([(left, top), (right, top), (right, bottom), (left, bottom)])
    for lasso in event.selection.lasso:
        outlines.append(list(zip(lasso["x"], lasso["y"], strict=True)))
    return polygons(shape, outlines)
