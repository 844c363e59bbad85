"""The visitor's own outline of the lesion, where the automatic one is wrong."""

from typing import Any

import numpy as np
import streamlit as st

from melanoma.app.parts.shared.chart import fit_height
from melanoma.app.parts.shared.dialog import close_dialog, open_dialog, show_dialog
from melanoma.app.parts.shared.language import say
from melanoma.app.parts.shared.photo import Photo
from melanoma.app.parts.shared.region_drawing import drawn_region, show_region_selection
from melanoma.figures.perturbations import SELECTION_BAR
from melanoma.lesion.outline import Outline
from melanoma.measures.lesion_in_view import LesionInView, outline_in_view
from melanoma.model.prediction import Prediction
from melanoma.photos.framing import Geometry

_DRAWN = "outline-drawn"
_IN_EDITOR = "outline-in-editor"
"""What was drawn since the editor was opened, which counts only when the visitor is done."""
_HIGHEST = "66vh"  # so that the photo and the buttons below it are seen together


def lesion_by_hand(photo: Photo, geometry: Geometry) -> LesionInView | None:
    """Return the outline that the visitor drew on this photo, which is trusted; None if there is none."""
    stored = st.session_state.get(_DRAWN)
    if stored is None or stored[0] != photo.key:
        return None
    return outline_in_view(Outline(stored[1], 1.0), geometry, by_hand=True)


def offer_outline_editor(photo: Photo, prediction: Prediction, lesion: LesionInView) -> None:
    """Draw the button that opens the editor, and that, with the outline in view in it, while it is open."""
    label = say("Correct the outline of the lesion")
    name = f"outline {photo.key}"
    st.button(
        label, key="draw", icon=":material/gesture:", width="stretch", on_click=_open_editor, args=(name,)
    )
    show_dialog(name, label, lambda: _draw_editor(photo, prediction, lesion))


def _open_editor(name: str) -> None:
    st.session_state.pop(_IN_EDITOR, None)
    open_dialog(name)


def _draw_editor(photo: Photo, prediction: Prediction, lesion: LesionInView) -> None:
    st.caption(
        say(
            "Draw around the lesion with the lasso, or drag a box. The yellow line is the outline as it "
            "is now. Yours then counts in the sentences and in the tests of the map, as long as this "
            "photo is in view."
        )
    )
    key, owner, shape = f"outline-board-{photo.key}", photo.key, photo.pixels.shape[:2]
    drawn = _in_editor(photo)
    shown = lesion if drawn is None else outline_in_view(Outline(drawn, 1.0), prediction.geometry)
    column, place = "outline-editor-column", "outline-editor-place"
    with st.container(key=column), st.container(key=place):
        fit_height(column, place, key, shape, SELECTION_BAR, most=_HIGHEST)
        show_region_selection(
            photo.pixels,
            prediction,
            key,
            say("The photo, to draw the lesion's outline on."),
            "lasso",
            lambda: _take_drawn(owner, shape, st.session_state[key]),  # which knows no photo
            outline=shown.contours,
            height="stretch",
        )
    with st.container(horizontal=True):
        # The alert on the page depends on the outline too, so all of it is drawn anew.
        if st.button(
            say("Done"), key="outline-done", type="primary", icon=":material/check:", on_click=_use_drawn
        ):
            st.rerun()
        if lesion.by_hand and st.button(
            say("Back to the outline that was found"), icon=":material/undo:", on_click=_delete_outline
        ):
            st.rerun()


def _in_editor(photo: Photo) -> np.ndarray | None:
    """Return what was drawn on this photo since the editor was opened, bool (H, W); None if nothing."""
    key, mask = st.session_state.get(_IN_EDITOR, ("", None))
    return mask if key == photo.key else None


def _take_drawn(key: str, shape: tuple[int, int], event: Any) -> None:
    """Keep the selection; an empty one, such as a double click, changes nothing."""
    mask = drawn_region(event, shape)
    if mask.any():
        st.session_state[_IN_EDITOR] = (key, mask)


def _use_drawn() -> None:
    close_dialog()
    if (drawn := st.session_state.pop(_IN_EDITOR, None)) is not None:
        st.session_state[_DRAWN] = drawn


def _delete_outline() -> None:
    close_dialog()
    st.session_state.pop(_DRAWN, None)
    st.session_state.pop(_IN_EDITOR, None)
