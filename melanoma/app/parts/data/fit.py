"""Overfitting and underfitting on the experiments' curves, and what the tutorial's proposals came to."""

from typing import Any

import streamlit as st

from melanoma.app.parts.data.story import Story
from melanoma.app.parts.shared.chart import show
from melanoma.app.parts.shared.language import say
from melanoma.app.parts.shared.link import linked_choice
from melanoma.app.parts.shared.step_layout import text_and_pictures
from melanoma.figures.tutorial import accuracy_gap, gaps_by_run
from melanoma.tutorial.fit_verdict import ENOUGH, GAP, LAST, Fit, Verdict, verdict_of
from melanoma.tutorial.proposals import PROPOSALS, TUNED, Proposal, commands_of, outcome_of, titles

_RUN = "run"
_NARROW = 16  # letters
_MOST_COPIED = 0.5  # share of the validation images from which on their accuracy is mostly memory


def show_fit(story: Story) -> None:
    """Draw the gap of every experiment, the curves of the chosen one with the verdict, and the proposals."""
    with text_and_pictures("data-fit", last=LAST, gap=round(100 * GAP), enough=round(100 * ENOUGH)):
        verdicts = {name: verdict for name in titles() if (verdict := _verdict(story, name)) is not None}
        if verdicts:
            _show_gaps(verdicts)
            _show_curves(story, verdicts)
        else:
            st.info(say("The experiments have not been run yet. The commands are in docs/tutorial.md."))
    st.subheader(say("What the tutorial proposes, tried"), anchor=False)
    st.markdown(
        say(
            "Each is fitted with true labels and each lesion on one side, and changes (a), which comes to "
            "{base} so. The predictions were written down before the runs.",
            base=_accuracy(story, "tutorial-a-honest"),
        )
    )
    for proposal in PROPOSALS:
        st.markdown(f"**{proposal.title.said(say)}**  \n{_told(story, proposal)}")


def _verdict(story: Story, name: str) -> Verdict | None:
    result = story["results"].get(name)
    return result and verdict_of(result["fitted_by_epoch"], result["validation_by_epoch"])


def _fit(fit: Fit) -> str:
    return {
        Fit.OVERFITTING: say("overfitting"),
        Fit.UNDERFITTING: say("underfitting"),
        Fit.NEITHER: say("neither"),
    }[fit]


def _show_gaps(verdicts: dict[str, Verdict]) -> None:
    fitted, validation = say("fitted images"), say("validation images")
    names = {name: titles()[name].said(say) for name in verdicts}
    show(
        gaps_by_run(
            [_on_two_lines(names[name]) for name in verdicts],
            {
                fitted: [verdict.fitted for verdict in verdicts.values()],
                validation: [verdict.validation for verdict in verdicts.values()],
            },
            [_fit(verdict.fit) for verdict in verdicts.values()],
            say("accuracy, mean of the last {last} epochs", last=LAST),
        ),
        key="data-gaps",
        alt="; ".join(
            say(
                "{name}: {fitted:.0%} and {validation:.0%}, {fit}",
                name=names[name],
                fitted=verdict.fitted,
                validation=verdict.validation,
                fit=_fit(verdict.fit),
            )
            for name, verdict in verdicts.items()
        ),
    )


def _on_two_lines(name: str) -> str:
    """Return a chart's label that is narrow enough for a phone."""
    start, comma, end = name.rpartition(", ")
    return f"{start},<br>{end}" if comma and len(name) > _NARROW else name


