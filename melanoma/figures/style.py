"""What several Plotly figures share: clear backgrounds, a photo in its own pixels, the line of agreement."""

from typing import Any

import numpy as np
import plotly.graph_objects as go

from melanoma.photos.encoding import as_jpeg, data_uri, shrink

GREY = "rgba(128, 138, 144, 0.9)"
CLEAR: dict[str, Any] = {"paper_bgcolor": "rgba(0,0,0,0)", "plot_bgcolor": "rgba(0,0,0,0)"}
"""Layout: backgrounds that let the page's theme through."""
SHOWN_SIDE = 900  # pixels of a photo's longer side: more than a screen column shows, and quick to send


def lay_photo(figure: go.Figure, photo: np.ndarray) -> go.Figure:
    """Put a photo, uint8 RGB (H, W, 3), under the figure's traces, whose axes become its pixels."""
    height, width = photo.shape[:2]
    figure.add_layout_image(
        source=data_uri(as_jpeg(shrink(photo, SHOWN_SIDE), 90), "jpeg"),
        xref="x",
        yref="y",
        x=0,
        y=0,
        sizex=width,
        sizey=height,
        sizing="stretch",
        layer="below",
    )
    return picture_axes(figure, width, height)


def picture_axes(figure: go.Figure, width: float, height: float) -> go.Figure:
    """Give the figure the axes of a picture: unseen, square units, (0, 0) at the upper left."""
    figure.update_xaxes(range=[0, width], visible=False, constrain="domain", fixedrange=True)
    return figure.update_yaxes(
        range=[height, 0],
        visible=False,
        scaleanchor="x",
        constrain="domain",
        constraintoward="top",
        fixedrange=True,
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
