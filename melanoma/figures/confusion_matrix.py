"""The confusion matrix. Words come from the caller."""

import numpy as np
import plotly.graph_objects as go

from melanoma.figures.style import lay_out

_CELLS, _IN_CELL = ("#eef4fa", "#6fa8d8"), "#0b161c"  # a light table in both themes: 6.9 to 1 or more


def confusion_figure(counts: np.ndarray, codes: tuple[str, ...], words: tuple[str, str]) -> go.Figure:
    """Return the matrix (k, k) of images, true diagnosis by row; the shade is the share of the row.

    `words` name the columns and the rows.
    """
    rows = counts.sum(axis=1, keepdims=True)
    shares = counts / np.maximum(rows, 1)
    figure = go.Figure(
        go.Heatmap(
            z=shares,
            x=list(codes),
            y=list(codes),
            zmin=0,
            zmax=1,
            colorscale=[(0.0, _CELLS[0]), (1.0, _CELLS[1])],
            showscale=False,
            xgap=1,
            ygap=1,
            text=np.where(counts, counts.astype(str), ""),
            texttemplate="%{text}",
            textfont={"color": _IN_CELL},
            customdata=counts,
            hovertemplate="%{y} → %{x}: %{customdata} (%{z:.0%})<extra></extra>",
        )
    )
    figure.update_xaxes(title=words[0], side="top", showgrid=False)
    figure.update_yaxes(title=words[1], autorange="reversed", showgrid=False)
    return lay_out(figure, 400)
