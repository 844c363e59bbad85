"""An icon array: what an alert means for each of many people. Words come from the caller."""

import numpy as np
import plotly.graph_objects as go

from melanoma.figures.style import LINE, ORANGE, lay_out

COLUMNS = 40
"""People in a row of the icon array: 1,000 fill 25 rows, and it fits a telephone."""
# Shape tells them apart before colour does. Each colour has at least 3 to 1 against both themes' backgrounds.
_ICONS = (
    ("triangle-up", ORANGE, 9),
    ("x", "#d62728", 8),
    ("diamond-open", "#2f7fc1", 7),
    ("circle", LINE, 3),
)


def icon_array_figure(counts: tuple[int, int, int, int], names: tuple[str, str, str, str]) -> go.Figure:
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
    figure.update_xaxes(visible=False, range=[-0.7, COLUMNS - 0.3])
    figure.update_yaxes(visible=False, range=[rows - 0.3, -0.7])
    return lay_out(figure, 300)
