"""The student's tries, in the session alone: so that before and after can be compared."""

from dataclasses import dataclass

import streamlit as st

from melanoma.app.parts.laboratory.controls import DRAWINGS, Settings
from melanoma.app.parts.shared.language import format_number, say
from melanoma.app.parts.shared.table import show_table
from melanoma.laboratory.feature_store import LAST
from melanoma.laboratory.findings import Focus, focus
from melanoma.laboratory.shortcuts import SHORTCUTS
from melanoma.laboratory.trial import MASKING, MIXING, NO_MEND, TESTS, TWINS, Outcome

MOST = 8
_TRIES = "lab-tries"


@dataclass(frozen=True)
class Try:
    """One state that was looked at and its figures."""

    settings: Settings
    model: str
    right: tuple[float, ...]
    """Accuracies, 0..1, in the order of `TESTS`."""
    focus: Focus | None


def add_try(settings: Settings, model: str, outcome: Outcome) -> None:
    """Put a state at the head of the list; one that is there already moves up."""
    new = Try(settings, model, tuple(outcome.accuracy(test) for test in TESTS), focus(outcome))
    tries = st.session_state.get(_TRIES, [])
    others = [one for one in tries if (one.settings, one.model) != (settings, model)]
    st.session_state[_TRIES] = [new, *others][:MOST]


def show_tries() -> None:
    """Draw the tries as a table, the latest first, once there are two."""
    tries = st.session_state.get(_TRIES, [])
    if len(tries) < 2:
        return
    st.header(say("Your tries"), anchor=False)
    show_table(
        [
            say("Planted"),
            say("Mend"),
            say("As fitted"),
            say("Clean"),
            say("The other way round"),
            say("Evidence on it"),
        ],
        [_row(one) for one in tries],
        say("The states that you looked at, the latest first."),
    )
    st.button(say("Forget these tries"), type="tertiary", icon=":material/delete:", on_click=_forget)


def _row(one: Try) -> list[str]:
    mends = {
        NO_MEND: say("None"),
        MIXING: say("Mixing"),
        MASKING: say("Masking"),
        TWINS: say("Other surroundings"),
    }
    on_it = (
        "–"
        if one.focus is None
        else say("{share:.0%} (area {area:.0%})", share=one.focus.evidence, area=one.focus.area)
    )
    return [
        _planted(one.settings),
        mends[one.settings.plan.mend],
        *(format_number(value, ".0%") for value in one.right),
        on_it,
    ]


def _planted(settings: Settings) -> str:
    plan = settings.plan
    if plan.planted:
        told = say(
            "{title}: {malignant:.0%} and {benign:.0%}",
            title=say(SHORTCUTS[plan.shortcut].title),
            malignant=plan.on_malignant,
            benign=plan.on_benign,
        )
    else:
        told = say("Nothing")
    if settings.source != DRAWINGS:
        told += f" · {say('Real photos')}"
    if settings.depth == LAST:
        told += f" · {say('Its last feature map')}"
    return told


def _forget() -> None:
    st.session_state.pop(_TRIES, None)
