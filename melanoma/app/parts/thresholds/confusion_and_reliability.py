"""What does not hang on the threshold: the confusion matrix and the reliability of the probabilities."""

import streamlit as st

from melanoma.app.parts.shared.chart import show_kept
from melanoma.app.parts.shared.diagnosis_names import diagnosis_name
from melanoma.app.parts.shared.language import say, text
from melanoma.evaluation.held_out import HeldOut
from melanoma.figures.confusion_matrix import confusion_figure
from melanoma.figures.reliability import reliability_figure


def show_confusion(held_out: HeldOut, version: str) -> None:
    """Draw which diagnosis is taken for which; `version` is the bundle's."""
    st.header(say("What it takes for what"), anchor=False)
    right = int(held_out.confusion.trace())
    words = say(
        "The likeliest diagnosis is the true one in {right} of {images} photos ({share:.0%}).",
        right=right,
        images=held_out.images,
        share=right / held_out.images,
    )
    with st.container(key="confusion"):
        show_kept(
            lambda: confusion_figure(
                held_out.confusion, held_out.codes, (say("The network's likeliest"), say("The truth"))
            ),
            (version,),
            key="confusion-matrix",
            alt=say("Confusion matrix.") + " " + words,
        )
    st.markdown(words)
    names = ", ".join(f"{code} {diagnosis_name(code)}" for code in held_out.codes)
    st.caption(
        say("Numbers are photos; the darker, the larger the share of its row. On the diagonal it is right.")
        + f" {names}."
    )


def show_reliability(held_out: HeldOut, version: str) -> None:
    """Draw how far the percentages can be believed; `version` is the bundle's."""
    st.header(say("Can the percentages be believed?"), anchor=False)
    worst = max(held_out.bins, key=lambda found: abs(found.share.value - found.mean))
    words = say(
        "Furthest off: where it says about {mean:.0%}, {share:.0%} are melanomas ({images} photos).",
        mean=worst.mean,
        share=worst.share.value,
        images=worst.images,
    )
    with st.container(key="reliability"):
        show_kept(
            lambda: reliability_figure(
                held_out.bins, (say("Melanoma probability it gives"), say("Really melanoma"))
            ),
            (version,),
            key="reliability-curve",
            alt=say("Reliability curve.") + " " + words,
        )
    st.markdown(words)
    st.caption(text("threshold-reliability"))
