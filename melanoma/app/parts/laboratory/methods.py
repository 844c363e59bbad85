"""Which map to trust for what: how well each method shows a planted cause, as it was measured."""

from typing import Any

import streamlit as st

from melanoma.app.parts.shared.language import format_number, say
from melanoma.app.parts.shared.model import methods
from melanoma.app.parts.shared.table import show_table
from melanoma.laboratory.methods_compared import SOURCES, methods_compared

_APART = 0.9
"""From this share of photos on, a method tells the two heads apart."""
_TWICE = 2.0
"""Times the shortcut's share of the picture: with so much on it, the map points to it."""


def show_methods() -> None:
    """Draw the table of methods in an expander, computed beforehand (`methods_compared`)."""
    opened = st.expander(
        say("Which map shows a planted cause?"),
        icon=":material/fact_check:",
        key="lab-methods",
        bind="query-params",
    )
    if not opened.open:
        return
    with opened:
        st.markdown(
            say(
                "Two heads were fitted for each of a ruler, ink and dark corners: one that goes by it and "
                "one that does not. Both explain the same 30 melanomas with it in view, by every method. A "
                "good map lies on it in the first case and not in the second. A map that always lies on it "
                "shows edges, not reasons."
            )
        )
        names = {"drawings": say("Drawings"), "photos": say("Real photos of the test side")}
        for source in SOURCES:
            table = methods_compared(source)
            st.markdown(f"**{names[source]}**")
            show_table(
                [
                    say("Method"),
                    say("On it, where the head goes by it"),
                    say("Where it does not"),
                    say("Its share of the picture"),
                    say("Tells the two apart"),
                    say("To be trusted for this"),
                ],
                [_row(row) for row in table.to_dict("records") if row["method"] in methods()],
                names[source],
            )
        st.caption(
            say(
                "With 95% intervals over lesions. “Tells apart”: how often the same photo has more on it "
                "where the head goes by it; 50% is chance. Finding a cause that one knows is the easy case: "
                "whoever does not think of the ruler may not see it in any map."
            )
        )


def _row(values: dict[Any, Any]) -> list[str]:
    def share(name: str) -> str:
        low, high = (format_number(values[f"{name}_{end}"], ".0%") for end in ("low", "high"))
        return say("{value} ({low} to {high})", value=format_number(values[name], ".0%"), low=low, high=high)

    if values["apart"] < _APART:
        trusted = say("no: it hardly depends on the head")
    elif values["used"] >= _TWICE * values["area"]:
        trusted = say("yes")
    else:
        trusted = say("in comparison only: by itself it does not point there")
    return [
        say(methods()[values["method"]].title),
        share("used"),
        share("unused"),
        format_number(values["area"], ".0%"),
        share("apart"),
        trusted,
    ]
