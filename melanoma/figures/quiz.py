"""Figures of the quiz: a photo to click on, and how well sureness fits. Words come from the caller."""

import numpy as np
import plotly.graph_objects as go

from melanoma.evaluation.quiz import Score
from melanoma.figures.overlay import SIDE
from melanoma.figures.style import BLUE, NO_MARGIN, ORANGE, diagonal, lay_out, lay_picture, picture_axes
from melanoma.photos.encoding import shrink
from melanoma.photos.framing import Geometry

COLUMNS = 32
"""Places to click in a row of the square: finer than a network's map, coarse enough to send."""
_STUDENT, _NETWORK = ORANGE, BLUE
_MARK = {"color": "#ffffff", "size": 26, "symbol": "circle-open", "line": {"width": 5}}
_MARK_INSIDE = {"color": "#111111", "size": 26, "symbol": "circle-open", "line": {"width": 2}}


def clickable_photo(photo: np.ndarray, geometry: Geometry, mark: tuple[float, float] | None) -> go.Figure:
    """Return what the network saw of a photo, uint8 RGB, with invisible places to click, and the mark if any.

    The axes are the photo's own pixels.
    """
    step = geometry.side / COLUMNS
    places = (np.arange(COLUMNS) + 0.5) * step
    x, y = np.meshgrid(geometry.left + places, geometry.top + places)
    hidden = {"marker": {"opacity": 0}}
    figure = go.Figure(
        go.Scatter(
            x=x.ravel(),
            y=y.ravel(),
            mode="markers",
            marker={"size": 12, "opacity": 0},
            selected=hidden,
            unselected=hidden,
            hoverinfo="none",
        )
    )
    if mark is not None:
        add_mark(figure, mark)
    square = (geometry.left, geometry.top, geometry.side, geometry.side)
    lay_picture(figure, shrink(geometry.part(photo), SIDE), square)
    picture_axes(figure, *square)
    return lay_out(
        figure,
        420,
        NO_MARGIN,
        hovermode="closest",
        hoverdistance=-1,  # wherever one clicks, the nearest place counts
        dragmode=False,
    )


def add_mark(figure: go.Figure, mark: tuple[float, float]) -> None:
    """Draw a ring at (x, y), white and black so that it shows on any skin."""
    for marker in (_MARK, _MARK_INSIDE):
        figure.add_scatter(
            x=[mark[0]], y=[mark[1]], mode="markers", marker=marker, hoverinfo="skip", showlegend=False
        )


def sureness_figure(
    student: Score, network: Score, names: tuple[str, str], titles: tuple[str, str]
) -> go.Figure:
    """Return the share that was right over how sure each side was; on the dotted line the two agree.

    `names` are the student's and the network's, `titles` those of the axes. Larger marks are more answers.
    """
    figure = go.Figure(diagonal())
    for side, name, colour, symbol in (
        (student, names[0], _STUDENT, "circle"),
        (network, names[1], _NETWORK, "diamond"),
    ):
        sure, right, count = zip(*side.bins, strict=True)
        figure.add_scatter(
            x=sure,
            y=right,
            mode="lines+markers",
            name=name,
            line={"color": colour, "width": 1},
            marker={"symbol": symbol, "size": [9 + 3 * number**0.5 for number in count], "opacity": 1},
            customdata=count,
            hovertemplate="%{x:.0%} → %{y:.0%} (n = %{customdata})<extra></extra>",
        )
    figure.update_xaxes(title=titles[0], range=[-0.03, 1.05], tickformat=".0%")
    figure.update_yaxes(title=titles[1], range=[-0.06, 1.08], tickformat=".0%")
    return lay_out(figure, 340, legend={"orientation": "h", "y": 1.02, "yanchor": "bottom"})
