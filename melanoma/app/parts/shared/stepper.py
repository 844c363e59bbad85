"""A story in numbered steps: the choice of one, its header, and the ways back and on at both its ends."""

from collections.abc import Sequence

import streamlit as st

from melanoma.app.parts.shared.language import say
from melanoma.app.parts.shared.link import linked_segment

# Its number makes it another script at each step: the same one would not run again. Keys and screen readers
# go on at the header where the button that was pressed is gone.
_TO_TOP = """<script data-step="{step}">
{{
    const top = document.querySelector(".st-key-step-top");
    const header = top?.querySelector("h2");
    top?.scrollIntoView({{ block: "start" }});
    if (header && !top.contains(document.activeElement)) {{
        header.tabIndex = -1;
        header.focus({{ preventScroll: true }});
    }}
}}
</script>"""


def choose_step(names: Sequence[str], key: str) -> int:
    """Draw the choice among the steps and the header of the one in view; return its number, from 1.

    `names` are in the visitor's language; `key` is the choice's name in the link. At another step than in the
    run before, the view goes to its top.
    """
    with st.container(key="step-top"):
        step = linked_segment(
            say("Step"),
            list(range(1, len(names) + 1)),
            1,
            key,
            lambda number: f"{number} {names[number - 1]}",
            label_visibility="collapsed",
        )
        with st.container(key="step-line", horizontal=True, vertical_alignment="center"):
            st.header(f"{step} {names[step - 1]}", anchor=False)
            _draw_ways(len(names), key, step, (say("Back"), say("Next")), "top")
    before = st.session_state.get(f"{key}-shown", step)
    st.session_state[f"{key}-shown"] = step
    if step != before:
        st.html(_TO_TOP.format(step=step), unsafe_allow_javascript=True)
    return step


def end_step(names: Sequence[str], key: str, step: int) -> None:
    """Draw the ways to the steps before and after `step`, by their names, where there are such."""
    back = say("Back: {name}", name=names[step - 2])
    on = say("Next: {name}", name=names[step % len(names)])
    with st.container(key="step-end", horizontal=True):
        _draw_ways(len(names), key, step, (back, on), "end")


def _draw_ways(steps: int, key: str, step: int, labels: tuple[str, str], place: str) -> None:
    """Draw the buttons back and on, those of them that lead anywhere."""
    for label, icon, to in ((labels[0], "back", step - 1), (labels[1], "forward", step + 1)):
        if 1 <= to <= steps:
            st.button(
                label,
                key=f"{key}-{place}-{icon}",
                icon=f":material/arrow_{icon}:",
                icon_position="left" if icon == "back" else "right",
                on_click=_go_to,
                args=(key, to),
            )


def _go_to(key: str, step: int) -> None:
    st.session_state[key] = step
