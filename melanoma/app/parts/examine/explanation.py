"""The answer and the reasons for it: all that changes when the visitor asks for another map."""

import streamlit as st

from melanoma.app.parts.examine.alert import show_alert, show_probabilities
from melanoma.app.parts.examine.comparison import show_comparison
from melanoma.app.parts.examine.downloads import show_downloads
from melanoma.app.parts.examine.grid import show_grid
from melanoma.app.parts.examine.heatmap import show_map_help, show_map_in_view, show_square
from melanoma.app.parts.examine.known_cases import show_known_cases
from melanoma.app.parts.examine.map_checks import show_curves, show_measures
from melanoma.app.parts.examine.map_view import choose_view
from melanoma.app.parts.examine.outline_by_hand import offer_outline_editor
from melanoma.app.parts.examine.together import show_joint_answer
from melanoma.app.parts.shared.error_messages import fragment
from melanoma.app.parts.shared.language import say
from melanoma.app.parts.shared.photo import Photo
from melanoma.model.bundle import Bundle
from melanoma.model.prediction import Prediction


@fragment
def show_answer_and_reasons(photo: Photo, prediction: Prediction, bundle: Bundle) -> None:
    """Draw verdict, map, its controls, photo and probabilities, in a phone's order; then what looks closer.

    `style.css` lays them into one wide screen. A change of the map reruns only this, and the network only for
    what is not yet known.
    """
    with st.container(key="first-screen"):
        verdict, mapped, controls, plain, answer = (
            st.container(key=f"{name}-place") for name in ("verdict", "map", "controls", "photo", "answer")
        )
    with controls:
        choices = st.container()
        buttons = st.container(horizontal=True, vertical_alignment="center", gap="xsmall")
        view = choose_view(photo, prediction, choices, buttons)
        with buttons:
            show_map_help(view)
            show_downloads(photo, prediction, bundle, view)
    with verdict:
        show_joint_answer(photo, bundle)
        show_alert(photo, prediction, bundle, view.lesion)
    with mapped:
        show_map_in_view(view, prediction)
    with plain:
        show_square(photo, view, prediction)
    with answer:
        show_probabilities(prediction, bundle)
    st.header(say("Look closer"), anchor=False)
    for name, label, icon, draw in (
        (
            "compare",
            say("Side by side"),
            "compare",
            lambda: show_comparison(photo, prediction, view),
        ),
        ("grid", say("All diagnoses by several methods"), "grid_view", lambda: show_grid(photo, prediction)),
        (
            "curves",
            say("Does the map mark what counts?"),
            "show_chart",
            lambda: show_curves(photo, prediction, view),
        ),
        (
            "measures",
            say("All tests of this map"),
            "checklist",
            lambda: show_measures(photo, prediction, view),
        ),
        (
            "known-cases",
            say("Known cases for and against"),
            "photo_library",
            lambda: show_known_cases(photo, prediction, bundle),
        ),
    ):
        opened = st.expander(label, icon=f":material/{icon}:", key=name, bind="query-params")
        if opened.open:
            with opened:
                draw()
    offer_outline_editor(photo, prediction, view.lesion)
