"""The operating point: a threshold on a slider, and what it does to a thousand people."""

import math

import streamlit as st

from melanoma.app.parts.shared.chart import show_kept
from melanoma.app.parts.shared.error_messages import fragment
from melanoma.app.parts.shared.language import say, text
from melanoma.app.parts.thresholds.groups import as_percent, show_groups
from melanoma.app.parts.thresholds.mistakes import show_mistakes
from melanoma.evaluation.held_out import HeldOut
from melanoma.evaluation.metrics import Estimate
from melanoma.evaluation.patients import Patients, among
from melanoma.figures.icon_array import icon_array_figure
from melanoma.figures.roc import roc_figure
from melanoma.model.bundle import Bundle

PEOPLE = 1000
_THRESHOLD, _PREVALENCE = "threshold", "prevalence"
_STEP = 0.1  # percent: fine enough for thresholds near 1%


@fragment
def show_operating_point(held_out: HeldOut, bundle: Bundle) -> None:
    """Draw the sliders and all that follows from them; a move reruns only this, and never the network."""
    shipped = round(bundle.alert_threshold * 100, 1)
    left, right = st.columns(2, gap="large")
    with left:
        percent = st.slider(
            say("The alert rings from a melanoma probability of"),
            _STEP,
            99.9,
            shipped,
            _STEP,
            format="%.1f%%",
            key=_THRESHOLD,
            bind="query-params",
            persist_state="session",
        )
        st.button(
            say("Back to the network's own threshold ({percent:.1f}%)", percent=shipped),
            type="tertiary",
            icon=":material/undo:",
            disabled=percent == shipped,
            on_click=_reset_threshold,
            args=(shipped,),
        )
    with right:
        prevalence = st.slider(
            say("Of those examined, this many have melanoma"),
            0.5,
            50.0,
            1.0,
            0.5,
            format="%.1f%%",
            key=_PREVALENCE,
            bind="query-params",
            persist_state="session",
        )
        st.caption(say("About 1% on a screening day, 5% at a dermatologist's, 11% in the photo archives."))
    # The slider has one decimal; at its own mark it means the network's exact threshold.
    threshold = bundle.alert_threshold if percent == shipped else percent / 100
    everyone = held_out.everyone
    sensitivity, specificity = everyone.sensitivity(threshold), everyone.specificity(threshold)
    patients = among(PEOPLE, prevalence / 100, sensitivity.value, specificity.value)
    with left:
        _show_curve(held_out, sensitivity, specificity, threshold, bundle)
    with right:
        _show_people(patients)
    st.header(say("Is it as good for everyone?"), anchor=False)
    show_groups(held_out, threshold, bundle)
    st.header(say("The worst mistakes at this threshold"), anchor=False)
    show_mistakes(held_out, threshold)


def _reset_threshold(percent: float) -> None:
    st.session_state[_THRESHOLD] = percent


def _show_curve(
    held_out: HeldOut, sensitivity: Estimate, specificity: Estimate, threshold: float, bundle: Bundle
) -> None:
    st.header(say("Every threshold is a trade"), anchor=False)
    words = say(
        "At {threshold:.1%} the alert finds {found} of the melanomas and rings at {alarms} of the other "
        "lesions.",
        threshold=threshold,
        found=as_percent(sensitivity),
        alarms=as_percent(specificity.complement()),
    )
    names = say("False alarms among other lesions"), say("Melanomas found"), say("this threshold")
    with st.container(key="roc"):
        show_kept(
            lambda: roc_figure(held_out.curve, 1 - specificity.value, sensitivity.value, names),
            (bundle.version, threshold),
            key="roc-curve",
            alt=say("ROC curve.") + " " + words,
        )
    st.markdown(words)
    st.caption(
        text("threshold-curve").format(images=held_out.images, lesions=held_out.lesions)
        + " "
        + _describe_aim(held_out, bundle)
    )


def _describe_aim(held_out: HeldOut, bundle: Bundle) -> str:
    """Return what the network's own threshold was to find, and what it finds here."""
    found = held_out.everyone.sensitivity(bundle.alert_threshold).value
    values = {"aim": bundle.alert_sensitivity, "found": found}
    if round(found, 2) == round(bundle.alert_sensitivity, 2):
        return say(
            "The network's own threshold was set on others, to find {aim:.0%}; here it finds as many.",
            **values,
        )
    if found < bundle.alert_sensitivity:
        return say(
            "The network's own threshold was set on others, to find {aim:.0%}; here it finds {found:.0%}, "
            "less.",
            **values,
        )
    return say(
        "The network's own threshold was set on others, to find {aim:.0%}; here it finds {found:.0%}, more.",
        **values,
    )


def _show_people(patients: Patients) -> None:
    st.header(say("Among 1,000 people"), anchor=False)
    counts = patients.in_people()
    names = (say("melanoma found"), say("melanoma missed"), say("false alarm"), say("rightly no alert"))
    signs = ("▲", "✖", "◇", "•")
    words = ", ".join(f"{name}: {count}" for name, count in zip(names, counts, strict=True))
    st.markdown(
        "  \n".join(
            f"{sign} **{count}** {name}" for sign, name, count in zip(signs, names, counts, strict=True)
        )
    )
    with st.container(key="people"):
        show_kept(
            lambda: icon_array_figure(counts, names),
            counts,
            key="people-icons",
            alt=say("One sign for each of 1,000 people.") + " " + words,
        )
    st.markdown(
        say(
            "On average it finds {found:.1f} melanomas and misses {missed:.1f}; {alarms:.0f} people without "
            "melanoma get an alert.",
            found=patients.true_positives,
            missed=patients.false_negatives,
            alarms=patients.false_positives,
        )
        + " "
        + _meaning(patients)
    )
    st.caption(text("threshold-people"))


def _meaning(patients: Patients) -> str:
    sentences = []
    right, clear = patients.positive_predictive_value, patients.negative_predictive_value
    if not math.isnan(right):  # there are alerts
        sentences.append(say("Of 100 alerts, {right:.0f} are melanomas.", right=100 * right))
    if not math.isnan(clear):
        sentences.append(
            say(
                "Of 1,000 people without an alert, {wrong:.1f} have melanoma all the same.",
                wrong=1000 * (1 - clear),
            )
        )
    return " ".join(sentences)
