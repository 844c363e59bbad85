"""Step 4: evidence -> log-odds -> probability, worked out."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from melanoma.app.parts.shared.chart import show
from melanoma.app.parts.shared.default_map import show_no_evidence
from melanoma.app.parts.shared.error_messages import fragment
from melanoma.app.parts.shared.formula import in_formula
from melanoma.app.parts.shared.language import format_number, say
from melanoma.app.parts.shared.photo import Photo
from melanoma.app.parts.shared.step_layout import choose_diagnosis, text_and_pictures
from melanoma.diagnoses import diagnosis_of
from melanoma.explain.lesson.worked_sum import WorkedSum, worked_sum
from melanoma.figures.log_odds import evidence_bars, number_line, sum_figure
from melanoma.model.prediction import Prediction


@fragment
def show_sum(photo: Photo, prediction: Prediction) -> None:
    """Show the sum of one diagnosis as steps and in numbers, then all of them side by side."""
    if show_no_evidence(prediction):
        return
    worked = worked_sum(prediction)
    with text_and_pictures("lesson-sum"):
        code = choose_diagnosis(photo, prediction)
        index = prediction.index(code)
        name = say(diagnosis_of(code).name)
        values = {
            "name": name,
            "start": worked.starting_values[index],
            "plus": worked.evidence_for[index],
            "minus": worked.evidence_against[index],
            "division": -worked.division[index],
            "log_odds": worked.log_odds[index],
            "probability": worked.probabilities[index],
        }
        labels = (
            say("Starting value"),
            say("Evidence for"),
            say("Evidence against"),
            say("Division"),
            say("Log-odds"),
        )
        show(
            sum_figure(worked, index, labels, format_number),
            key="worked-sum",
            alt=say(
                "{name}: starting value {start:+.2f}, evidence for {plus:+.2f}, evidence against "
                "{minus:+.2f}, division of the others {division:+.2f}, log-odds {log_odds:+.2f}.",
                **values,
            ),
        )
        st.markdown(say("**Log-odds of {name}**, and the same as a probability:", **values))
        st.latex(_formula(values))
        _show_all(worked, prediction, code)


def _formula(values: Mapping[str, Any]) -> str:
    """Return the sum and the probability, in LaTeX, with all their numbers."""
    start, plus, minus, division, log_odds = (
        in_formula(format_number(values[name], "+.2f"))
        for name in ("start", "plus", "minus", "division", "log_odds")
    )
    probability = in_formula(format_number(values["probability"], ".1%"))
    return (
        rf"\begin{{gathered}} L = {start} {plus} {minus} {division} = \mathbf{{{log_odds}}} \\"
        rf" p = \frac{{1}}{{1+e^{{-L}}}} = \mathbf{{{probability}}} \end{{gathered}}"
    )


def _show_all(worked: WorkedSum, prediction: Prediction, chosen: str) -> None:
    """Draw every diagnosis' evidence and log-odds, likeliest first, and the table of all numbers."""
    codes = [code for code, _ in prediction.ranked]
    order = [prediction.index(code) for code in codes]
    names = [say(diagnosis_of(code).name) for code in codes]
    st.markdown(f"**{say('The evidence of every diagnosis')}**")
    show(
        evidence_bars(worked, order, names, (say("Evidence for"), say("Evidence against")), format_number),
        key="worked-evidence",
        alt=", ".join(
            f"{name} {format_number(worked.evidence_for[index], '+.2f')} "
            f"{format_number(worked.evidence_against[index], '+.2f')}"
            for name, index in zip(names, order, strict=True)
        ),
    )
    st.markdown(f"**{say('From “against” through 50% to “for”')}**")
    show(
        number_line(
            worked.log_odds[order], names, codes.index(chosen), (say("against"), say("for")), format_number
        ),
        key="worked-line",
        alt=", ".join(
            f"{name} {format_number(worked.log_odds[index], '+.2f')}"
            for name, index in zip(names, order, strict=True)
        ),
    )
    st.markdown(_table(worked, order, names))


def _table(worked: WorkedSum, order: list[int], names: list[str]) -> str:
    """Return all diagnoses' numbers as a Markdown table."""
    heads = (
        say("Diagnosis"),
        say("Starting value"),
        say("Evidence"),
        say("Division"),
        say("Log-odds"),
        say("Probability"),
    )
    rows = ["| " + " | ".join(heads) + " |", "|:--" + "|--:" * (len(heads) - 1) + "|"]
    for index, name in zip(order, names, strict=True):
        evidence = worked.evidence_for[index] + worked.evidence_against[index]
        numbers = (worked.starting_values[index], evidence, -worked.division[index], worked.log_odds[index])
        cells = [format_number(number, "+.2f") for number in numbers]
        rows.append(f"| {name} | {' | '.join(cells)} | {format_number(worked.probabilities[index], '.1%')} |")
    return "\n".join(rows)
