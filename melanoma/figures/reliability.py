"""The reliability diagram: how often a probability was right. Words come from the caller."""

import numpy as np
import plotly.graph_objects as go

from melanoma.evaluation.reliability import Bin
from melanoma.figures.style import BLUE, diagonal, lay_out


def reliability_figure(bins: list[Bin], words: tuple[str, str]) -> go.Figure:
    """Return the share of melanomas over the probability given, with intervals; the diagonal is right."""
    value = np.array([found.share.value for found in bins])
    figure = go.Figure(
        [
            diagonal(),
            go.Scatter(
                x=[found.mean for found in bins],
                y=value,
                error_y={
                    "array": [found.share.high for found in bins] - value,
                    "arrayminus": value - [found.share.low for found in bins],
                    "color": BLUE,
                },
                customdata=[found.images for found in bins],
                mode="lines+markers",
                line={"color": BLUE, "width": 1.5},
                marker={"size": 8},
                hovertemplate="%{x:.0%} → %{y:.0%} (n = %{customdata})<extra></extra>",
            ),
        ]
    )
    figure.update_xaxes(title=words[0], range=[-0.02, 1.02], tickformat=".0%")
    figure.update_yaxes(title=words[1], range=[-0.02, 1.02], tickformat=".0%")
    return lay_out(figure, 360)
