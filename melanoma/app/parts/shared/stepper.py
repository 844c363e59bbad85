"""A story in numbered steps: the choice of one, its header, and a button to the next."""

from collections.abc import Sequence

import streamlit as st

from melanoma.app.parts.shared.language import say
from melanoma.app.parts.shared.link import linked_segment


def choose_step(names: Sequence[str], key: str) -> int:
    """Draw the choice among the steps and the header of the one in view; return its number, from 1.

    `names` are in the visitor's language; `key` is the choice's name in the link.
    """
    step = linked_segment(
        say("Step"),
        list(range(1, len(names) + 1)),
        1,
        key,
        lambda number: f"{number} {names[number - 1]}",
        label_visibility="collapsed",
    )
    st.header(f"{step} {names[step - 1]}", anchor=False)
    return step


def offer_next(names: Sequence[str], key: str, step: int) -> None:
    """Draw the button to the step after `step`, if there is one."""
    if step < len(names):
        st.button(
            say("Next: {name}", name=names[step]),
            icon=":material/arrow_forward:",
            on_click=_go_to,
            args=(key, step + 1),
        )


def _go_to(key: str, step: int) -> None:
    st.session_state[key] = step
