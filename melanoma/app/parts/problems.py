"""What goes wrong while something is drawn, told in its place."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

import streamlit as st

from melanoma.app.parts.language import say
from melanoma.errors import UserError

P = ParamSpec("P")


def telling_errors(draw: Callable[P, None]) -> Callable[P, None]:
    """Return `draw` that shows a UserError as its sentence and ends there.

    For fragments: they run again without the page that would have caught it.
    """

    @wraps(draw)
    def told(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            draw(*args, **kwargs)
        except UserError as error:
            st.error(error.said(say))

    return told
