"""What came of the trial: the verdict in words, the accuracies with and without the mend, the maps."""

from collections.abc import Mapping

import numpy as np
import streamlit as st

from melanoma.app.parts.laboratory.controls import DRAWINGS, Settings
from melanoma.app.parts.shared.chart import show
from melanoma.app.parts.shared.language import format_number, say, text
from melanoma.figures.laboratory import accuracy_figure
from melanoma.figures.overlay import Overlay
from melanoma.laboratory.findings import Verdict, accuracy, chance, judge, shown_photos
from melanoma.laboratory.lesions import Lesions
from melanoma.laboratory.pictures import render
from melanoma.laboratory.trial import AS_FITTED, CLEAN, REVERSED, TESTS, LookedAt, Outcome
from melanoma.laboratory.wording import map_words, verdict_words
from melanoma.photos.framing import centred_square

_SIDE = 320  # pixels of a drawn square
_AMONG_CELLS = 0.99  # share of the cells that the colour scale spans: the few strongest would pale the rest
_LOOKS = {
    Verdict.CAUGHT: (st.warning, ":material/visibility:"),
    Verdict.NOT_MENDED: (st.warning, ":material/visibility:"),
    Verdict.NOTHING_LEARNED: (st.warning, ":material/casino:"),
    Verdict.MENDED: (st.success, ":material/healing:"),
}


def show_verdict(outcome: Outcome, without_mend: Outcome | None) -> None:
    """Draw in words what happened."""
    box, icon = _LOOKS.get(judge(outcome, without_mend), (st.info, ":material/science:"))
    box(verdict_words(outcome, without_mend, say), icon=icon)


def show_accuracies(outcome: Outcome, without_mend: Outcome | None) -> None:
    """Draw the accuracies in each test with their intervals, without the mend and with it."""
    tests = {
        AS_FITTED: say("Planted as fitted"),
        CLEAN: say("Clean"),
        REVERSED: say("The other way round"),
    }
    trials = [(say("With the mend") if without_mend else say("The head"), outcome)]
    if without_mend is not None:
        trials.insert(0, (say("Without the mend"), without_mend))
    found = [(name, {test: accuracy(trial, test) for test in TESTS}) for name, trial in trials]
    st.markdown(f"**{say('How often the head is right')}**")
    show(
        accuracy_figure(found, tests, chance(outcome), say("Right about photos that were held back")),
        key="lab-accuracies",
        alt="; ".join(f"{name}: {_listed(tests, of)}" for name, of in found),
    )
    st.caption(
        say(
            "{count} photos that were held back, the same in each test. Lines: 95% intervals (Wilson). "
            "Dotted: who always names the commoner class.",
            count=len(outcome.malignant),
        )
    )


def show_maps(
    settings: Settings,
    lesions: Lesions,
    credits: tuple[str, ...],
    outcome: Outcome,
    without_mend: Outcome | None,
) -> None:
    """Draw photos of both classes, all with what was planted, and where each head finds its evidence."""
    st.markdown(f"**{say('Where it finds its evidence')}**")
    if told := map_words(outcome, say):
        if without_mend is not None:
            told = f"{say('Without the mend:')} {map_words(without_mend, say)} {say('With it:')} {told}"
        st.markdown(told)
    heads = [outcome] if without_mend is None else [without_mend, outcome]
    columns = [shown_photos(head) for head in heads]
    every = np.abs([seen.evidence for photos in columns for seen in photos])
    limit = float(np.quantile(every, _AMONG_CELLS)) or 1.0
    names = _class_names(settings.source)
    with st.container(gap="small", key="lab-photos"):  # style.css lays them in columns
        for of_one in zip(*columns, strict=True):
            with st.container(gap="xsmall"):
                _show_photo(lesions, of_one, limit, names, outcome.plan.speaks)
                if credits:
                    st.caption(credits[of_one[0].picture.lesion])
    st.caption(
        say(
            "Red speaks for {malignant}, blue for {benign}; one colour scale for all, up to {limit:.2f} "
            "logit units in a cell, beyond what the mean clean photo has there. The cells and that photo's "
            "logit add up to the head's.",
            malignant=names[True],
            benign=names[False],
            limit=limit,
        )
    )


def show_what_was_fitted(settings: Settings, outcome: Outcome) -> None:
    """Say what was fitted in which time, and what that is worth."""
    values = {"weights": outcome.channels, "pictures": outcome.fitted, "seconds": outcome.seconds}
    if outcome.heads == 1:
        fitted = say(
            "Fitted: one head of {weights} weights to {pictures} photos, in {seconds:.2f} s.", **values
        )
    else:
        fitted = say(
            "Fitted: {heads} heads of {weights} weights, each to {pictures} photos without the one that it "
            "is then asked about, in {seconds:.2f} s.",
            heads=outcome.heads,
            **values,
        )
    worth = text("laboratory-drawings" if settings.source == DRAWINGS else "laboratory-photos")
    st.caption(f"{fitted} {worth}")


def _show_photo(
    lesions: Lesions,
    of_one: tuple[LookedAt, ...],
    limit: float,
    names: Mapping[bool, str],
    speaks: int,
) -> None:
    """Draw one photo, and under it the evidence map of each head with what that head says."""
    truth = names[of_one[0].malignant]
    pixels = render(lesions, of_one[0].picture)
    st.markdown(f"**{truth}**")
    st.image(pixels, width="stretch", alt=say("The photo: {truth}", truth=truth), output_format="JPEG")
    for number, seen in enumerate(of_one):
        shown = render(lesions, seen.picture)
        geometry = centred_square(shown.shape[1], shown.shape[0], shown.shape[0])
        overlay = Overlay(shown, seen.evidence, geometry, limit, signed=True)
        said, right = names[seen.logit > 0], (seen.logit > 0) == seen.malignant
        answer = (
            say("The head says {said}: right.", said=said)
            if right
            else say("The head says {said}: wrong.", said=said)
        )
        share = seen.share_planted(speaks)
        title = (say("Without the mend"), say("With the mend"))[number] if len(of_one) > 1 else ""
        st.image(
            overlay.picture(_SIDE),
            width="stretch",
            alt=f"{title} {say('Evidence map')}. {answer}".strip(),
            output_format="JPEG",
        )
        lines = [title, answer]
        if share is not None:
            lines.append(say("Evidence on it: {share:.0%}, area {area:.0%}", share=share, area=seen.area))
        st.caption("  \n".join(line for line in lines if line))


def _class_names(source: str) -> dict[bool, str]:
    if source == DRAWINGS:
        return {True: say("melanoma"), False: say("mole")}
    return {True: say("malignant"), False: say("harmless")}


def _listed(tests: Mapping[str, str], found: Mapping[str, object]) -> str:
    return ", ".join(f"{name} {format_number(found[test].value, '.0%')}" for test, name in tests.items())
