"""A plan as a timeline of scenes, each opened by one click, and as sheets to print."""

from collections.abc import Mapping, Sequence

import streamlit as st

from melanoma.app.parts.shared.address import address_of
from melanoma.app.parts.shared.language import language, say
from melanoma.app.parts.shared.link import linked_segment
from melanoma.app.parts.shared.markdown import escape_markdown
from melanoma.classroom.plans import MEDICAL, PLANS, SCHOOL, Timed, left_out, timeline
from melanoma.classroom.scenes import Scene, titles
from melanoma.classroom.sheets import minutes, plan_sheet, worksheet

PLAN = "plan"
"""The plan's name in the link."""


def plan_names() -> dict[str, str]:
    """Return what the plans are called."""
    return {SCHOOL: say("School"), MEDICAL: say("Medical students")}


def choose_plan() -> str:
    """Draw the choice of the plan; return its name."""
    return linked_segment(say("For whom"), list(PLANS), SCHOOL, PLAN, plan_names().__getitem__)


def address_of_scene(scene: Scene) -> str:
    """Return the address that opens a scene."""
    return address_of(scene.page, **scene.link)


def offer_sheets(plan: str, timed: Sequence[Timed]) -> None:
    """Draw what saves plan, worksheet and answers, in the visitor's language."""
    name = plan_names()[plan]
    sheets = {
        "plan": (
            say("Plan"),
            plan_sheet(
                timed, say("A lesson of 45 minutes: {plan}", plan=name), say, language(), address_of_scene
            ),
        ),
        "worksheet": (
            say("Worksheet"),
            worksheet(timed, say("Worksheet: {plan}", plan=name), say, language(), address_of_scene),
        ),
        "answers": (
            say("Answers"),
            worksheet(timed, say("Answers: {plan}", plan=name), say, language(), address_of_scene, True),
        ),
    }
    with st.container(horizontal=True, vertical_alignment="center"):
        for file, (label, content) in sheets.items():
            st.download_button(
                label,
                content,
                f"lesson-{plan}-{file}.html",
                "text/html",
                on_click="ignore",
                icon=":material/print:",
            )
        st.caption(say("Open a file in a browser to print it."), width="content")


def show_timeline(plan: str, scenes: Mapping[str, Scene]) -> None:
    """Draw the scenes with their minutes, and which are left out."""
    for timed in timeline(plan, scenes):
        scene = timed.scene
        with st.container(border=True, key=f"scene-{scene.name}"):
            head, button = st.columns([5, 1], vertical_alignment="center")
            with head:
                st.caption(minutes(timed, say))
                st.subheader(scene.title, anchor=False)
            button.link_button(
                say("Show it"), address_of_scene(scene), icon=":material/open_in_new:", width="stretch"
            )
            st.markdown(
                "  \n".join(
                    f"**{name}:** {escape_markdown(words)}"
                    for name, words in (
                        (say("Ask"), scene.ask),
                        (say("The class will say"), scene.expect),
                        (say("The surprise"), scene.surprise),
                    )
                )
            )
    missing = left_out(plan, scenes)
    if missing:
        st.caption(
            say(
                "Left out, since it is not so for this network: {names}.",
                names=", ".join(titles(say)[name] for name in missing),
            )
        )
