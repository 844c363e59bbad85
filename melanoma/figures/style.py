"""What several Plotly figures share: one layout, colours, a photo in its own pixels, the line of agreement.

Backgrounds are transparent and text takes the page's colour, so that they read in light and dark themes.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import plotly.graph_objects as go

from melanoma.photos.encoding import as_jpeg, data_uri, shrink

GREY = "rgba(128, 138, 144, 0.9)"
LINE = "#808a90"  # grey; at least 3 to 1 on both themes' backgrounds
BLUE, ORANGE = "#0b84a5", "#d55e00"  # BLUE: 4.3 to 1 against white and against the dark page
NO_MARGIN = dict.fromkeys("lrtb", 0)
_LARGER = 1e-6
SHOWN_SIDE = 900  # pixels of a photo's longer side: more than a screen column shows, and quick to send


def lay_out(
    figure: go.Figure,
    height: int,
    margin: Mapping[str, int] | None = None,
    legend: dict[str, Any] | None = None,
    **layout: Any,
) -> go.Figure:
    """Give a figure its height and the layout that all have; return it.

    `margin` holds those of "l", "r", "t", "b" that differ from 8 pixels. Without a `legend` there is none.
    The axes stay where they are when somebody drags on them. `layout` are Plotly's own names.
    """
    figure.update_layout(
        height=height,
        margin=dict.fromkeys("lrtb", 8) | dict(margin or {}),
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        **({"legend": legend} if legend else {"showlegend": False}),
        **layout,
    )
    figure.update_xaxes(fixedrange=True)
    return figure.update_yaxes(fixedrange=True)


def lay_photo(figure: go.Figure, photo: np.ndarray) -> go.Figure:
    """Put a photo, uint8 RGB (H, W, 3), under the figure's traces, whose axes become its pixels."""
    height, width = photo.shape[:2]
    lay_picture(figure, shrink(photo, SHOWN_SIDE), (0, 0, width, height))
    return picture_axes(figure, 0, 0, width, height)


def lay_picture(figure: go.Figure, pixels: np.ndarray, place: tuple[int, int, int, int]) -> go.Figure:
    """Put a picture, uint8 RGB, under the figure's traces, over those that are there already.

    `place` is its left, top, width and height on the axes.
    """
    left, top, width, height = place
    # Plotly takes pictures of one place and size for one: each is larger than the last by less than a pixel.
    larger = 1 + len(figure.layout.images) * _LARGER
    return figure.add_layout_image(
        source=data_uri(as_jpeg(pixels, 90), "jpeg"),
        xref="x",
        yref="y",
        x=left,
        y=top,
        sizex=width * larger,
        sizey=height * larger,
        sizing="stretch",
        layer="below",
    )


def picture_axes(figure: go.Figure, left: float, top: float, width: float, height: float) -> go.Figure:
    """Give the figure the axes of a picture: unseen, square units, (`left`, `top`) at the upper left."""
    figure.update_xaxes(range=[left, left + width], visible=False, constrain="domain")
    return figure.update_yaxes(
        range=[top + height, top],
        visible=False,
        scaleanchor="x",
        constrain="domain",
        constraintoward="top",
    )


def diagonal() -> go.Scatter:
    """Return the dotted line from (0, 0) to (1, 1): guessing, or agreement."""
    return go.Scatter(
        x=[0, 1],
        y=[0, 1],
        mode="lines",
        line={"color": GREY, "dash": "dot", "width": 1},
        hoverinfo="skip",
        showlegend=False,
    )
