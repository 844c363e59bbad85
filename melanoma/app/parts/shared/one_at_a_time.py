"""Slow work of visitors, one at a time and in turns, with the place and the time that is left in view."""

import time
from collections.abc import Callable
from typing import TypeVar

import streamlit as st

from melanoma.app.parts.shared.language import say
from melanoma.app.parts.shared.work_queue import QueueFull, Standing, WorkQueue
from melanoma.app.server_metrics import METRICS
from melanoma.pause_points import listening

T = TypeVar("T")

MOST_WAITING = 20
"""A minute of work or more: who comes later is asked to try again."""
_QUEUE = WorkQueue(MOST_WAITING)
_REFRESH = 0.5  # seconds between two updates, and before the first: most maps are there by then


def one_at_a_time(work: Callable[[], T], kind: str, doing: Callable[[], str] = lambda: "") -> T:
    """Return `work()`, computed in turns with what other visitors wait for.

    Between its pause points (`melanoma.pause_points`) others have their slices, of a second at most. The page
    shows the place, how much is done, and how long it takes still. `kind` names work that takes about as long
    each time; `doing` says what is done now. Within other such work it is a part of that.

    A visitor who goes away, or asks for something else meanwhile, leaves the queue: at the next pause point
    if the work is under way, within a moment if it waits. If the queue is full, says so and ends this run.
    """
    if _QUEUE.is_within():
        return work()
    notice = _Notice(doing)
    try:
        with _QUEUE.turn(notice, notice.waits, kind), METRICS.timed("slow map or test"):
            notice.place.empty()
            with listening(notice.pauses):
                result = work()
    except QueueFull as error:
        notice.place.warning(error.said(say), icon=":material/hourglass_disabled:")
        st.stop()
    except Exception:
        notice.place.empty()
        raise
    notice.place.empty()
    return result


class _Notice:
    """What a visitor sees of the work, and its ticket in the queue."""

    def __init__(self, doing: Callable[[], str]) -> None:
        """Draw nothing yet."""
        self.place = st.empty()
        self._doing, self._updated = doing, time.monotonic()
        self._done = 0.0

    def waits(self) -> bool:
        """Show how the work stands; never gives the place up by itself."""
        _end_this_run_if_the_visitor_left()
        if time.monotonic() - self._updated >= _REFRESH:
            standing = _QUEUE.standing(self)
            if self._done or not standing.ahead:
                self.place.progress(self._done, " ".join([self._doing(), *_words(standing)]).strip())
            else:
                self.place.info(
                    " ".join([_place(standing.ahead), *_time_left(standing)]), icon=":material/hourglass_top:"
                )
            self._updated = time.monotonic()
        return False

    def pauses(self, done: float) -> None:
        """Let others have their turn, where the share `done` of the work is done."""
        self._done = done
        _QUEUE.pause(self, done, self.waits)
        self.waits()


def _end_this_run_if_the_visitor_left() -> None:
    """Have Streamlit end this run if it is to end.

    It looks after that at each element that is drawn, and at each look into the session, which draws nothing.
    """
    _ = "anything" in st.session_state


def _place(ahead: int) -> str:
    if ahead == 1:
        return say("One other comes first. Yours begins by itself.")
    return say("{before} others come first. Yours begins by itself.", before=ahead)


def _words(standing: Standing) -> list[str]:
    """Return how long the work takes still, and who shares the time with it."""
    words = _time_left(standing)
    if standing.others == 1:
        words.append(say("One other is computing too: you take turns."))
    elif standing.others:
        words.append(say("{others} others are computing too: you take turns.", others=standing.others))
    return words


def _time_left(standing: Standing) -> list[str]:
    seconds = standing.seconds_left
    if seconds is None:
        return []
    if seconds < 1.5:
        return [say("Nearly done.")]
    if seconds < 100:
        return [say("About {seconds:.0f} seconds left.", seconds=seconds)]
    return [say("About {minutes:.0f} minutes left.", minutes=seconds / 60)]
