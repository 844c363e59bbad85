"""Whether the map in view can be believed: curves and measures, computed when the visitor asks."""

from typing import TYPE_CHECKING

import streamlit as st

from melanoma.app.parts.examine.map_view import MapView
from melanoma.app.parts.shared.chart import offer_slide, show
from melanoma.app.parts.shared.language import format_number, language, say
from melanoma.app.parts.shared.model import classifier
from melanoma.app.parts.shared.one_at_a_time import one_at_a_time
from melanoma.app.parts.shared.photo import Photo
from melanoma.app.parts.shared.session_cache import cached_for_photo
from melanoma.app.parts.shared.table import show_table
from melanoma.figures.deletion_insertion import ComparedCurves, compared_curves, curve_figure
from melanoma.model.prediction import Prediction

if TYPE_CHECKING:
    from melanoma.exports.explanation import MeasuredMap
    from melanoma.measures.base import Measure

_ASKED = "asked"


def show_curves(photo: Photo, prediction: Prediction, view: MapView) -> None:
    """Draw the deletion and insertion curves of the map in view."""
    st.caption(
        say(
            "If the map marks what the network uses, the probability falls fast when the marked pixels are "
            "blurred away first, and rises fast when they come back first: faster than with random spots. "
            "A photo that blurred still is what it was, such as a mole, cannot fall: measure it towards "
            "bare skin."
        )
    )
    if not _pressed(say("Draw the curves (about two seconds)"), "curves", (photo.key, view.key)):
        return
    with st.spinner(say("Blurring pixels and asking the network again…")):
        found = cached_for_photo(
            "curves", photo, view.key, lambda: one_at_a_time(lambda: _curves(prediction, view), "curves")
        )
    deleted, inserted = st.columns(2)
    for place, curve, chance, doing, name in (
        (deleted, found.deletion, found.deletion_by_chance, say("Marked pixels blurred away"), "deletion"),
        (inserted, found.insertion, found.insertion_by_chance, say("Marked pixels put back"), "insertion"),
    ):
        words = say(
            "{doing}: mean probability {area:.1%}, with random spots {chance:.1%}.",
            doing=doing,
            area=curve.area,
            chance=chance.area,
        )
        with place:
            show(curve_figure(curve, chance, doing, say), key=name, alt=words)
            offer_slide(name, doing)
        place.caption(words)


def show_measures(photo: Photo, prediction: Prediction, view: MapView) -> None:
    """Draw all figures of the map in view, with what they mean."""
    st.caption(
        say(
            "What this map is tested for: whether it marks what counts, lies on the lesion, and depends on "
            "what the network learned."
        )
    )
    about = (photo.key, view.key_with_outline)
    if not _pressed(say("Measure this map (up to half a minute)"), "measures", about):
        return
    found = measure_view(photo, prediction, view)
    with st.container(horizontal=True, vertical_alignment="center"):
        _show_verdict(found)
        with st.popover(say("In words"), icon=":material/notes:"):
            st.markdown("\n".join(f"- {sentence}" for sentence in found.sentences))
    columns = _columns(found)
    show_table(list(columns), list(zip(*columns.values(), strict=True)), say("All tests of this map"))


def _show_verdict(found: "MeasuredMap") -> None:
    from melanoma.measures.interpretation import Verdict, verdict_words

    icon, colour = {
        Verdict.HOLDS: ("check_circle", "green"),
        Verdict.PARTLY: ("error", "orange"),
        Verdict.FAILS: ("cancel", "red"),
    }[found.verdict]
    st.markdown(f":{colour}[:material/{icon}: **{verdict_words(found.verdict, say)}**]", width="content")


def were_measured(photo: Photo, view: MapView) -> bool:
    """Return True if the button was pressed for the map in view."""
    return st.session_state.get(f"{_ASKED}-measures") == (photo.key, view.key_with_outline)


def measure_view(photo: Photo, prediction: Prediction, view: MapView) -> "MeasuredMap":
    """Return the figures of the map in view, cached."""
    from melanoma.exports.explanation import measure_map

    title = ""

    def note(measure: "Measure") -> None:
        nonlocal title
        title = f"{say(measure.title)}."

    def compute() -> "MeasuredMap":
        return measure_map(
            classifier(),
            view.method,
            view.request,
            view.code,
            view.heatmap,
            view.lesion.inside,
            say,
            note,
        )

    return cached_for_photo(
        "measures",
        photo,
        (*view.key_with_outline, language()),
        lambda: one_at_a_time(compute, f"tests of {view.method.name}", lambda: title),
    )


def _pressed(label: str, name: str, about: tuple) -> bool:
    """Draw a button until it is pressed for what it is `about`; return whether it was."""
    if st.session_state.get(f"{_ASKED}-{name}") == about:
        return True
    place = st.empty()
    if not place.button(label, key=f"ask-{name}", icon=":material/play_arrow:"):
        return False
    place.empty()
    st.session_state[f"{_ASKED}-{name}"] = about
    return True


def _curves(prediction: Prediction, view: MapView) -> ComparedCurves:
    from melanoma.exports.explanation import probabilities_of, random_maps
    from melanoma.measures.base import MapCase

    network = classifier()
    case = MapCase(probabilities_of(network), prediction.pixels, view.heatmap, prediction.index(view.code))
    return compared_curves(case, random_maps(view.request, view.code))


def _columns(found: "MeasuredMap") -> dict[str, list[str]]:
    from melanoma.measures.registry import MEASURES

    measures = [MEASURES[name] for name in found.figures]
    better = {"higher": say("higher is better"), "lower": say("lower is better")}
    values = [
        say("no answer") if value != value else f"{format_number(value, '.2f')} ({better[measure.better]})"
        for measure, value in zip(measures, found.figures.values(), strict=True)
    ]
    chance = [
        format_number(found.by_chance[name], "+.3f") if name in found.by_chance else ""
        for name in found.figures
    ]
    return {
        say("Test"): [say(measure.title) for measure in measures],
        say("Value"): values,
        say("Better than chance by"): chance,
        say("What it says"): [say(measure.meaning) for measure in measures],
    }
