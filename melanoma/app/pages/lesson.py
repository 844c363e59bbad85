"""How it decides: from pixels to probability on the photo in view, one step at a time."""

import streamlit as st

from melanoma.app.parts.answer import predict
from melanoma.app.parts.language import say, text
from melanoma.app.parts.link import linked_segment
from melanoma.app.parts.photo import photo_bar
from melanoma.app.parts.steps.class_map import show_class_map, show_grad_cam
from melanoma.app.parts.steps.features import show_features
from melanoma.app.parts.steps.framing import show_framing
from melanoma.app.parts.steps.looked_for import show_looked_for
from melanoma.app.parts.steps.worked import show_sum
from melanoma.errors import UserError

_STEP = "step"
_STEPS = (show_framing, show_features, show_class_map, show_sum, show_grad_cam, show_looked_for)


def page() -> None:
    """Draw the page."""
    st.title(say("How does the network decide?"), anchor=False)
    st.markdown(text("lesson"))
    photo = photo_bar()
    try:
        prediction = predict(photo)
    except UserError as error:  # the model's folder is absent or damaged
        st.error(str(error))
        return
    names = _names()
    step = linked_segment(
        say("Step"),
        list(range(1, len(names) + 1)),
        1,
        _STEP,
        lambda number: f"{number} {names[number - 1]}",
        label_visibility="collapsed",
    )
    st.header(f"{step} {names[step - 1]}", anchor=False)
    _STEPS[step - 1](photo, prediction)
    if step < len(names):
        st.button(
            say("Next: {name}", name=names[step]),
            icon=":material/arrow_forward:",
            on_click=_go_to,
            args=(step + 1,),
        )


def _names() -> tuple[str, ...]:
    return (
        say("What it sees"),
        say("Feature maps"),
        say("The map grows"),
        say("The sum"),
        say("Grad-CAM"),
        say("What it looks for"),
    )


def _go_to(step: int) -> None:
    st.session_state[_STEP] = step
