"""Figures on the page: without Plotly's buttons, and as high as their pictures are."""

import plotly.graph_objects as go
import streamlit as st

from melanoma.app.parts.shared.language import number_separators


def show(figure: go.Figure, key: str, alt: str, **options: object) -> object:
    """Draw a figure without buttons, numbers as the language has them; return what Streamlit returns."""
    figure.layout.separators = number_separators()
    return st.plotly_chart(figure, key=key, alt=alt, config={"displayModeBar": False}, **options)


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
