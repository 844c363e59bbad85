"""Work of seconds for one visitor at a time, while the others see how many come before them."""

import time
from collections.abc import Callable
from typing import TypeVar

import streamlit as st

from melanoma.app.parts.shared.language import say
from melanoma.app.parts.shared.work_queue import QueueFull, WorkQueue
from melanoma.app.server_metrics import RECORD

T = TypeVar("T")

MOST_WAITING = 20
"""A minute of work or more: who comes later is asked to try again."""
_LINE = WorkQueue(MOST_WAITING)
_TELL = 1.0  # seconds until the place is told again, which is when a visitor who has left is noticed


def one_at_a_time(work: Callable[[], T]) -> T:
    """Return `work()` when it is this visitor's turn, and show the place until then.

    A visitor who leaves, or asks for something else meanwhile, frees the place: Streamlit ends the run of the
    script at the next element it draws. Where too many wait, says so and ends this run.
    """
    ticket, place = object(), st.empty()
    told = 0.0

    def tell() -> bool:
        nonlocal told
        if (before := _LINE.before(ticket)) and time.monotonic() - told >= _TELL:
            place.info(
                say("{before} others come first. Yours begins by itself.", before=before),
                icon=":material/hourglass_top:",
            )
            told = time.monotonic()
        return False

    try:
        with _LINE.turn(ticket, tell):
            place.empty()
            with RECORD.timed("slow map or test"):
                return work()
    except QueueFull as error:
        place.warning(
            error.said(say),
            icon=":material/hourglass_disabled:",
        )
        st.stop()
