"""What the network says, in one sentence that nobody can take for reassurance."""

import streamlit as st

from melanoma.app.parts.language import text
from melanoma.bundle import Bundle
from melanoma.diagnoses import diagnosis_of
from melanoma.prediction import Prediction


def show_verdict(prediction: Prediction, bundle: Bundle) -> None:
    """Show the alert, and every reason to doubt the answer."""
    probability = prediction.probability("MEL")
    numbers = f"melanoma {probability:.1%}, alert from {bundle.alert_threshold:.1%}"
    with st.container(key="verdict"):
        if prediction.melanoma_alert:
            st.error(
                f"**Melanoma alert** ({numbers}). To the network this resembles melanoma. "
                "A dermatologist should look at it soon.",
                icon=":material/warning:",
            )
        else:
            missed = 1 - bundle.figures["alert_sensitivity"]["value"]
            st.info(
                f"**No melanoma alert** ({numbers}). This does not rule melanoma out: "
                f"in its test the network stayed silent at {missed:.0%} of the melanomas.",
                icon=":material/info:",
            )
        doubts = list(prediction.quality)
        if not prediction.in_distribution:
            doubts.insert(0, "This looks unlike the dermoscopic photos that the network learned from.")
        if doubts:
            st.warning(f"**Distrust this answer.** {' '.join(doubts)}", icon=":material/help:")


def describe_set(prediction: Prediction, bundle: Bundle) -> str:
    """Return the sentence about the prediction set."""
    names = [diagnosis_of(code).name.lower() for code in prediction.prediction_set]
    if not names:
        return "No diagnosis fits well enough: the network has seen nothing quite like this."
    if len(names) == 1:
        return f"Only {names[0]} stays possible at {bundle.conformal_coverage:.0%} coverage (bold)."
    listed = f"{', '.join(names[:-1])} and {names[-1]}"
    return (
        f"{len(names)} diagnoses stay possible at {bundle.conformal_coverage:.0%} coverage (bold): {listed}."
    )


def describe_prior(bundle: Bundle) -> str:
    """Return the sentence about the mix of diagnoses that the percentages assume."""
    common = sorted(zip(bundle.prior, bundle.codes, strict=True), reverse=True)[:3]
    named = [f"{share * 100:.0f} {diagnosis_of(code).name.lower()}" for share, code in common]
    return text("prior").format(mix=", ".join(named))
