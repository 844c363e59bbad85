"""Before and after: the maps side by side, the probabilities, and what became of the alert."""

import numpy as np
import streamlit as st

from melanoma.app.parts.shared.chart import show
from melanoma.app.parts.shared.default_map import colour_legend, default_maps
from melanoma.app.parts.shared.language import format_number, say
from melanoma.app.parts.shared.link import linked_choice
from melanoma.app.parts.shared.map_chart import show_map
from melanoma.app.parts.what_if.answers import Answer
from melanoma.diagnoses import diagnosis_of
from melanoma.figures.overlay import Overlay, full_range
from melanoma.figures.perturbations import before_and_after
from melanoma.model.alert_wording import MALIGNANT_MARK, doubts, marked_name
from melanoma.model.bundle import Bundle
from melanoma.model.prediction import Prediction

_WIDEST = 420  # pixels of a map


def show_comparison(before: Answer, after: Answer, bundle: Bundle, covered: bool) -> None:
    """Draw both answers, with one scale for both maps; `covered` if a region of the photo is."""
    if after is before:
        show_unchanged(before[1], bundle)
    else:
        show_outcome(before[1], after[1], bundle, covered)
    code = linked_choice(
        st,
        say("Map of"),
        list(before[1].codes),
        before[1].codes[0],
        "map-of",
        lambda code: marked_name(code, say),
    )
    both = np.concatenate([default_maps(prediction)[1] for _, prediction in (before, after)])
    limit = full_range(both[..., before[1].index(code)], both)
    titles = {"before": say("Before"), "after": say("After")}
    columns = st.columns(2)
    for (pixels, prediction), (key, title), column in zip(
        (before, after), titles.items(), columns, strict=True
    ):
        probability = format_number(prediction.probability(code), ".1%")
        with column:
            st.markdown(
                f"**{title}:** {say(diagnosis_of(code).name)} {probability}",
            )
            show_default_map(pixels, prediction, code, limit, f"map-{key}", title)
    show(
        before_and_after(
            before[1],
            after[1],
            {code: say(diagnosis_of(code).name) for code in before[1].codes},
            (titles["before"], titles["after"]),
        ),
        key="before-and-after",
        alt=", ".join(
            f"{say(diagnosis_of(code).name)} {format_number(was, '.1%')} → "
            f"{format_number(after[1].probability(code), '.1%')}"
            for code, was in before[1].ranked
        ),
    )
    st.caption(
        say("Outlined: before. Filled: after. {mark}: malignant, or may become so.", mark=MALIGNANT_MARK)
    )


def show_unchanged(prediction: Prediction, bundle: Bundle) -> None:
    """Say what the answer is before anything was changed, and what to doubt."""
    values = {"melanoma": prediction.probability("MEL"), "threshold": bundle.alert_threshold}
    if prediction.melanoma_alert:
        message = say(
            "**Nothing is changed yet.** There is a melanoma alert: melanoma {melanoma:.1%}, alert from "
            "{threshold:.1%}.",
            **values,
        )
    else:
        message = say(
            "**Nothing is changed yet.** There is no melanoma alert: melanoma {melanoma:.1%}, alert from "
            "{threshold:.1%}. That rules nothing out.",
            **values,
        )
    st.info(message, icon=":material/tune:")
    show_doubts(prediction)


def show_outcome(before: Prediction, after: Prediction, bundle: Bundle, covered: bool) -> None:
    """Say in one sentence what became of melanoma's probability and the alert, and what to doubt."""
    numbers = say(
        "Melanoma {before:.1%} → {after:.1%}, alert from {threshold:.1%}.",
        before=before.probability("MEL"),
        after=after.probability("MEL"),
        threshold=bundle.alert_threshold,
    )
    same = numbers if covered else f"{numbers} {say('The lesion itself is the same as before.')}"
    if before.melanoma_alert and not after.melanoma_alert:
        st.warning(
            say("**The melanoma alert went out.** {numbers}", numbers=same),
            icon=":material/notifications_off:",
        )
    elif after.melanoma_alert and not before.melanoma_alert:
        st.warning(say("**A melanoma alert came up.** {numbers}", numbers=same), icon=":material/warning:")
    elif after.melanoma_alert:
        st.info(say("**The melanoma alert stays.** {numbers}", numbers=numbers), icon=":material/warning:")
    else:
        st.info(
            say("**No melanoma alert, before or after.** {numbers} That rules nothing out.", numbers=numbers),
            icon=":material/info:",
        )
    if before.diagnosis != after.diagnosis:
        st.caption(
            say(
                "The likeliest diagnosis changed from {before} to {after}.",
                before=say(diagnosis_of(before.diagnosis).name),
                after=say(diagnosis_of(after.diagnosis).name),
            )
        )
    show_doubts(after)


def show_doubts(prediction: Prediction) -> None:
    """Say why to distrust an answer, if there is a reason."""
    if found := doubts(prediction, say=say):
        st.caption(say("Distrust the answer: {reasons}", reasons=" ".join(found)))


def show_default_map(
    pixels: np.ndarray, prediction: Prediction, code: str, limit: float, key: str, title: str
) -> None:
    """Draw the evidence map of a diagnosis over its photo, or Grad-CAM's for a network without evidence."""
    method, maps = default_maps(prediction)
    show_map(
        Overlay(pixels, maps[..., prediction.index(code)], prediction.geometry, limit, method.signed),
        say("Logit units in each cell"),
        key,
        say(
            "{title}, {method} over the photo. {signs} Probability {probability:.1%}.",
            title=title,
            method=say(method.title),
            signs=colour_legend(method, say(diagnosis_of(code).name)),
            probability=prediction.probability(code),
        ),
        widest=_WIDEST,
    )
