"""Plotly figures of the tutorial's data and results. Words come from the caller."""

from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go

from melanoma.figures.style import BLUE, GREY, LINE, ORANGE, lay_out

_COLOURS = (BLUE, ORANGE, "#8a6d9e", LINE)
_PATTERNS = ("", "/", "x", ".")  # series can be told apart without colour too
_BAR = 26  # pixels of a row


def stacked_bars(
    rows: Sequence[str], series: dict[str, Sequence[float]], colours: Sequence[str] | None, axis: str
) -> go.Figure:
    """Return horizontal bars, one for each of `rows` from the top, of the `series` end to end.

    `colours` is one a series, or None for the default ones.
    """
    figure = go.Figure(
        [
            _bars(rows, values, name, "%{x}", number, colours[number] if colours else None)
            for number, (name, values) in enumerate(series.items())
        ]
    )
    figure.update_xaxes(title=axis)
    return _with_legend_below(figure, 90 + _BAR * len(rows) + 24 * -(-len(series) // 3), barmode="stack")


def shares_by_group(
    rows: Sequence[str], series: dict[str, Sequence[float | None]], errors: dict[str, Any], axis: str
) -> go.Figure:
    """Return shares 0..1 as groups of horizontal bars; a value that is not known is None and has no bar.

    `errors` holds for a series of intervals the pair of its lower and upper distances, None where unknown.
    """
    bars = []
    for number, (name, values) in enumerate(series.items()):
        below, above = errors.get(name, (None, None))
        bar = _bars(rows, values, name, "%{x:.0%}", number)
        bars.append(
            bar.update(error_x={"array": above, "arrayminus": below, "color": GREY}) if above else bar
        )
    figure = go.Figure(bars)
    figure.update_xaxes(title=axis, range=[0, 1], tickformat=".0%")
    return _with_legend_below(figure, 120 + 16 * len(rows) * len(series), barmode="group")


def accuracy_curves(series: dict[str, tuple[Sequence[float], bool]], axes: tuple[str, str]) -> go.Figure:
    """Return accuracy by epoch; each series is its values from epoch 1 and whether its line is dashed."""
    figure = go.Figure(
        [
            go.Scatter(
                x=list(range(1, len(values) + 1)),
                y=list(values),
                name=name,
                mode="lines",
                line={
                    "color": _COLOURS[number // 2 % len(_COLOURS)],
                    "dash": "dash" if dashed else "solid",
                    "width": 2.5,
                },
                hovertemplate="%{x}: %{y:.0%}<extra>" + name + "</extra>",
            )
            for number, (name, (values, dashed)) in enumerate(series.items())
        ]
    )
    figure.update_xaxes(title=axes[0])
    figure.update_yaxes(title=axes[1], range=[0, 1], tickformat=".0%")
    return _with_legend_below(figure, 380)


def _bars(
    rows: Sequence[str],
    values: Sequence[float | None],
    name: str,
    value_format: str,
    number: int,
    colour: str | None = None,
) -> go.Bar:
    """Return a series of horizontal bars; without a `colour` it gets those of its `number`, and a pattern."""
    return go.Bar(
        y=list(rows),
        x=list(values),
        name=name,
        orientation="h",
        marker={
            "color": colour or _COLOURS[number % len(_COLOURS)],
            "pattern": {"shape": "" if colour else _PATTERNS[number % len(_PATTERNS)]},
        },
        hovertemplate="%{y}: " + value_format + "<extra>" + name + "</extra>",
    )


def _with_legend_below(figure: go.Figure, height: int, **layout: Any) -> go.Figure:
    figure.update_xaxes(automargin=True)
    if isinstance(figure.data[0], go.Bar):
        figure.update_yaxes(autorange="reversed")
    figure.update_yaxes(automargin=True)
    legend = {"orientation": "h", "y": -0.02, "yref": "container", "yanchor": "bottom", "x": 0}
    return lay_out(figure, height, legend=legend, bargap=0.25, **layout)
