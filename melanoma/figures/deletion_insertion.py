"""Deletion and insertion curves of a map beside those of random maps: numbers, and a Plotly figure."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import plotly.graph_objects as go

from melanoma.figures.map_colours import AGAINST
from melanoma.figures.style import lay_out
from melanoma.measures.base import MapCase
from melanoma.measures.curves import PerturbationCurve, deletion_curve, insertion_curve
from melanoma.pause_points import in_steps
from melanoma.phrases import Say, english

_CHANCE = "#8a8f94"  # grey, 3:1 against white and against the dark page


@dataclass(frozen=True)
class ComparedCurves:
    """The curves of one map and the mean of those of random maps."""

    deletion: PerturbationCurve
    insertion: PerturbationCurve
    deletion_by_chance: PerturbationCurve
    insertion_by_chance: PerturbationCurve


def compared_curves(case: MapCase, random: Sequence[np.ndarray]) -> ComparedCurves:
    """Return the curves of the case's map, and of `random` maps (h, w) their mean."""
    cases = [case, *(replace(case, heatmap=other) for other in random)]
    deletion, *deletion_by_chance = [deletion_curve(each) for each in in_steps(cases)]
    insertion, *insertion_by_chance = [insertion_curve(each) for each in in_steps(cases)]
    return ComparedCurves(deletion, insertion, _mean(deletion_by_chance), _mean(insertion_by_chance))


def curve_figure(
    curve: PerturbationCurve, chance: PerturbationCurve, doing: str, say: Say = english
) -> go.Figure:
    """Return one curve and that of chance; `doing` says what happens from left to right."""
    figure = go.Figure()
    for shown, name, colour, dash in (
        (chance, say("Random spots"), _CHANCE, "dash"),
        (curve, say("This map"), f"rgb{AGAINST}", "solid"),
    ):
        figure.add_trace(
            go.Scatter(
                x=shown.shares,
                y=shown.probabilities,
                name=name,
                mode="lines",
                line={"color": colour, "width": 3, "dash": dash},
                hovertemplate="%{y:.1%}<extra>%{fullData.name}</extra>",
            )
        )
    figure.update_xaxes(title={"text": doing}, tickformat=".0%", range=[0, 1])
    figure.update_yaxes(title={"text": say("Probability")}, tickformat=".0%", range=[0, 1.02])
    legend = {"orientation": "h", "y": 1.0, "yanchor": "bottom", "x": 0}
    return lay_out(figure, 280, {"t": 32}, legend, hovermode="x unified")


def _mean(curves: Sequence[PerturbationCurve]) -> PerturbationCurve:
    return PerturbationCurve(curves[0].shares, np.mean([curve.probabilities for curve in curves], axis=0))
