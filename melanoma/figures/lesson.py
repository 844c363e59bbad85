"""Figures of the lesson."""

from functools import cache

import cv2
import numpy as np
import plotly.colors
import plotly.graph_objects as go

from melanoma.figures.map_colours import AGAINST, FOR
from melanoma.figures.style import NO_MARGIN, lay_out, picture_axes

SCALE = "Cividis"
"""Of feature maps, which speak neither for nor against, so neither red nor blue. Readable if colour-blind."""
_COLUMNS = 4
_GAP = 0.06  # of a tile


def tiles_figure(maps: np.ndarray, names: list[str], chosen: int, title: str) -> go.Figure:
    """Return feature maps (h, w, k) as clickable tiles on one scale, four in a row; the `chosen` is framed.

    A click selects the point in the middle of a tile, so its number is the map's. `names` are
    shown on hover; `title` heads the colour bar.
    """
    count = maps.shape[-1]
    limit = float(maps.max()) or 1.0
    step = 1 + _GAP
    figure = go.Figure()
    for number in range(count):
        row, column = divmod(number, _COLUMNS)
        small = _at_most(maps[..., number], 48)
        figure.add_heatmap(
            z=small,
            x0=column * step + 0.5 / small.shape[1],
            dx=1 / small.shape[1],
            y0=row * step + 0.5 / small.shape[0],
            dy=1 / small.shape[0],
            zmin=0,
            zmax=limit,
            colorscale=SCALE,
            showscale=number == 0,
            colorbar=_bar(title),
            hoverinfo="skip",
        )
    rows_of, columns_of = np.divmod(np.arange(count), _COLUMNS)
    figure.add_scatter(
        x=columns_of * step + 0.5,
        y=rows_of * step + 0.5,
        mode="markers",
        marker={"symbol": "square", "size": 60, "opacity": 0},
        selected={"marker": {"opacity": 0}},
        unselected={"marker": {"opacity": 0}},
        text=names,
        hovertemplate="%{text}<extra></extra>",
        showlegend=False,
    )
    row, column = divmod(chosen, _COLUMNS)
    figure.add_shape(
        type="rect",
        x0=column * step,
        x1=column * step + 1,
        y0=row * step,
        y1=row * step + 1,
        line={"color": "#e69f00", "width": 4},
    )
    rows = -(-count // _COLUMNS)
    return _picture(figure, _COLUMNS * step - _GAP, rows * step - _GAP, 380)


def map_figure(heatmap: np.ndarray, limit: float, title: str) -> go.Figure:
    """Return one map (h, w), 0 or more, in its own cells, in Cividis from 0 to `limit`."""
    figure = go.Figure(
        go.Heatmap(
            z=heatmap,
            zmin=0,
            zmax=limit,
            colorscale=SCALE,
            colorbar=_bar(title),
            hovertemplate="%{z:.3f}<extra></extra>",
            x0=0.5,
            y0=0.5,
        )
    )
    return _picture(figure, heatmap.shape[1], heatmap.shape[0], 320)


def coloured(heatmap: np.ndarray, limit: float, signed: bool) -> np.ndarray:
    """Return one map (h, w) as uint8 RGB (h, w, 3): Cividis from 0, or red and blue about 0 if `signed`.

    What lies beyond `limit` has the colour of the scale's end.
    """
    stops = np.array([AGAINST, (247, 247, 247), FOR] if signed else scale_colours(), float)
    places = (heatmap / limit + 1) / 2 if signed else heatmap / limit
    places = np.clip(places, 0, 1) * (len(stops) - 1)
    parts = [np.interp(places, np.arange(len(stops)), stops[:, channel]) for channel in range(3)]
    return np.rint(np.stack(parts, axis=-1)).astype(np.uint8)


@cache
def scale_colours() -> list[tuple[int, int, int]]:
    """Return the colours of `SCALE` at equal distances from its start to its end, RGB 0..255."""
    return [plotly.colors.hex_to_rgb(colour) for _, colour in plotly.colors.get_colorscale(SCALE)]


def _at_most(values: np.ndarray, side: int) -> np.ndarray:
    return (
        values if values.shape[0] <= side else cv2.resize(values, (side, side), interpolation=cv2.INTER_AREA)
    )


def _bar(title: str) -> dict:
    return {
        "title": {"text": title, "side": "top"},
        "orientation": "h",
        "y": 1.0,
        "yanchor": "bottom",
        "thickness": 10,
        "tickformat": ".2~g",
        "nticks": 5,
    }


def _picture(figure: go.Figure, width: float, height: float, pixels: int) -> go.Figure:
    picture_axes(figure, 0, 0, width, height)
    return lay_out(figure, pixels, NO_MARGIN | {"t": 60}, dragmode=False)
