"""Lesson: two plans of 45 minutes for a class, their sheets to print, and a view for a projector."""

import streamlit as st

from melanoma.app.parts.lesson_plan.measuring import lesson_scenes
from melanoma.app.parts.lesson_plan.presenter import PRESENT, asked_scene, show_presenter, start_presenting
from melanoma.app.parts.lesson_plan.timeline import choose_plan, offer_sheets, show_timeline
from melanoma.app.parts.shared.error_messages import show_user_errors
from melanoma.app.parts.shared.language import say, text
from melanoma.app.parts.shared.ways_on import lead_on
from melanoma.classroom.plans import timeline
from melanoma.errors import UserError


@show_user_errors()
def page() -> None:
    """Draw the page."""
    presented = PRESENT in st.query_params
    if not presented:
        _show_title()
    try:
        scenes = lesson_scenes()
    except UserError:  # of the model in the link: it stands under the page's title too
        if presented:
            _show_title()
        raise
    name, problem = asked_scene(scenes)
    if name is not None:
        show_presenter(scenes, name)
        return
    if presented:
        _show_title()
    if problem is not None:
        st.warning(problem)
    st.markdown(text("lesson-plan"))
    plan = choose_plan()
    timed = timeline(plan, scenes)
    if not timed:
        st.info(say("No scene of this plan is so for this network. Choose another one on the page Model."))
        return
    offer_sheets(plan, timed)
    st.button(
        say("Present it on a projector"),
        type="primary",
        icon=":material/slideshow:",
        on_click=start_presenting,
        args=(timed[0].scene.name,),
    )
    show_timeline(plan, scenes)
    lead_on(
        ("quiz", say("Open a class")),
        ("laboratory", say("Plant a shortcut and catch it")),
    )


def _show_title() -> None:
    st.title(say("A lesson of 45 minutes"), anchor=False)
