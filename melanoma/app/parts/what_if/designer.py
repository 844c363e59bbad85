"""The lesion designer: sliders, the drawing, the network's answer, and ABCD as set and as measured."""

from dataclasses import asdict
from math import pi

import streamlit as st

from melanoma.app.parts.shared.chart import show
from melanoma.app.parts.shared.default_map import colour_legend, default_maps
from melanoma.app.parts.shared.error_messages import fragment
from melanoma.app.parts.shared.language import format_number, say, text
from melanoma.app.parts.shared.model import classifier, run_network
from melanoma.app.parts.what_if.compare import show_default_map
from melanoma.app.parts.what_if.sliders import draw_slider
from melanoma.controls import Range
from melanoma.diagnoses import diagnosis_of
from melanoma.edits.drawn_lesions import SyntheticLesion
from melanoma.edits.lesion_designer import CONTROLS, EXAMPLES, WHOLE_NUMBERS, Measured, draw, measure
from melanoma.figures.overlay import full_range
from melanoma.figures.probability_bars import probability_bars
from melanoma.lesion.abcd import Abcd
from melanoma.model.prediction import Prediction

_SEED = Range("drawing", "Another drawing of the same kind", 1, 30, 3, 1)


@fragment
def show_designer() -> None:
    """Draw the sliders and what comes of them; a change reruns only this."""
    st.warning(text("designer"), icon=":material/draw:")
    controls, answers = st.columns([4, 9], gap="large")
    with controls:
        st.header(say("Design a lesion"), anchor=False)
        with st.container(horizontal=True):
            for name in EXAMPLES:
                st.button(say(name), on_click=_on_example, args=(name,), key=f"example-{name}")
        settings = {control.name: draw_slider(control, _key(control)) for control in CONTROLS}
        seed = int(draw_slider(_SEED, _key(_SEED)))
    drawn, prediction, measured = _answer(tuple(settings.items()), seed, classifier().bundle.version)
    with answers:
        _show_answer(drawn, prediction)
    st.header(say("ABCD: set and measured"), anchor=False)
    _show_letters(drawn, measured)
    st.caption(text("abcd"))


def _show_answer(drawn: SyntheticLesion, prediction: Prediction) -> None:
    picture, reasons = st.columns(2)
    code = prediction.diagnosis
    name = say(diagnosis_of(code).name)
    with picture:
        st.markdown(say("**The drawing**"))
        st.image(drawn.image, width="stretch", alt=say("The drawn lesion"))
    with reasons:
        method, maps = default_maps(prediction)
        st.markdown(f"**{say(method.title)}.** {colour_legend(method, name)}")
        limit = full_range(maps[..., prediction.index(code)], maps)
        show_default_map(drawn.image, prediction, code, limit, "design-map", say("The drawing"))
    values = {
        "melanoma": prediction.probability("MEL"),
        "threshold": classifier().bundle.alert_threshold,
    }
    if prediction.melanoma_alert:
        alert = say(
            "At this drawing the melanoma alert rings: melanoma {melanoma:.1%}, alert from {threshold:.1%}.",
            **values,
        )
    else:
        alert = say(
            "At this drawing the melanoma alert does not ring: melanoma {melanoma:.1%}, alert from "
            "{threshold:.1%}.",
            **values,
        )
    if prediction.malignancy_alert and not prediction.melanoma_alert:
        alert += " " + say("That for any skin cancer does.")
    if not prediction.in_distribution:
        alert += " " + say("It also notices that this looks unlike the photos that it learned from.")
    st.markdown(alert)
    show(
        probability_bars(dict(prediction.ranked), prediction.prediction_set, say),
        key="design-bars",
        alt=", ".join(
            f"{say(diagnosis_of(code).name)} {format_number(value, '.1%')}"
            for code, value in prediction.ranked
        ),
    )


def _show_letters(drawn: SyntheticLesion, measured: Measured) -> None:
    """Draw a column for each letter: what was set, and what is measured inside either outline."""
    set_to, side = drawn.parameters, min(drawn.mask.shape)
    letters = (
        (say("**A**symmetry"), f"{set_to.asymmetry:.2f}", _asymmetry),
        (say("**B**order"), f"{set_to.border:.2f}", _border),
        (say("**C**olours"), f"{set_to.colours}", _colours),
        (
            say("**D**iameter"),
            say("{pixels:.0f} pixels (of a circle)", pixels=set_to.diameter * side),
            _diameter,
        ),
    )
    for (letter, value, describe), column in zip(letters, st.columns(len(letters)), strict=True):
        found = measured.found_outline
        column.markdown(
            f"{letter}\n"
            f"- {say('You set')}: **{value}**\n"
            f"- {say('Measured, true outline')}: {describe(measured.true_outline)}\n"
            f"- {say('Measured, found outline')}: "
            + (say("no lesion found") if found is None else describe(found))
        )
    st.caption(say("The found outline overlaps the true one by {overlap:.0%}.", overlap=measured.overlap))


def _asymmetry(figures: Abcd) -> str:
    low, high = figures.asymmetry
    return say(
        "{low:.0%} and {high:.0%} do not fold; {axes} of 2 axes count",
        low=low,
        high=high,
        axes=figures.asymmetric_axes,
    )


def _border(figures: Abcd) -> str:
    return say(
        "abrupt in {octants} of 8 sectors; roundness {round:.2f}",
        octants=figures.abrupt_octants,
        round=figures.compactness,
    )


def _colours(figures: Abcd) -> str:
    return f"{len(figures.colours_present)}: " + ", ".join(say(name) for name in figures.colours_present)


def _diameter(figures: Abcd) -> str:
    return say(
        "{circle:.0f} pixels (of a circle), {longest:.0f} at the longest",
        circle=2 * (figures.area / pi) ** 0.5,
        longest=figures.longest_diameter,
    )


def _key(control: Range) -> str:
    return f"d-{control.name}"


def _on_example(name: str) -> None:
    for field, value in asdict(EXAMPLES[name]).items():
        st.session_state[f"d-{field}"] = int(value) if field in WHOLE_NUMBERS else float(value)


# A ttl of an hour: about a megabyte each, which nobody may want again.
@st.cache_resource(max_entries=24, ttl=3600, show_spinner=False)
def _answer(
    settings: tuple[tuple[str, float], ...], seed: int, version: str
) -> tuple[SyntheticLesion, Prediction, Measured]:
    """Return a drawing, the answer to it and its figures, the same for all visitors."""
    drawn = draw(dict(settings), seed)
    return drawn, run_network(classifier(), drawn.image), measure(drawn)