def _show_curves(story: Story, verdicts: dict[str, Verdict]) -> None:
    """Draw the choice of an experiment, its two curves, and the verdict in a sentence."""
    names = {name: titles()[name].said(say) for name in verdicts}
    chosen = linked_choice(
        st, say("Experiment"), list(verdicts), next(iter(verdicts)), _RUN, names.__getitem__
    )
    verdict, result = verdicts[chosen], story["results"][chosen]
    said = _sentence(verdict)
    show(
        accuracy_gap(
            {
                say("fitted images"): result["fitted_by_epoch"],
                say("validation images"): result["validation_by_epoch"],
            },
            (say("epoch"), say("accuracy")),
        ),
        key="data-gap",
        alt=f"{names[chosen]}: {said}",
    )
    st.markdown(said)
    seen = story["validation"].get(chosen)
    if seen and seen["copied"] > _MOST_COPIED * seen["images"]:
        st.markdown(
            say(
                "But most of these validation images are copies of fitted ones: of new lesions {new} are "
                "named right. Such curves look good and show nothing of it.",
                new=_accuracy(story, chosen, "accuracy_new"),
            )
        )


def _sentence(verdict: Verdict) -> str:
    values = {"fitted": verdict.fitted, "validation": verdict.validation, "gap": 100 * verdict.gap}
    if verdict.fit == Fit.OVERFITTING:
        return say(
            "**Overfitting**: {fitted:.0%} of the fitted images and {validation:.0%} of the validation "
            "images are named right at the end, {gap:.0f} points apart, and from epoch {since} on more than "
            "{limit}.",
            since=verdict.since or LAST,
            limit=round(100 * GAP),
            **values,
        )
    if verdict.fit == Fit.UNDERFITTING:
        return say(
            "**Underfitting**: {fitted:.0%} of the fitted images and {validation:.0%} of the validation "
            "images are named right at the end, {gap:.0f} points apart. Even of what it was fitted to it "
            "names less than {enough:.0%}.",
            enough=ENOUGH,
            **values,
        )
    return say(
        "**Neither**: {fitted:.0%} of the fitted images and {validation:.0%} of the validation images are "
        "named right at the end, {gap:.0f} points apart.",
        **values,
    )


def _told(story: Story, proposal: Proposal) -> str:
    """Return prediction and result, Markdown."""
    told = []
    if proposal.prediction is not None:
        told.append(
            say(
                "Predicted: {low:.0%} to {high:.0%}, {fit}. {why}",
                low=proposal.prediction.low,
                high=proposal.prediction.high,
                fit=_fit(proposal.prediction.fit),
                why=proposal.prediction.why.said(say),
            )
        )
    if proposal.recipe not in story["results"]:
        told.append(say("It has not been run yet. This does it:"))
        return "  \n".join(told) + "\n```\n" + "\n".join(commands_of(proposal.recipe)) + "\n```"
    outcome = outcome_of(proposal, story["results"][proposal.recipe])
    fit = _fit(outcome.verdict.fit) if outcome.verdict else say("not known")
    if proposal.recipe == TUNED and "search" in story:
        told.append(_chosen(story["search"]["best"]))
    right = {
        True: say("as predicted"),
        False: say("not as predicted"),
        None: say("no prediction was written"),
    }
    told.append(
        say(
            "Came out: {accuracy}, {fit}; {right}.",
            accuracy=_accuracy(story, proposal.recipe),
            fit=fit,
            right=right[outcome.as_predicted],
        )
    )
    return "  \n".join(told)


def _chosen(choices: dict[str, Any]) -> str:
    """Return what the search chose."""
    changed = say("flips, rotations and zooms") if choices["changed"] else say("no flips, rotations or zooms")
    return say(
        "The search chose a learning rate of {rate:.2g}, a dropout of {dropout:.1f}, an L2 penalty of "
        "{l2:g}, {dense} dense units, and {changed}.",
        rate=choices["learning_rate"],
        dropout=choices["dropout"],
        l2=choices["l2"],
        dense=choices["dense"],
        changed=changed,
    )


def _accuracy(story: Story, name: str, figure: str = "accuracy") -> str:
    """Return an accuracy with its interval, or that it is not known."""
    found = story["results"].get(name, {}).get(figure)
    if not found or found["value"] is None:
        return say("not known")
    return say("{value:.0%} ({low:.0%} to {high:.0%})", **found)
