"""The sliders of all changes, and the region to cover."""

import numpy as np
import streamlit as st

from melanoma.app.parts.shared.language import say
from melanoma.app.parts.shared.link import linked_choice, linked_segment
from melanoma.app.parts.shared.region_drawing import drawn_region, show_region_selection
from melanoma.controls import Range
from melanoma.edits.masking import FILLS, rectangle
from melanoma.edits.perturbations import PERTURBATIONS, Perturbation
from melanoma.model.prediction import Prediction

_BOARD, _KIND, _FILL = "cover-board", "cover", "cover-with"
_NOTHING, _RECTANGLE, _HAND = "nothing", "rectangle", "hand"


def draw_slider(control: Range, key: str, unit: str = "") -> float:
    """Draw the slider of a control, its value in the link; return the value."""
    whole = float(control.step).is_integer()
    kind = int if whole else float
    value = st.slider(
        say(control.title),
        kind(control.low),
        kind(control.high),
        kind(control.default),
        kind(control.step),
        format=("%d" if whole else "%.2f") + unit.replace("%", "%%"),
        key=key,
        bind="query-params",
    )
    return float(value)


def choose_changes() -> dict[str, float]:
    """Draw a slider for each change, in groups; return those that are not at their default."""
    settings = {}
    for group in dict.fromkeys(change.group for change in PERTURBATIONS):
        with st.expander(say(group), expanded=group == PERTURBATIONS[0].group):
            for change in PERTURBATIONS:
                if change.group == group:
                    value = draw_slider(change.control, key_of(change), change.unit)
                    if value != change.control.default:
                        settings[change.name] = value
    return settings


def offer_undo() -> None:
    """Draw a button that puts every slider back."""
    st.button(say("Undo all changes"), icon=":material/undo:", on_click=_undo, type="tertiary")


def choose_cover(photo: np.ndarray, before: Prediction) -> tuple[np.ndarray | None, str]:
    """Draw the controls of the region to cover; return it, bool (H, W) or None, and what covers it."""
    names = {_NOTHING: say("Nothing"), _RECTANGLE: say("Rectangle"), _HAND: say("Drawn by hand")}
    with st.expander(say("Cover a region")):
        kind = linked_segment(say("What to cover"), list(names), _NOTHING, _KIND, names.__getitem__)
        if kind == _NOTHING:
            return None, FILLS[0]
        fill = linked_choice(st, say("Cover it with"), FILLS, FILLS[0], _FILL, lambda name: say(name))
        if kind == _RECTANGLE:
            across = _shares(say("From left to right"), "cover-x")
            down = _shares(say("From top to bottom"), "cover-y")
            return rectangle(photo.shape[:2], *across, *down), fill
        return _drawn_by_hand(photo, before), fill


def key_of(change: Perturbation) -> str:
    """Return the key of a change's slider, which is its name in the link."""
    return f"w-{change.name}"


def _shares(label: str, key: str) -> tuple[float, float]:
    low, high = st.slider(label, 0, 100, (30, 70), 1, format="%d %%", key=key, bind="query-params")
    return low / 100, high / 100


def _drawn_by_hand(photo: np.ndarray, before: Prediction) -> np.ndarray:
    st.caption(
        say("Drag over the photo to draw a box, or take the lasso above it. A double click removes it.")
    )
    alt = say("The photo, to draw on. Without a mouse, choose the rectangle instead.")
    return drawn_region(show_region_selection(photo, before, _BOARD, alt), photo.shape[:2])


def _undo() -> None:
    for change in PERTURBATIONS:
        default = change.control.default
        st.session_state[key_of(change)] = (
            int(default) if float(change.control.step).is_integer() else default
        )
    st.session_state[_KIND] = _NOTHING
