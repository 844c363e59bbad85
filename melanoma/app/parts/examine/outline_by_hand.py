"""The visitor's own outline of the lesion, where the automatic one is wrong."""

from typing import Any

import streamlit as st

from melanoma.app.parts.shared.language import say
from melanoma.app.parts.shared.photo import Photo
from melanoma.app.parts.shared.region_drawing import drawn_region, show_region_selection
from melanoma.lesion.outline import Outline
from melanoma.measures.lesion_in_view import LesionInView, outline_in_view
from melanoma.model.prediction import Prediction
from melanoma.photos.framing import Geometry

_DRAWN, _CHANGED = "outline-drawn", "outline-changed"


def lesion_by_hand(photo: Photo, geometry: Geometry) -> LesionInView | None:
    """Return the outline that the visitor drew on this photo, which is trusted; None if there is none."""
    stored = st.session_state.get(_DRAWN)
    if stored is None or stored[0] != photo.key:
        return None
    return outline_in_view(Outline(stored[1], 1.0), geometry, by_hand=True)


def correct_outline(photo: Photo, prediction: Prediction) -> None:
    """Draw the photo to draw an outline on, and a button back to the automatic one."""
    st.caption(
        say(
            "Draw around the lesion with the lasso, or drag a box. Your outline then counts in the sentences "
            "and in the tests of the map, as long as this photo is in view."
        )
    )
    key = f"outline-board-{photo.key}"
    show_region_selection(
        photo.pixels,
        prediction,
        key,
        say("The photo, to draw the lesion's outline on."),
        "lasso",
        lambda: _store_outline(photo, st.session_state[key]),
    )
    stored = st.session_state.get(_DRAWN)
    if stored is not None and stored[0] == photo.key:
        st.button(
            say("Back to the outline that was found"),
            icon=":material/undo:",
            on_click=_delete_outline,
        )
    if st.session_state.pop(_CHANGED, False):
        st.rerun()  # the whole page: the alert above depends on the outline too


def _store_outline(photo: Photo, event: Any) -> None:
    """Store the selection as the outline; an empty one, such as a double click, changes nothing."""
    mask = drawn_region(event, photo.pixels.shape[:2])
    if mask.any():
        st.session_state[_DRAWN] = (photo.key, mask)
        st.session_state[_CHANGED] = True


def _delete_outline() -> None:
    st.session_state.pop(_DRAWN, None)
    st.session_state[_CHANGED] = True
