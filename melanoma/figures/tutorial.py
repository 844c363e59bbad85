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
            _by_epoch(
                name,
                values,
                line={
                    "color": _COLOURS[number // 2 % len(_COLOURS)],
                    "dash": "dash" if dashed else "solid",
                    "width": 2.5,
                },
            )
            for number, (name, (values, dashed)) in enumerate(series.items())
        ]
    )
    figure.update_xaxes(title=axes[0])
    figure.update_yaxes(title=axes[1], range=[0, 1], tickformat=".0%")
    return _with_legend_below(figure, 380)


def gaps_by_run(
    rows: Sequence[str],
    ends: dict[str, Sequence[float]],
    remarks: Sequence[str],
    axis: str,
) -> go.Figure:
    """Return for each of `rows`, from the top, two points and the line between them, a remark left of it.

    `ends` holds the two series of shares 0..1 by their names.
    """
    (first, ones), (second, others) = ends.items()
    pairs = list(zip(ones, others, strict=True))
    between = go.Scatter(
        x=[x for one, other in pairs for x in (one, other, None)],
        y=[y for row in rows for y in (row, row, None)],
        mode="lines",
        line={"color": LINE, "width": 5},
        hoverinfo="skip",
        showlegend=False,
    )
    words = go.Scatter(
        x=[min(pair) for pair in pairs],
        y=list(rows),
        text=[f"{remark}\u00a0\u00a0\u00a0" for remark in remarks],
        mode="text",
        textposition="middle left",
        hoverinfo="skip",
        showlegend=False,
    )
    points = [
        go.Scatter(
            x=list(values),
            y=list(rows),
            name=name,
            mode="markers",
            marker={"color": colour, "size": 11, "symbol": symbol},
            hovertemplate="%{y}: %{x:.0%}<extra>" + name + "</extra>",
        )
        for name, values, colour, symbol in (
            (first, ones, BLUE, "diamond"),
            (second, others, ORANGE, "circle"),
        )
    ]
    figure = go.Figure([between, *points, words])
    figure.update_xaxes(title=axis, range=[0, 1.02], tickformat=".0%", tickvals=[0, 0.25, 0.5, 0.75, 1])
    figure.update_yaxes(autorange="reversed", showgrid=False)
    return _with_legend_below(figure, 130 + 34 * len(rows))


def accuracy_gap(curves: dict[str, Sequence[float]], axes: tuple[str, str]) -> go.Figure:
    """Return two curves of shares 0..1 by epoch, from epoch 1, with the area between them filled.

    `curves` holds the fitted images' first and the validation's second, by their names.
    """
    styles: tuple[dict[str, Any], ...] = (
        {"line": {"color": BLUE, "dash": "dash", "width": 2.5}},
        {
            "line": {"color": ORANGE, "width": 2.5},
            "fill": "tonexty",
            "fillcolor": "rgba(128, 138, 144, 0.25)",
        },
    )
    figure = go.Figure(
        [
            _by_epoch(name, values, **style)
            for (name, values), style in zip(curves.items(), styles, strict=True)
        ]
    )
    figure.update_xaxes(title=axes[0])
    figure.update_yaxes(title=axes[1], range=[0, 1], tickformat=".0%")
    return _with_legend_below(figure, 320)


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


def _by_epoch(name: str, values: Sequence[float], **style: Any) -> go.Scatter:
    """Return a line of shares 0..1, the first of epoch 1."""
    return go.Scatter(
        x=list(range(1, len(values) + 1)),
        y=list(values),
        name=name,
        mode="lines",
        hovertemplate="%{x}: %{y:.0%}<extra>" + name + "</extra>",
        **style,
    )


def _with_legend_below(figure: go.Figure, height: int, **layout: Any) -> go.Figure:
    figure.update_xaxes(automargin=True)
    if isinstance(figure.data[0], go.Bar):
        figure.update_yaxes(autorange="reversed")
    figure.update_yaxes(automargin=True)
    # Plotly would turn the order round where an area is filled.
    legend = {
        "orientation": "h",
        "traceorder": "normal",
        "y": -0.02,
        "yref": "container",
        "yanchor": "bottom",
        "x": 0,
    }
    return lay_out(figure, height, legend=legend, bargap=0.25, **layout)
