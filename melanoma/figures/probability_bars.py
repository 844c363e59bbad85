"""The probabilities of all diagnoses as bars."""

import plotly.graph_objects as go

from melanoma.diagnoses import diagnosis_of
from melanoma.figures.style import lay_out
from melanoma.model.alert_wording import marked_name
from melanoma.phrases import Say, english

_BAR, _AROUND = 27, 36  # pixels: of each bar with its gap, and of the axis below them


def probability_bars(
    probabilities: dict[str, float], prediction_set: tuple[str, ...] = (), say: Say = english
) -> go.Figure:
    """Return horizontal bars, likeliest on top; malignant diagnoses are hatched and marked with a triangle.

    `probabilities` maps codes to 0..1. Diagnoses in `prediction_set` have bold names. `say` gives the
    reader's language.
    """
    ranked = sorted(probabilities.items(), key=lambda item: item[1])
    diagnoses = [diagnosis_of(code) for code, _ in ranked]
    names = [marked_name(code, say) for code, _ in ranked]
    figure = go.Figure(
        go.Bar(
            x=[value for _, value in ranked],
            y=[
                f"<b>{name}</b>" if code in prediction_set else name
                for name, (code, _) in zip(names, ranked, strict=True)
            ],
            orientation="h",
            texttemplate="%{x:.1%}",
            textposition="outside",
            cliponaxis=False,
            marker={
                "color": [found.colour for found in diagnoses],
                "pattern": {
                    "shape": ["/" if found.malignant else "" for found in diagnoses],
                    "fillmode": "overlay",
                    "fgcolor": "rgba(255, 255, 255, 0.65)",
                    "solidity": 0.25,
                    "size": 7,
                },
            },
            hovertext=[
                f"{say(found.plain)}<br>" + say("Signs: {signs}.", signs=say(found.signs))
                for found in diagnoses
            ],
            hovertemplate="%{hovertext}<extra></extra>",
        )
    )
    figure.update_xaxes(range=[0, 1], tickformat=".0%")
    figure.update_yaxes(automargin=True)
    return lay_out(figure, _AROUND + _BAR * len(ranked), {"r": 48, "t": 0}, hoverlabel={"align": "left"})
