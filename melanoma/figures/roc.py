"""Figures about a threshold: ROC curve, people, confusion matrix, reliability. Words come from the caller.

Backgrounds are transparent and text takes the page's colour, so that they read in light and dark themes.
"""

import numpy as np
import plotly.graph_objects as go

from melanoma.evaluation.operating_points import RocCurve
from melanoma.evaluation.reliability import Bin
from melanoma.figures.style import CLEAR, diagonal

LINE = "#0b84a5"  # 4.3 against white, 4.3 against the dark page
POINT = "#d55e00"
_CELLS, _IN_CELL = ("#eef4fa", "#6fa8d8"), "#0b161c"  # a light table in both themes: 6.9 to 1 or more
COLUMNS = 40
"""People in a row of the icon array: 1,000 fill 25 rows, and it fits a telephone."""
# Shape tells them apart before colour does. Each colour has at least 3 to 1 against both themes' backgrounds.
_ICONS = (
    ("triangle-up", "#d55e00", 9),
    ("x", "#d62728", 8),
    ("diamond-open", "#2f7fc1", 7),
    ("circle", "#808a90", 3),
)


def roc_figure(curve: RocCurve, false_alarms: float, found: float, words: tuple[str, str, str]) -> go.Figure:
    """Return the curve with the operating point; `words` name the x axis, the y axis and the point."""
    x_title, y_title, point = words
    thinned = _thinned(curve)
    figure = go.Figure(
        [
            diagonal(),
            go.Scatter(
                x=curve.false_alarms[thinned],
                y=curve.found[thinned],
                customdata=np.minimum(curve.threshold[thinned], 1),
                mode="lines",
                line={"color": LINE, "width": 2.5},
                hovertemplate="%{customdata:.1%}: %{y:.0%} / %{x:.0%}<extra></extra>",
            ),
            go.Scatter(
                x=[false_alarms],
                y=[found],
                mode="markers+text",
                marker={
                    "size": 13,
                    "color": POINT,
                    "symbol": "circle",
                    "line": {"width": 2, "color": "white"},
                },
                text=[f" {point}"],
                textposition="bottom right" if false_alarms < 0.6 else "bottom left",
                hoverinfo="skip",
            ),
        ]
    )
    figure.update_xaxes(title=x_title, range=[-0.01, 1.01], tickformat=".0%", fixedrange=True)
    figure.update_yaxes(title=y_title, range=[-0.01, 1.03], tickformat=".0%", fixedrange=True)
    return _plain(figure, 360)


def people_figure(counts: tuple[int, int, int, int], names: tuple[str, str, str, str]) -> go.Figure:
    """Return one icon a person: found, missed, false alarms and silent, in this order, row by row."""
    figure = go.Figure()
    start = 0
    for count, name, (symbol, colour, size) in zip(counts, names, _ICONS, strict=True):
        places = np.arange(start, start + count)
        start += count
        figure.add_scatter(
            x=places % COLUMNS,
            y=places // COLUMNS,
            mode="markers",
            marker={
                "symbol": symbol,
                "color": colour,
                "size": size,
                "line": {"width": 1.5 if "open" in symbol else 0},
            },
            name=f"{name}: {count}",
            hovertemplate=f"{name}<extra></extra>",
        )
    rows = -(-start // COLUMNS)
    figure.update_xaxes(visible=False, range=[-0.7, COLUMNS - 0.3], fixedrange=True)
    figure.update_yaxes(visible=False, range=[rows - 0.3, -0.7], fixedrange=True)
    return _plain(figure, 300)


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
    figure.update_xaxes(title=words[0], side="top", fixedrange=True, showgrid=False)
    figure.update_yaxes(title=words[1], autorange="reversed", fixedrange=True, showgrid=False)
    return _plain(figure, 400)


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
                    "color": LINE,
                },
                customdata=[found.images for found in bins],
                mode="lines+markers",
                line={"color": LINE, "width": 1.5},
                marker={"size": 8},
                hovertemplate="%{x:.0%} → %{y:.0%} (n = %{customdata})<extra></extra>",
            ),
        ]
    )
    figure.update_xaxes(title=words[0], range=[-0.02, 1.02], tickformat=".0%", fixedrange=True)
    figure.update_yaxes(title=words[1], range=[-0.02, 1.02], tickformat=".0%", fixedrange=True)
    return _plain(figure, 360)


def _thinned(curve: RocCurve) -> np.ndarray:
    """Return the indices of the curve's corners: the points between them lie on straight lines."""
    rises = np.stack([np.diff(curve.false_alarms) > 0, np.diff(curve.found) > 0])
    turns = np.any(rises[:, 1:] != rises[:, :-1], axis=0)
    turns |= np.all(rises[:, 1:], axis=0)  # where both rise, slopes differ
    return np.flatnonzero(np.concatenate([[True], turns, [True]]))


def _plain(figure: go.Figure, height: int) -> go.Figure:
    return figure.update_layout(
        height=height,
        margin={"l": 8, "r": 8, "t": 8, "b": 8},
        showlegend=False,
        **CLEAR,
    )
