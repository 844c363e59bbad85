"""The choice of a model, and what it is."""

import streamlit as st

from melanoma.app.parts.shared.diagnosis_names import diagnosis_name
from melanoma.app.parts.shared.language import say
from melanoma.app.parts.shared.model import (
    bundle_named,
    choose_model,
    chosen_name,
    classifier_of,
    model_names,
)
from melanoma.errors import UserError
from melanoma.model.bundle import Bundle

_CHOICE = "model-choice"


def choose_bundle() -> Bundle | None:
    """Draw the choice where there are several models; return the visitor's, or None if it cannot be used.

    A damaged model gets its sentence, and the others are offered.
    """
    sound, problems = [], []
    for name in model_names():
        try:
            bundle_named(name)
        except UserError as error:
            problems.append(error.said(say))
        else:
            sound.append(name)
    for problem in problems:
        st.warning(problem, icon=":material/broken_image:")
    try:
        chosen = chosen_name()
    except UserError as error:
        st.error(error.said(say))
        chosen = None
    if len(sound) > 1 or (sound and chosen not in sound):
        st.session_state[_CHOICE] = chosen if chosen in sound else None
        st.selectbox(
            say("The model that answers on every page, for you alone"),
            sound,
            index=None,
            required=chosen in sound,
            key=_CHOICE,
            on_change=_on_choice,
            placeholder=say("Choose a model"),
        )
    return bundle_named(chosen) if chosen in sound else None


def describe_bundle(bundle: Bundle) -> None:
    """Draw what the model is, in a few lines."""
    names = ", ".join(f"{diagnosis_name(code)} ({code})" for code in bundle.codes)
    rows = {
        say("Model"): f"`{bundle.path.name}`",
        say("Version"): f"`{bundle.version}`",
        say("Made"): bundle.created[:10],
        say("Diagnoses"): f"{len(bundle.codes)}: {names}",
        say("It sees"): say("{size} x {size} pixels", size=bundle.image_size),
        say("Melanoma alert"): say(
            "from a melanoma probability of {threshold:.1%}", threshold=bundle.alert_threshold
        ),
        say("Alert for any skin cancer"): say("none")
        if bundle.malignancy_threshold is None
        else say("from {threshold:.1%} of all malignant diagnoses", threshold=bundle.malignancy_threshold),
        say("Recipe"): f"`{bundle.recipe.get('name', '?')}`",
        say("Answers come from"): _engine(bundle),
        say("Made with"): ", ".join(f"{name} {version}" for name, version in bundle.versions.items()),
    }
    lines = [f"| {name} | {value} |" for name, value in rows.items()]
    st.markdown("\n".join([lines[0], "|---|---|", *lines[1:]]))


def _engine(bundle: Bundle) -> str:
    """Return what computes the answers, and why where it is not LiteRT."""
    try:
        forward = classifier_of(bundle).compiled.forward
    except UserError as error:
        return error.said(say)
    if forward.instead is None:
        return say("{engine}; what differentiates comes from Keras", engine=forward.engine)
    return f"{forward.engine}. {forward.instead.said(say)}"


def _on_choice() -> None:
    if name := st.session_state[_CHOICE]:
        choose_model(name)
