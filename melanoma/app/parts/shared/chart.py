"""Figures on the page: without Plotly's buttons, and as high as their pictures are."""

from collections.abc import Callable, Hashable
from html import escape

import plotly.graph_objects as go
import streamlit as st

from melanoma.app.parts.shared.language import language, number_separators, say

# The browser makes the file of what it has drawn (page.js).
_SAVE = """<button type="button" class="save-chart" data-chart="{chart}" data-kind="{kind}"
 data-title="{title}" data-notice="{notice}" data-file="melanoma-{chart}">{label}</button>"""


def show(figure: go.Figure, key: str, alt: str, **options: object) -> object:
    """Draw a figure without buttons, numbers as the language has them; return what Streamlit returns."""
    figure.layout.separators = number_separators()
    return st.plotly_chart(figure, key=key, alt=alt, config={"displayModeBar": False}, **options)


def show_kept(make: Callable[[], go.Figure], of: tuple[Hashable, ...], key: str, alt: str) -> None:
    """Draw a figure that is made once for all visitors: making one takes longer than sending it.

    It is kept for the chart's key, the language and `of`: all else that it depends on.
    """
    show(_kept((key, language(), *of), make), key, alt)


@st.cache_resource(max_entries=64, ttl=3600, show_spinner=False)
def _kept(of: tuple[Hashable, ...], _make: Callable[[], go.Figure]) -> go.Figure:
    return _make()


def offer_slide(chart: str, title: str) -> None:
    """Draw two buttons that save the chart of this key as a slide, 1920 x 1080, as SVG and as PNG.

    `title` heads the slide; a notice that nothing here is a diagnosis stands at its foot.
    """
    notice = say(
        "Not a diagnosis. A teaching tool: it shows how a small network decides, and it misses melanomas."
    )
    buttons = (
        _SAVE.format(
            chart=chart,
            kind=kind,
            title=escape(title),
            notice=escape(notice),
            label=escape(say("{title}: slide ({kind})", title=title, kind=kind.upper())),
        )
        for kind in ("svg", "png")
    )
    st.html(f'<div class="save-charts">{"".join(buttons)}</div>')


def fit_height(
    column: str, place: str, chart: str, shape: tuple[int, ...], more: int, most: str = "none"
) -> None:
    """Make a chart as high as a photo of `shape` (H, W, …), and `more` pixels, is at the column's width.

    Only the browser knows that width. `column`, `place` and `chart` are the keys of the outer container, of
    the one in it, and of the chart in that; `most` is the most that it may be high, as CSS has it.
    """
    wanted = f"calc(100cqw * {shape[0] / shape[1]:.4f} + {more}px)"
    st.html(
        f"<style>.st-key-{column} {{ container-type: inline-size; }}"
        f" .st-key-{place} {{ flex: none; height: {wanted}; max-height: {most}; }}"
        f" .st-key-{chart} {{ min-height: 0; height: {wanted}; max-height: {most}; }}</style>"
    )
