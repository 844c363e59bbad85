"""One scene a screen, in large type, for a projector and its arrow keys (`page.js` has them)."""

from collections.abc import Mapping
from html import escape
from pathlib import Path

import streamlit as st

from melanoma.app.parts.lesson_plan.timeline import PLAN, address_of_scene
from melanoma.app.parts.shared.address import qr_picture
from melanoma.app.parts.shared.language import say
from melanoma.app.parts.shared.link import put_into_link
from melanoma.classroom.plans import PLANS, SCHOOL, timeline
from melanoma.classroom.scenes import QUIZ, Scene
from melanoma.classroom.sheets import minutes

_STYLE = Path(__file__).with_name("presenter.css")
PRESENT = "present"
"""The name in the link of the scene that is presented: where it is, the view for a projector is."""
_CODE = 300  # pixels of a QR code's side: read from the last row of a classroom


def asked_scene(scenes: Mapping[str, Scene]) -> tuple[str | None, str | None]:
    """Return the scene that the link presents, or None, and what to say of one that is not here."""
    asked = st.query_params.get(PRESENT)
    if asked is None:
        return None, None
    if asked in PLANS[_plan()] and asked in scenes:
        return asked, None
    put_into_link(PRESENT, None)
    return None, say(
        "The scene of this link is not in this plan: there is none of this name, or what it shows is not so "
        "for this network."
    )


def start_presenting(name: str) -> None:
    """Show a scene for a projector."""
    put_into_link(PRESENT, name)


def show_presenter(scenes: Mapping[str, Scene], name: str) -> None:
    """Draw the scene, and the buttons that the keys press."""
    st.html(_STYLE)
    plan = timeline(_plan(), scenes)
    names = [timed.scene.name for timed in plan]
    number = names.index(name)
    timed = plan[number]
    scene, address = timed.scene, address_of_scene(timed.scene)
    where = say("Scene {number} of {count}", number=number + 1, count=len(plan))
    if scene.name == QUIZ:
        phones = f"<p>{escape(say('Open a class there: its code for the phones appears then.'))}</p>"
    else:
        picture = qr_picture(address, _CODE) if "://" in address else ""
        phones = f'{picture}<p class="typed">{escape(address)}</p>'
    with st.container(key="presenter"):
        st.html(
            f'<section class="stage"><div><p class="when">{escape(where)} · {escape(minutes(timed, say))}</p>'
            f"<h1>{escape(scene.title)}</h1><p class='ask'>{escape(scene.ask)}</p>"
            f"<details><summary>{escape(say('The surprise'))}</summary><p>{escape(scene.surprise)}</p>"
            f'</details></div><aside aria-label="{escape(say("For the phones"))}">{phones}</aside></section>'
        )
        with st.container(horizontal=True, key="presenter-ways"):
            _button("back", say("Scene before"), "arrow_back", names[number - 1] if number else None)
            st.link_button(say("Show it"), address, type="primary", icon=":material/open_in_new:")
            last = number + 1 == len(names)
            _button("next", say("Next scene"), "arrow_forward", None if last else names[number + 1])
            st.button(
                say("Leave"),
                key="presenter-leave",
                type="tertiary",
                icon=":material/close:",
                on_click=put_into_link,
                args=(PRESENT, None),
            )
            st.caption(say("Keys: ← → the scenes, ↓ the surprise, Esc leaves."), width="content")


def _button(key: str, label: str, icon: str, to: str | None) -> None:
    st.button(
        label,
        key=f"presenter-{key}",
        icon=f":material/{icon}:",
        disabled=to is None,
        on_click=start_presenting,
        args=(to,),
    )


def _plan() -> str:
    """Return the plan of the link, or the first; the presenter draws no choice of it."""
    asked = st.query_params.get(PLAN, SCHOOL)
    return asked if asked in PLANS else SCHOOL
