"""A tour of the first screen for who comes the first time: `page.js` shows it, and the browser remembers."""

import json
from html import escape

import streamlit as st

from melanoma.app.parts.shared.language import say


def offer_tour() -> None:
    """Offer the tour in the page's header, where it lies over nothing; hidden from who has put it away."""
    stops = [{"at": at, "text": text} for at, text in _stops()]
    words = {"name": say("Tour"), "back": say("Stop before"), "next": say("Next stop"), "close": say("Close")}
    told = escape(json.dumps(words | {"stops": stops}, ensure_ascii=False))
    never = escape(say("Do not offer the tour again"))
    st.html(
        f'<div class="tour-offer" data-tour="{told}">'
        f'<button type="button" class="tour-begin">{escape(say("Tour"))}</button>'
        f'<button type="button" class="tour-never" aria-label="{never}" title="{never}">×</button></div>'
    )


def _stops() -> tuple[tuple[str, str], ...]:
    """Return where each stop is, as a CSS selector, and what is said there."""
    return (
        (
            ".st-key-photos-in-a-row",
            say("Begin with a photo: bring one, take one, or choose one of these. It stays in memory only."),
        ),
        (
            ".st-key-verdict",
            say("What the network says of it, and whether it alerts. It is never a diagnosis."),
        ),
        (".st-key-map-place", say("Which regions decided: red speaks for the diagnosis, blue against it.")),
        (
            ".st-key-controls-place",
            say("Ask about another diagnosis or by another method, and watch the map change."),
        ),
        (
            ".st-key-answer-place",
            say("All that it can name, with the probabilities, and below it what else is known."),
        ),
        (
            '[data-testid="stHeader"]',
            say(
                "The other pages take it apart: step by step, what if, a quiz; Lesson has a plan for a class."
            ),
        ),
    )
