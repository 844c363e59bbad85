"""How it decides: from pixels to probability on the photo in view, one step at a time."""

import streamlit as st

from melanoma.app.parts.lesson.class_map import show_class_map, show_grad_cam
from melanoma.app.parts.lesson.convolution import show_convolution
from melanoma.app.parts.lesson.feature_maps import show_features
from melanoma.app.parts.lesson.flattery import show_flattery
from melanoma.app.parts.lesson.framing import show_framing
from melanoma.app.parts.lesson.looks_for import show_looks_for
from melanoma.app.parts.lesson.worked_sum import show_sum
from melanoma.app.parts.shared.error_messages import show_user_errors
from melanoma.app.parts.shared.language import say, text
from melanoma.app.parts.shared.model import expect_keras
from melanoma.app.parts.shared.photo import Photo, photo_bar
from melanoma.app.parts.shared.prediction import predict
from melanoma.app.parts.shared.stepper import choose_step, end_step
from melanoma.app.parts.shared.ways_on import lead_on
from melanoma.model.prediction import Prediction

_STEP = "step"


def _show_maps(photo: Photo, prediction: Prediction) -> None:
    """Show one filter of the first layer at work, then maps of all depths."""
    show_convolution(photo, prediction)
    show_features(photo, prediction)


_STEPS = (
    show_framing,
    _show_maps,
    show_class_map,
    show_sum,
    show_grad_cam,
    show_flattery,
    show_looks_for,
)


@show_user_errors()
def page() -> None:
    """Draw the page."""
    st.title(say("How does the network decide?"), anchor=False)
    st.markdown(text("lesson"))
    photo = photo_bar()
    prediction = predict(photo)
    names = _names()
    step = choose_step(names, _STEP)
    if step == 1:
        expect_keras()  # the next step needs it, and a visitor reads this one meanwhile
    _STEPS[step - 1](photo, prediction)
    end_step(names, _STEP, step)
    if step == len(names):
        lead_on(
            ("what_if", say("Change the photo and watch the answer")),
            ("quiz", say("Look for yourself first")),
        )


def _names() -> tuple[str, ...]:
    return (
        say("What it sees"),
        say("Feature maps"),
        say("The map grows"),
        say("The sum"),
        say("Grad-CAM"),
        say("How a map can flatter"),
        say("What it looks for"),
    )
