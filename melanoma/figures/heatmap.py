"""A heatmap over the square that the network saw, as a Plotly figure: values on hover, scale below."""

import numpy as np
import plotly.graph_objects as go

from melanoma.figures.map_colours import bar_colours
from melanoma.figures.overlay import LEVELS, SIDE, Overlay
from melanoma.figures.style import NO_MARGIN, lay_out, lay_picture, picture_axes
from melanoma.photos.encoding import shrink
from melanoma.photos.framing import Geometry

SCALE_HEIGHT = 72  # pixels of the colour bar under a map, with its title
_STEPS = 33  # of the colour bar
_INSIDE = 0.9999  # of a number on the bar: at its very end Plotly leaves it out, by rounding
_UNSEEN = "rgba(0,0,0,0)"


def heatmap_figure(overlay: Overlay, title: str, height: int = SCALE_HEIGHT + 416) -> go.Figure:
    """Return the overlay on the photo's own pixels, of which the square is in view, with a colour bar.

    The square as the photo has it lies beneath, for whoever takes the overlay away. `title` heads the colour
    bar, whose numbers stand where the overlay has its lines. `height` is the figure's, pixels.
    """
    geometry, heatmap = overlay.geometry, overlay.heatmap
    rows, columns = heatmap.shape
    cell = (geometry.side / columns, geometry.side / rows)
    figure = go.Figure(
        go.Heatmap(
            z=heatmap,
            x0=geometry.left + cell[0] / 2,
            dx=cell[0],
            y0=geometry.top + cell[1] / 2,
            dy=cell[1],
            colorscale=[(0.0, _UNSEEN), (1.0, _UNSEEN)],
            showscale=False,
            hovertemplate="%{z:+.3~g}<extra></extra>",
        )
    )
    _add_scale(figure, overlay.limit, overlay.signed, title)
    square = (geometry.left, geometry.top, geometry.side, geometry.side)
    lay_picture(figure, shrink(geometry.part(overlay.photo), SIDE), square)
    lay_picture(figure, overlay.picture(), square)
    picture_axes(figure, *square)
    return lay_out(figure, height, NO_MARGIN | {"b": SCALE_HEIGHT})


def scale_figure(limit: float, signed: bool, title: str) -> go.Figure:
    """Return the colour bar alone, for pictures of several maps that share one scale, up to `limit`."""
    figure = go.Figure()
    _add_scale(figure, limit, signed, title)
    figure.update_xaxes(visible=False).update_yaxes(visible=False)
    return lay_out(figure, SCALE_HEIGHT, NO_MARGIN | {"b": SCALE_HEIGHT - 1})


def veil_unseen(figure: go.Figure, geometry: Geometry) -> go.Figure:
    """Veil the parts of a photo that the network did not see, in a figure on the photo's pixels."""
    for left, top, right, bottom in _unseen(geometry):
        figure.add_shape(
            type="rect",
            x0=left,
            x1=right,
            y0=top,
            y1=bottom,
            fillcolor="rgba(128,128,128,0.55)",
            line_width=0,
        )
    return figure


def scale_values(limit: float, signed: bool) -> list[float]:
    """Return the values that a colour bar names: its ends, 0, and those of the lines on the map."""
    upper = [0.0, *(level * limit for level in LEVELS), limit]
    return [*(-value for value in reversed(upper[1:])), *upper] if signed else upper


def _add_scale(figure: go.Figure, limit: float, signed: bool, title: str) -> None:
    colours = [f"rgb({red}, {green}, {blue})" for red, green, blue in bar_colours(_STEPS, signed)]
    figure.add_scatter(
        x=[None],
        y=[None],
        mode="markers",
        marker={
            "color": [0],
            "cmin": -limit if signed else 0,
            "cmax": limit,
            "colorscale": list(zip(np.linspace(0, 1, _STEPS), colours, strict=True)),
            "showscale": True,
            "colorbar": {
                "title": {"text": title, "side": "top"},
                "orientation": "h",
                "y": 0.0,
                "yanchor": "top",
                "thickness": 12,
                "outlinewidth": 0,
                "tickvals": [_INSIDE * value for value in scale_values(limit, signed)],
                "tickformat": "+.2~g" if signed else ".2~g",  # logits in cells may be thousandths
                "ticks": "outside",
                "ticklabeloverflow": "allow",
                "len": 0.86,  # the numbers at its ends stand out on either side
                "ypad": 6,
            },
        },
        hoverinfo="skip",
        showlegend=False,
    )


def _unseen(geometry: Geometry) -> list[tuple[int, int, int, int]]:
    """Return the parts of the photo outside what the network saw, as (left, top, right, bottom)."""
    right, bottom = geometry.left + geometry.side, geometry.top + geometry.side
    parts = [
        (0, 0, geometry.left, geometry.height),
        (right, 0, geometry.width, geometry.height),
        (geometry.left, 0, right, geometry.top),
        (geometry.left, bottom, right, geometry.height),
    ]
    return [part for part in parts if part[2] > part[0] and part[3] > part[1]]
