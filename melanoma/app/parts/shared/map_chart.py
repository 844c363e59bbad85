"""A map over its photo on the page, with a control that wipes it away: in the browser, without the server."""

import streamlit as st

from melanoma.app.parts.shared.chart import fit_height, show
from melanoma.app.parts.shared.language import say
from melanoma.figures.heatmap import SCALE_HEIGHT, heatmap_figure
from melanoma.figures.overlay import Overlay
from melanoma.figures.quiz import add_mark

# Radio buttons, so that fingers and arrow keys work them; style.css does the rest.
_WIPE = """<fieldset class="wipe" aria-label="{label}">
<label><input type="radio" name="wipe-{key}" checked>{map}</label>
<label><input type="radio" name="wipe-{key}" class="wipe-half">{half}</label>
<label><input type="radio" name="wipe-{key}" class="wipe-photo">{photo}</label>
</fieldset>"""


def show_map(
    overlay: Overlay,
    title: str,
    key: str,
    alt: str,
    widest: int | None = None,
    mark: tuple[float, float] | None = None,
) -> None:
    """Draw the map as wide as its column, at most `widest` pixels, and below it the wipe to the photo.

    `title` heads the colour scale; `mark` is a place, x and y in the photo's pixels, with a ring around it.
    """
    figure = heatmap_figure(overlay, title)
    if mark is not None:
        add_mark(figure, mark)
    with st.container(key=f"wiped-{key}", width=widest or "stretch", gap="xsmall"):
        with st.container(key=f"{key}-column"), st.container(key=f"{key}-place"):
            fit_height(f"{key}-column", f"{key}-place", key, (1, 1), SCALE_HEIGHT)
            show(figure, key=key, height="stretch", alt=alt)
        words = {"map": say("Map"), "half": say("Half and half"), "photo": say("Photo")}
        st.html(_WIPE.format(key=key, label=say("What is shown"), **words))
