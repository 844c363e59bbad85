"""Slow work for one visitor at a time; the others see their position in the queue."""

import time
from collections.abc import Callable
from typing import TypeVar

import streamlit as st

from melanoma.app.parts.shared.language import say
from melanoma.app.parts.shared.work_queue import QueueFull, WorkQueue
from melanoma.app.server_metrics import METRICS

T = TypeVar("T")

MOST_WAITING = 20
"""A minute of work or more: who comes later is asked to try again."""
_QUEUE = WorkQueue(MOST_WAITING)
_REFRESH = 1.0  # seconds between two updates of the position; a visitor who has left is noticed then


def one_at_a_time(work: Callable[[], T]) -> T:
    """Return `work()` when it is this visitor's turn, and show the position until then.

    A visitor who goes away, or asks for something else meanwhile, leaves the queue: Streamlit ends the run of
    the script at the next element it draws. If the queue is full, says so and ends this run.
    """
    ticket, place = object(), st.empty()
    updated = 0.0

    def show_position() -> bool:
        nonlocal updated
        if (before := _QUEUE.ahead_of(ticket)) and time.monotonic() - updated >= _REFRESH:
            place.info(
                say("One other comes first. Yours begins by itself.")
                if before == 1
                else say("{before} others come first. Yours begins by itself.", before=before),
                icon=":material/hourglass_top:",
            )
            updated = time.monotonic()
        return False

    try:
        with _QUEUE.turn(ticket, show_position):
            place.empty()
            with METRICS.timed("slow map or test"):
                return work()
    except QueueFull as error:
        place.warning(
            error.said(say),
            icon=":material/hourglass_disabled:",
        )
        st.stop()
