"""The alert, in one sentence that nobody can take for reassurance, and the probabilities."""

import streamlit as st

from melanoma.app.parts.shared.chart import show
from melanoma.app.parts.shared.language import format_number, say, text
from melanoma.figures.probability_bars import probability_bars
from melanoma.measures.lesion_in_view import LesionInView
from melanoma.model.alert_wording import alert_words, doubts, set_words, within_sentence
from melanoma.model.bundle import Bundle
from melanoma.model.prediction import Prediction


def show_alert(prediction: Prediction, bundle: Bundle, lesion: LesionInView | None = None) -> None:
    """Show the alert, and every reason to doubt the answer."""
    headline, meaning = alert_words(prediction, bundle, say)
    message = f"**{headline}** {meaning}"
    reasons = lesion.doubts(prediction, say) if lesion else doubts(prediction, say)
    with st.container(key="verdict"):
        if prediction.melanoma_alert:
            st.error(message, icon=":material/warning:")
        else:
            st.info(message, icon=":material/info:")
        if reasons:
            st.warning(f"**{say('Distrust this answer.')}** {' '.join(reasons)}", icon=":material/help:")


def show_probabilities(prediction: Prediction, bundle: Bundle) -> None:
    """Show all diagnoses with their probabilities, and what the percentages mean."""
    chances = dict(prediction.ranked)
    with st.container(key="bars"):
        show(
            probability_bars(chances, prediction.prediction_set, say),
            key="probabilities",
            alt=say(
                "Probabilities: {values}",
                values=", ".join(
                    f"{within_sentence(code, say)} {format_number(value, '.1%')}"
                    for code, value in chances.items()
                ),
            ),
        )
    sentences = (
        say("▲ and hatching: malignant, or may become so. Bold: in the set of possible diagnoses."),
        set_words(prediction, bundle, say),
        describe_prior(bundle),
    )
    st.caption(" ".join(sentences))


def describe_prior(bundle: Bundle) -> str:
    """Return the sentence about the mix of diagnoses that the percentages assume."""
    common = sorted(zip(bundle.prior, bundle.codes, strict=True), reverse=True)[:3]
    named = [f"{share * 100:.0f} {within_sentence(code, say)}" for share, code in common]
    return text("prior").format(mix=", ".join(named))
