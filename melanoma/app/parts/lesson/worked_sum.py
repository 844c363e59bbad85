"""Step 4: evidence -> logit -> probability, worked out."""

import streamlit as st

from melanoma.app.parts.shared.chart import show
from melanoma.app.parts.shared.default_map import show_no_evidence
from melanoma.app.parts.shared.error_messages import fragment
from melanoma.app.parts.shared.language import format_number, say
from melanoma.app.parts.shared.model import classifier
from melanoma.app.parts.shared.photo import Photo
from melanoma.app.parts.shared.step_layout import choose_diagnosis, text_and_pictures
from melanoma.diagnoses import diagnosis_of
from melanoma.explain.lesson.worked_sum import WorkedSum, worked_sum
from melanoma.figures.lesson import sum_figure
from melanoma.model.prediction import Prediction


@fragment
def show_sum(photo: Photo, prediction: Prediction) -> None:
    """Show the sum of one diagnosis as steps and in numbers, and the table of all."""
    if show_no_evidence(prediction):
        return
    bundle = classifier().bundle
    worked = worked_sum(prediction, bundle.temperature, bundle.prior)
    with text_and_pictures("lesson-sum"):
        code = choose_diagnosis(photo, prediction)
        index = prediction.index(code)
        name = say(diagnosis_of(code).name)
        labels = (say("Starting value"), say("Evidence for"), say("Evidence against"), say("Score (logit)"))
        show(
            sum_figure(worked, index, labels),
            key="worked-sum",
            alt=say(
                "{name}: starting value {bias:+.2f}, evidence for {plus:+.2f}, evidence against "
                "{minus:+.2f}, score {logit:+.2f}.",
                name=name,
                bias=worked.bias[index],
                plus=worked.evidence_for[index],
                minus=worked.evidence_against[index],
                logit=worked.logits[index],
            ),
        )
        st.markdown(_in_numbers(worked, index, name, bundle.temperature, bundle.prior[index]))
        st.markdown(_table(worked, prediction))


def _in_numbers(worked: WorkedSum, index: int, name: str, temperature: float, share: float) -> str:
    """Return the sum of one diagnosis as a list, each line going on from the one before."""
    lines = (
        say(
            "**Score of {name}:** {bias:+.2f} {plus:+.2f} {minus:+.2f} = **{logit:+.2f}**",
            name=name,
            bias=worked.bias[index],
            plus=worked.evidence_for[index],
            minus=worked.evidence_against[index],
            logit=worked.logits[index],
        ),
        say(
            "**Divided by the temperature:** {logit:+.2f} / {temperature:.3f} = {tempered:+.2f}",
            logit=worked.logits[index],
            temperature=temperature,
            tempered=worked.tempered[index],
        ),
        say(
            "**Plus the logarithm of its share in the mix:** {tempered:+.2f} + ln({share:.3f}) = {sum:+.2f}",
            tempered=worked.tempered[index],
            share=share,
            sum=worked.tempered[index] + worked.log_prior[index],
        ),
        say(
            "**As a power of e:** exp({sum:+.2f}) = {power:.4g}",
            sum=worked.tempered[index] + worked.log_prior[index],
            power=worked.powers[index],
        ),
        say(
            "**Divided by the sum over all diagnoses:** {power:.4g} / {total:.4g} = **{probability:.1%}**",
            power=worked.powers[index],
            total=worked.powers.sum(),
            probability=worked.shares[index],
        ),
    )
    return "\n".join(f"{number}. {line}" for number, line in enumerate(lines, 1))


def _table(worked: WorkedSum, prediction: Prediction) -> str:
    """Return all diagnoses' numbers as a Markdown table, likeliest first."""
    heads = (
        say("Diagnosis"),
        say("Power of e"),
        say("Probability"),
    )
    rows = ["| " + " | ".join(heads) + " |", "|:--" + "|--:" * (len(heads) - 1) + "|"]
    for code, probability in prediction.ranked:
        i = prediction.index(code)
        power, share = format_number(worked.powers[i], ".4g"), format_number(probability, ".1%")
        rows.append(f"| {say(diagnosis_of(code).name)} | {power} | {share} |")
    powers, shares = format_number(worked.powers.sum(), ".4g"), format_number(worked.shares.sum(), ".0%")
    return "\n".join([*rows, f"| **{say('Sum')}** | **{powers}** | **{shares}** |"])
