"""The verdict: the likeliest diagnosis, the alerts with their reasons, and the probabilities."""

import streamlit as st

from melanoma.app.parts.examine.mix import choose_mix
from melanoma.app.parts.shared.chart import show
from melanoma.app.parts.shared.language import format_number, say, text
from melanoma.app.parts.shared.photo import Photo
from melanoma.diagnoses import diagnosis_of
from melanoma.figures.probability_bars import probability_bars
from melanoma.measures.lesion_in_view import LesionInView
from melanoma.model.alert_wording import within_sentence
from melanoma.model.bundle import Bundle
from melanoma.model.prediction import Prediction
from melanoma.model.verdict_wording import (
    alert_words,
    is_grave,
    kind_of,
    likeliest_words,
    mix_words,
    promise_words,
    set_words,
    shown_mix_words,
)


def show_alert(photo: Photo, prediction: Prediction, bundle: Bundle, lesion: LesionInView) -> None:
    """Show the likeliest diagnosis and the alerts, and every reason to doubt the answer.

    A drawing raises no alert: the network never learned from one.
    """
    alerts = "  \n".join(
        f"**{headline}** {reason}" if headline else reason
        for headline, reason in alert_words(prediction, bundle, say)
    )
    plain = say(diagnosis_of(prediction.diagnosis).plain)
    message = f"**{likeliest_words(prediction, say)}** {plain}\n\n{alerts}"
    reasons = lesion.doubts(prediction, say)
    with st.container(key="verdict"):
        if photo.drawn:
            st.info(f"{text('example')}\n\n{likeliest_words(prediction, say)}", icon=":material/draw:")
        elif is_grave(prediction):
            st.error(message, icon=":material/warning:")
        elif prediction.alert:
            st.warning(message, icon=":material/warning:")
        else:
            st.info(message, icon=":material/info:")
        if reasons:
            st.warning(f"**{say('Distrust this answer.')}** {' '.join(reasons)}", icon=":material/help:")


def show_probabilities(prediction: Prediction, bundle: Bundle) -> None:
    """Show all diagnoses with their probabilities, what each is, and what the percentages mean."""
    place = st.container(key="bars")
    below = st.container(gap="xsmall")
    with st.popover(say("What do the percentages mean?"), icon=":material/help:"):
        mix = choose_mix(bundle)
        if not mix:
            st.caption(mix_words(bundle, say))
        st.markdown(
            "\n".join(
                f"- **{say(found.name)}** ({kind_of(found.code, say)}): {say(found.plain)}"
                for found in map(diagnosis_of, dict(prediction.ranked))
            )
        )
        st.caption(promise_words(bundle, say))
    chances = mix.by_code(prediction) if mix else dict(prediction.ranked)
    with place:
        show(
            probability_bars(chances, prediction.prediction_set, say),
            key="probabilities",
            alt=say(
                "Probabilities: {values}",
                values=", ".join(
                    f"{within_sentence(code, say)} {format_number(value, '.1%')}"
                    for code, value in sorted(chances.items(), key=lambda item: -item[1])
                ),
            ),
        )
    with below:
        if mix:
            st.info(shown_mix_words(mix, bundle, say), icon=":material/balance:")
        hatched = say("▲ and hatching: malignant, or may become so. Bold: in the set of possible diagnoses.")
        st.caption(f"{hatched} {set_words(prediction, bundle, say)}")
