"""Figures of the worked sum: the steps to one diagnosis' log-odds, and all diagnoses side by side."""

from collections.abc import Callable, Sequence

import numpy as np
import plotly.graph_objects as go
from scipy.special import logit

from melanoma.explain.lesson.worked_sum import WorkedSum
from melanoma.figures.map_colours import AGAINST, FOR
from melanoma.figures.style import LINE, lay_out

NumberFormat = Callable[[float, str], str]
"""(value, format such as "+.2f") -> the number as the reader's language writes it."""
_FOR, _AGAINST = f"rgb{FOR}", f"rgb{AGAINST}"
_ROW = 34  # pixels of a diagnosis' row
_TICKS = (0.0001, 0.001, 0.01, 0.1, 0.5, 0.9, 0.99, 0.999, 0.9999)
_LEAST = 4.0  # log-odds that the number line reaches at least, both ways: 2% and 98%
_CHOSEN = "#e69f00"


def sum_figure(
    worked: WorkedSum, index: int, labels: Sequence[str], number: NumberFormat = format
) -> go.Figure:
    """Return the way to one diagnosis' log-odds as steps.

    `labels` name starting value, evidence for, evidence against, division, and log-odds; `number` writes a
    number in the reader's language.
    """
    steps = [
        worked.starting_values[index],
        worked.evidence_for[index],
        worked.evidence_against[index],
        -worked.division[index],
    ]
    figure = go.Figure(
        go.Waterfall(
            x=[label.replace(" ", "<br>") for label in labels],  # a phone would turn long ones
            y=[*steps, float(worked.log_odds[index])],
            # The first and last are no evidence, so grey; nor is division, to Plotly a fall like any.
            measure=["absolute", *["relative"] * 3, "total"],
            text=[number(float(value), "+.2f") for value in (*steps, worked.log_odds[index])],
            textposition="outside",
            increasing={"marker": {"color": _FOR}},
            decreasing={"marker": {"color": _AGAINST}},
            totals={"marker": {"color": LINE}},
            connector={"line": {"color": LINE, "dash": "dot", "width": 1}},
            cliponaxis=False,
            hoverinfo="skip",
        )
    )
    figure.add_hline(y=0, line={"color": LINE, "width": 1})
    figure.update_xaxes(tickangle=0)
    figure.update_yaxes(automargin=True)
    return lay_out(figure, 330, {"t": 28})


def evidence_bars(
    worked: WorkedSum,
    order: Sequence[int],
    names: Sequence[str],
    labels: tuple[str, str],
    number: NumberFormat = format,
) -> go.Figure:
    """Return the evidence for and against each diagnosis side by side, the first of `order` on top.

    `order` holds indices and `names` their names; `labels` name evidence for and against; `number` writes a
    number in the reader's language.
    """
    figure = go.Figure()
    places = list(order)
    for label, values, colour in (
        (labels[0], worked.evidence_for[places], _FOR),
        (labels[1], worked.evidence_against[places], _AGAINST),
    ):
        figure.add_bar(
            x=values,
            y=list(names),
            orientation="h",
            name=label,
            marker={"color": colour},
            text=[number(float(value), "+.2f") for value in values],
            textposition="outside",
            cliponaxis=False,
            hovertext=[number(float(value), "+.3f") for value in values],
            hovertemplate="%{y}: %{hovertext}<extra></extra>",
        )
    reach = 1.25 * max(
        float(np.abs(worked.evidence_for).max()), float(np.abs(worked.evidence_against).max()), 1e-6
    )
    figure.update_xaxes(range=[-reach, reach], zerolinecolor=LINE)
    figure.update_yaxes(automargin=True, autorange="reversed")
    legend = {"orientation": "h", "y": 1, "yanchor": "bottom", "x": 0}
    return lay_out(figure, _ROW * len(places) + 60, {"t": 36}, legend, barmode="relative")


def number_line(
    log_odds: Sequence[float],
    names: Sequence[str],
    chosen: int,
    labels: tuple[str, str],
    number: NumberFormat = format,
) -> go.Figure:
    """Return where each diagnosis lies between “against” and “for”, a row each; 50% is in the middle.

    `chosen` is the place of the one in view; `labels` head the two sides, and `number` writes a
    number in the reader's language.
    """
    values = np.asarray(log_odds, dtype=float)
    reach = max(_LEAST, 1.1 * float(np.abs(values).max()))
    ticks = [share for share in _TICKS if abs(logit(share)) <= reach]
    figure = go.Figure(
        go.Scatter(
            x=values,
            y=list(names),
            mode="markers",
            marker={
                "size": [15 if place == chosen else 10 for place in range(len(values))],
                "color": [_FOR if value > 0 else _AGAINST for value in values],
                "line": {
                    "color": _CHOSEN,
                    "width": [3 if place == chosen else 0 for place in range(len(values))],
                },
            },
            hovertext=[number(float(value), "+.2f") for value in values],
            hovertemplate="%{y}: %{hovertext}<extra></extra>",
            cliponaxis=False,
        )
    )
    figure.add_vline(x=0, line={"color": LINE, "width": 1, "dash": "dot"})
    for label, place, anchor in ((f"← {labels[0]}", 0, "left"), (f"{labels[1]} →", 1, "right")):
        figure.add_annotation(
            text=label,
            x=place,
            xref="paper",
            xanchor=anchor,
            y=1,
            yref="paper",
            yanchor="bottom",
            showarrow=False,
        )
    figure.update_xaxes(
        range=[-reach, reach],
        tickvals=[float(logit(share)) for share in ticks],
        ticktext=[number(share, f".{_decimals(share)}%") for share in ticks],
        zeroline=False,
    )
    figure.update_yaxes(automargin=True, autorange="reversed")
    return lay_out(figure, _ROW * len(values) + 70, {"t": 28, "r": 16})


def _decimals(share: float) -> int:
    """Return how many decimals a percentage needs to differ from 0 and 100."""
    return max(0, round(-np.log10(min(share, 1 - share))) - 2)
