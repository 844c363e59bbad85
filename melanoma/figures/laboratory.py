"""How often a head is right in each test, with intervals. Words come from the caller."""

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from melanoma.evaluation.metrics import Estimate
from melanoma.figures.style import BLUE, GREY, ORANGE, lay_out

_SERIES = ((ORANGE, "circle"), (BLUE, "diamond"))
_APART = 0.17  # of the distance of two tests: half of that between the marks of one


def accuracy_figure(
    trials: Sequence[tuple[str, Mapping[str, Estimate]]], tests: Mapping[str, str], chance: float, axis: str
) -> go.Figure:
    """Return a mark with its interval for each test of each trial, at most two trials.

    `trials` are names and estimates by test, `tests` the names of the tests in order, from the top. The
    dotted line is what guessing gets; `axis` names the axis.
    """
    figure = go.Figure()
    figure.add_vline(x=chance, line={"color": GREY, "width": 1, "dash": "dot"})
    for number, ((name, found), (colour, symbol)) in enumerate(zip(trials, _SERIES, strict=False)):
        shift = (2 * number - 1) * _APART if len(trials) > 1 else 0.0
        estimates = [found[test] for test in tests]
        figure.add_scatter(
            x=[one.value for one in estimates],
            y=[place + shift for place in range(len(tests))],
            name=name,
            mode="markers+text",
            text=[f"{one.value:.0%}" for one in estimates],
            textposition="bottom center" if number else "top center",
            cliponaxis=False,
            marker={"color": colour, "symbol": symbol, "size": 11},
            error_x={
                "type": "data",
                "symmetric": False,
                "array": [one.high - one.value for one in estimates],
                "arrayminus": [one.value - one.low for one in estimates],
                "color": colour,
                "thickness": 2,
            },
            hovertemplate="%{x:.0%}<extra>" + name + "</extra>",
        )
    figure.update_xaxes(title=axis, range=[-0.02, 1.04], tickformat=".0%")
    figure.update_yaxes(
        tickvals=list(range(len(tests))),
        ticktext=list(tests.values()),
        range=[len(tests) - 0.5, -0.6],
        automargin=True,
    )
    legend = {"orientation": "h", "yanchor": "bottom", "y": 1.02, "x": 0} if len(trials) > 1 else None
    return lay_out(figure, 250, {"t": 30 if legend else 8, "r": 24}, legend)
