"""What it saves to read a sorted list: the share of it that was read, and what was found by then."""

from collections.abc import Sequence

import plotly.graph_objects as go

from melanoma.evaluation.effort import SOUGHT, GainCurve
from melanoma.figures.style import BLUE, GREY, ORANGE, diagonal, lay_out

_LINES = ((BLUE, "solid"), (ORANGE, "dash"))


def gain_figure(curves: Sequence[tuple[str, GainCurve]], titles: tuple[str, str]) -> go.Figure:
    """Return one line a curve with its name, at most two; `titles` name the x axis and the y axis.

    The dotted diagonal is a list in no order, the level line the share of the sought that is asked for.
    """
    figure = go.Figure([diagonal()])
    figure.add_hline(y=SOUGHT, line={"color": GREY, "width": 1, "dash": "dot"})
    for (name, curve), (colour, dash) in zip(curves, _LINES, strict=False):
        figure.add_scatter(
            x=curve.read,
            y=curve.found,
            name=name,
            mode="lines",
            line={"color": colour, "width": 2.5, "dash": dash},
            hovertemplate=name + ": %{x:.0%} / %{y:.0%}<extra></extra>",
        )
    figure.update_xaxes(title=titles[0], range=[-0.01, 1.01], tickformat=".0%")
    figure.update_yaxes(title=titles[1], range=[-0.01, 1.03], tickformat=".0%")
    legend = {"orientation": "h", "yanchor": "bottom", "y": 1.02, "x": 0}
    return lay_out(figure, 360, {"t": 40}, legend)
