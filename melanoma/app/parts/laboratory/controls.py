"""What a student sets: pictures, what is planted where, the mend, where the head reads. Links hold it."""

from dataclasses import dataclass

import streamlit as st

from melanoma.app.parts.shared.language import say, text
from melanoma.app.parts.shared.link import linked_choice, linked_segment
from melanoma.laboratory.feature_store import DEPTHS, LAST, MIDDLE
from melanoma.laboratory.shortcuts import SHORTCUTS
from melanoma.laboratory.trial import MASKING, MENDS, MIXING, NO_MEND, TWINS, Plan

DRAWINGS, PHOTOS = "drawings", "photos"
_SOURCE, _SHORTCUT, _MEND, _DEPTH = "lab-pictures", "lab-plant", "lab-mend", "lab-reads"
_MALIGNANT, _BENIGN = "lab-malignant", "lab-benign"
_STEP = 10  # percent: with finer steps students would wait for features at each


@dataclass(frozen=True)
class Settings:
    """What is set."""

    source: str
    """`DRAWINGS` or `PHOTOS`."""
    depth: str
    """One of `DEPTHS`."""
    plan: Plan


@dataclass(frozen=True)
class _Preset:
    shortcut: str
    on_malignant: int
    on_benign: int


_PRESETS = (_Preset("ruler", 100, 0), _Preset("ink", 0, 100), _Preset("colours", 90, 10))


def offer_presets() -> None:
    """Draw a button for each preset, and one that plants nothing."""
    names = (
        say("A ruler on every melanoma"),
        say("Ink on every mole"),
        say("One clinic sends the melanomas"),
    )
    with st.container(horizontal=True):
        for number, (preset, name) in enumerate(zip(_PRESETS, names, strict=True), 1):
            st.button(name, key=f"lab-preset-{number}", on_click=_set, args=(preset,))
        st.button(
            say("Plant nothing"),
            key="lab-preset-0",
            type="tertiary",
            icon=":material/restart_alt:",
            on_click=_set,
            args=(_Preset(_PRESETS[0].shortcut, 0, 0),),
        )


def choose_settings() -> Settings:
    """Draw the controls; return what is set."""
    sources = {DRAWINGS: say("Drawn lesions"), PHOTOS: say("Real photos")}
    source = linked_segment(say("Fit to"), list(sources), DRAWINGS, _SOURCE, sources.__getitem__)
    shortcut = linked_choice(
        st,
        say("Plant"),
        list(SHORTCUTS),
        _PRESETS[0].shortcut,
        _SHORTCUT,
        lambda name: say(SHORTCUTS[name].title),
    )
    if source == DRAWINGS:
        labels = say("On this share of the melanomas"), say("On this share of the moles")
    else:
        labels = say("On this share of the malignant lesions"), say("On this share of the harmless lesions")
    on_malignant, on_benign = (_share(*named) for named in zip(labels, (_MALIGNANT, _BENIGN), strict=True))
    mends = {
        NO_MEND: say("None"),
        MIXING: say("Mixing"),
        MASKING: say("Masking"),
        TWINS: say("Other surroundings"),
    }
    mend = linked_segment(say("Mend"), list(MENDS), NO_MEND, _MEND, mends.__getitem__)
    st.caption(_what_it_does(mend))
    depths = {MIDDLE: say("The middle of the network"), LAST: say("Its last feature map")}
    depth = linked_choice(st, say("The head reads"), list(DEPTHS), MIDDLE, _DEPTH, depths.__getitem__)
    if depth == LAST:
        st.caption(text("laboratory-last"))
    return Settings(source, depth, Plan(shortcut, on_malignant, on_benign, mend))


def _what_it_does(mend: str) -> str:
    return {
        NO_MEND: say("The head is fitted to the photos as they are."),
        MIXING: say("It is planted equally often in both classes, so that it tells nothing."),
        MASKING: say("All outside the lesion becomes plain skin, for fitting and for answering."),
        TWINS: say("Each photo is fitted a second time, in the surroundings of one of the other class."),
    }[mend]


def _share(label: str, key: str) -> float:
    percent = st.slider(label, 0, 100, step=_STEP, format="%d %%", key=key, bind="query-params")
    return percent / 100


def _set(preset: _Preset) -> None:
    st.session_state[_SHORTCUT] = preset.shortcut
    st.session_state[_MALIGNANT], st.session_state[_BENIGN] = preset.on_malignant, preset.on_benign
    st.session_state[_MEND] = NO_MEND
