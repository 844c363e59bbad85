"""Figures that compare a photo's answer with that for a changed photo."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from melanoma.diagnoses import diagnosis_of
from melanoma.figures.heatmap import veil_unseen
from melanoma.figures.overlay import OUTLINE
from melanoma.figures.style import LINE, NO_MARGIN, lay_out, lay_photo
from melanoma.model.alert_wording import MALIGNANT_MARK
from melanoma.model.prediction import Prediction

_SHOWN_FROM = 0.05  # a diagnosis that stays below would be one more line along zero
_DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")
SELECTION_BAR = 32  # pixels above a photo to draw on, for the tools
_GRID = 24  # invisible points a side: Plotly reports a selection only where it holds points


def before_and_after(
    before: Prediction, after: Prediction, names: dict[str, str], labels: tuple[str, str]
) -> go.Figure:
    """Return two bars a diagnosis, likeliest before on top: outlined before, filled after.

    `names` gives what each code is called; `labels` name the two kinds of bar.
    """
    codes = [code for code, _ in reversed(before.ranked)]
    called = [
        f"{names[code]} {MALIGNANT_MARK}" if diagnosis_of(code).malignant else names[code] for code in codes
    ]
    colours = [diagnosis_of(code).colour for code in codes]
    figure = go.Figure()
    for prediction, label, filled in ((after, labels[1], True), (before, labels[0], False)):
        values = [prediction.probability(code) for code in codes]
        figure.add_bar(
            x=values,
            y=called,
            orientation="h",
            name=label,
            texttemplate="%{x:.1%}",
            textposition="outside",
            cliponaxis=False,
            marker={
                "color": colours if filled else "rgba(0,0,0,0)",
                "line": {"color": colours, "width": 2},
            },
            hoverinfo="skip",
        )
    figure.update_xaxes(range=[0, 1], tickformat=".0%")
    figure.update_yaxes(automargin=True)
    return lay_out(figure, 420, {"r": 52}, bargap=0.25)


def sweep_lines(
    values: Sequence[float],
    probabilities: np.ndarray,
    codes: Sequence[str],
    names: dict[str, str],
    current: float,
    threshold: float,
    axis: str,
    threshold_label: str,
) -> go.Figure:
    """Return how the probabilities (values, classes) move along a slider, 0..1.

    A line for melanoma and for each diagnosis that gets to 5% somewhere, told apart by colour, dash and name.
    `current` is marked by a vertical line, the alert's `threshold` by a horizontal one.
    """
    shown = [i for i, code in enumerate(codes) if code == "MEL" or probabilities[:, i].max() >= _SHOWN_FROM]
    shown.sort(key=lambda i: -probabilities[:, i].max())
    figure = go.Figure()
    for number, i in enumerate(shown):
        found = diagnosis_of(codes[i])
        figure.add_scatter(
            x=list(values),
            y=probabilities[:, i],
            mode="lines+markers",
            name=f"{names[codes[i]]} {MALIGNANT_MARK}" if found.malignant else names[codes[i]],
            line={"color": found.colour, "width": 3, "dash": _DASHES[number % len(_DASHES)]},
            hovertemplate="%{x:g}: %{y:.1%}<extra>%{fullData.name}</extra>",
        )
    figure.add_vline(x=current, line={"color": LINE, "width": 2})
    figure.add_hline(
        y=threshold,
        line={"color": diagnosis_of("MEL").colour, "dash": "dot", "width": 1},
        annotation={"text": threshold_label, "xanchor": "right"},
    )
    figure.update_xaxes(title=axis, zeroline=False)
    figure.update_yaxes(range=[0, 1.02], tickformat=".0%", automargin=True)
    return lay_out(figure, 380, {"r": 16}, {"orientation": "h", "y": -0.25, "yanchor": "top"})


def region_selection_figure(
    photo: np.ndarray, before: Prediction, tool: str = "select", outline: Sequence[np.ndarray] = ()
) -> go.Figure:
    """Return the photo, uint8 RGB, ready for a box or lasso drawn by hand, in the photo's own pixels.

    `tool` is active at first, `select` (a box) or `lasso`. `outline` is one that there is already, as closed
    lines (n, 2) of x and y in those pixels.
    """
    height, width = photo.shape[:2]
    figure = veil_unseen(lay_photo(go.Figure(), photo), before.geometry)
    x, y = np.meshgrid(np.linspace(0, width, _GRID), np.linspace(0, height, _GRID))
    figure.add_scatter(
        x=x.ravel(),
        y=y.ravel(),
        mode="markers",
        marker={"opacity": 0, "size": 4},
        selected={"marker": {"opacity": 0}},
        unselected={"marker": {"opacity": 0}},
        hoverinfo="skip",
        showlegend=False,
    )
    for line in outline:
        closed = np.vstack([line, line[:1]])
        for (red, green, blue), thickness in OUTLINE:
            figure.add_scatter(
                x=closed[:, 0],
                y=closed[:, 1],
                mode="lines",
                line={"color": f"rgb({red}, {green}, {blue})", "width": thickness},
                hoverinfo="skip",
                showlegend=False,
            )
    return lay_out(figure, 300, NO_MARGIN | {"t": SELECTION_BAR}, dragmode=tool)
