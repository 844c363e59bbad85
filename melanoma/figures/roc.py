"""The ROC curve with an operating point. Words come from the caller."""

import numpy as np
import plotly.graph_objects as go

from melanoma.evaluation.operating_points import RocCurve
from melanoma.figures.style import BLUE, ORANGE, diagonal, lay_out


def roc_figure(
    curve: RocCurve, false_alarms: float, sensitivity: float, words: tuple[str, str, str]
) -> go.Figure:
    """Return the curve with the operating point; `words` name the x axis, the y axis and the point."""
    x_title, y_title, point = words
    thinned = _thinned(curve)
    figure = go.Figure(
        [
            diagonal(),
            go.Scatter(
                x=curve.false_positive_rate[thinned],
                y=curve.sensitivity[thinned],
                customdata=np.minimum(curve.threshold[thinned], 1),
                mode="lines",
                line={"color": BLUE, "width": 2.5},
                hovertemplate="%{customdata:.1%}: %{y:.0%} / %{x:.0%}<extra></extra>",
            ),
            go.Scatter(
                x=[false_alarms],
                y=[sensitivity],
                mode="markers+text",
                marker={
                    "size": 13,
                    "color": ORANGE,
                    "symbol": "circle",
                    "line": {"width": 2, "color": "white"},
                },
                text=[f" {point}"],
                textposition="bottom right" if false_alarms < 0.6 else "bottom left",
                hoverinfo="skip",
            ),
        ]
    )
    figure.update_xaxes(title=x_title, range=[-0.01, 1.01], tickformat=".0%")
    figure.update_yaxes(title=y_title, range=[-0.01, 1.03], tickformat=".0%")
    return lay_out(figure, 360)


def _thinned(curve: RocCurve) -> np.ndarray:
    """Return the indices of the curve's corners: the points between them lie on straight lines."""
    rises = np.stack([np.diff(curve.false_positive_rate) > 0, np.diff(curve.sensitivity) > 0])
    turns = np.any(rises[:, 1:] != rises[:, :-1], axis=0)
    turns |= np.all(rises[:, 1:], axis=0)  # where both rise, slopes differ
    return np.flatnonzero(np.concatenate([[True], turns, [True]]))
