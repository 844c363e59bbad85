"""A heatmap over its photo: a Plotly figure for the page, and an overlay as pixels."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from melanoma.figures.style import NO_MARGIN, lay_out, lay_photo
from melanoma.photos.framing import Geometry

FOR = (178, 24, 43)
"""Red and blue ends of ColorBrewer's RdBu, which colour-blind readers can tell apart."""
AGAINST = (33, 102, 172)
_SOME = 0.01  # of the largest magnitude: less in favour is rounding, and no end for a scale
OPACITY = 0.65  # of the strongest colour, so that the lesion shows through it
SCALE_HEIGHT = 64  # pixels of the colour bar under a map, with its title
OUTLINE = (("#000000", 4), ("#ffffff", 2))
"""White between two black lines: seen on pale and on dark skin, and under every colour of a map."""


def colour_limit(heatmaps: np.ndarray) -> float:
    """Return the end of the colour scale: the most that speaks for any of the diagnoses (h, w, classes).

    One scale for all of a photo's maps: weak evidence looks weak. What speaks against a diagnosis that nobody
    thinks of is many times as strong, and would leave all else without colour; it ends in the darkest blue.
    Where nothing speaks for any, the largest magnitude counts, and a map of zeros gets 1.
    """
    most, least = float(np.nanmax(heatmaps)), float(np.nanmin(heatmaps))
    largest = max(most, -least)
    if most > _SOME * largest:
        return most
    return largest if largest > 0 else 1.0


def heatmap_figure(
    photo: np.ndarray,
    heatmap: np.ndarray,
    geometry: Geometry,
    limit: float,
    opacity: float,
    signed: bool,
    title: str,
    contours: Sequence[np.ndarray] = (),
    height: int = SCALE_HEIGHT + 416,
) -> go.Figure:
    """Return the heatmap (h, w) over the uint8 RGB photo, on the photo's own pixels, with a colour bar.

    Colours fade out towards zero, so that the photo shows where there is no evidence. The photo outside
    what the network saw is veiled. `title` heads the colour bar. `contours` are closed lines (n, 2)
    of x and y in the photo's pixels. `height` is the figure's, pixels.
    """
    rows, columns = heatmap.shape
    cell = (geometry.side / columns, geometry.side / rows)
    figure = go.Figure(
        go.Heatmap(
            z=heatmap,
            x0=geometry.left + cell[0] / 2,
            dx=cell[0],
            y0=geometry.top + cell[1] / 2,
            dy=cell[1],
            zmin=-limit if signed else 0,
            zmax=limit,
            colorscale=_faded_scale(opacity, signed),
            zsmooth="best",
            colorbar={
                "title": {"text": title, "side": "top"},
                "orientation": "h",
                "y": 0.0,
                "yanchor": "top",
                "thickness": 10,
                "tickformat": "+.3~g" if signed else ".3~g",  # logits in cells may be thousandths
                "nticks": 5,
            },
            hovertemplate="%{z:+.3~g}<extra></extra>",
        )
    )
    lay_photo(figure, photo)
    for contour in contours:
        x, y = np.vstack([contour, contour[:1]]).T
        for colour, line_width in OUTLINE:
            line = {"color": colour, "width": line_width}
            figure.add_trace(
                go.Scatter(x=x, y=y, mode="lines", line=line, hoverinfo="skip", showlegend=False)
            )
    for left, top, right, bottom in _unseen(geometry):
        figure.add_shape(
            type="rect",
            x0=left,
            x1=right,
            y0=top,
            y1=bottom,
            fillcolor="rgba(128,128,128,0.55)",
            line_width=0,
        )
    return lay_out(figure, height, NO_MARGIN | {"b": SCALE_HEIGHT})


def overlay(
    photo: np.ndarray, heatmap: np.ndarray, geometry: Geometry, limit: float, opacity: float = OPACITY
) -> np.ndarray:
    """Return the uint8 RGB photo (H, W, 3) with the heatmap (h, w) over it, as `heatmap_figure` shows it."""
    values = geometry.lay_back(heatmap) / limit
    strength = np.clip(np.abs(np.nan_to_num(values)), 0, 1)[..., None] * opacity
    colour = np.where((values > 0)[..., None], np.array(FOR), np.array(AGAINST))
    blended = photo * (1 - strength) + colour * strength
    blended[np.isnan(values)] = blended[np.isnan(values)] * 0.45 + 128 * 0.55
    return np.clip(np.rint(blended), 0, 255).astype(np.uint8)


def _faded_scale(opacity: float, signed: bool) -> list[tuple[float, str]]:
    upper = [(0.0, f"rgba{(*FOR, 0.0)}"), (1.0, f"rgba{(*FOR, opacity)}")]
    if not signed:
        return upper
    return [(0.0, f"rgba{(*AGAINST, opacity)}"), (0.5, f"rgba{(*AGAINST, 0.0)}")] + [
        (0.5 + position / 2, colour) for position, colour in upper
    ]


def _unseen(geometry: Geometry) -> list[tuple[int, int, int, int]]:
    """Return the parts of the photo outside what the network saw, as (left, top, right, bottom)."""
    right, bottom = geometry.left + geometry.side, geometry.top + geometry.side
    parts = [
        (0, 0, geometry.left, geometry.height),
        (right, 0, geometry.width, geometry.height),
        (geometry.left, 0, right, geometry.top),
        (geometry.left, bottom, right, geometry.height),
    ]
    return [part for part in parts if part[2] > part[0] and part[3] > part[1]]
