"""A large dialog that stays open when the page is drawn anew, as it is when an example photo has come."""

from collections.abc import Callable

import streamlit as st

from melanoma.app.parts.shared.error_messages import show_user_errors
from melanoma.app.parts.shared.script_run import script_run

_OPEN = "dialog-open"


def open_dialog(name: str) -> None:
    """Open the dialog of this name, one at a time: where the page draws it, it is shown."""
    st.session_state[_OPEN] = name


def close_dialog() -> None:
    """Close the dialog when the page is drawn the next time; the visitor may have closed it already."""
    st.session_state.pop(_OPEN, None)


def show_dialog(name: str, title: str, draw: Callable[[], None]) -> None:
    """Show what `draw` draws in a dialog, as long as it is open; a change reruns that alone."""
    if st.session_state.get(_OPEN) != name:
        return

    def drawn() -> None:
        with script_run(), show_user_errors():
            draw()

    st.dialog(title, width="large", on_dismiss=close_dialog)(drawn)()
