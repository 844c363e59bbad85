"""Several photos of one lesion answered together: the choice, and the joint answer beside each one's."""

from dataclasses import dataclass

import streamlit as st

from melanoma.app.parts.shared.crops import as_cropped
from melanoma.app.parts.shared.gallery import photos
from melanoma.app.parts.shared.language import say
from melanoma.app.parts.shared.photo import Photo, describe
from melanoma.app.parts.shared.prediction import predict
from melanoma.app.parts.shared.table import show_table
from melanoma.diagnoses import diagnosis_of
from melanoma.model.bundle import Bundle
from melanoma.model.joint import JointAnswer, answer_together
from melanoma.model.joint_wording import (
    alert_together,
    disagreement,
    how_joined,
    is_grave_together,
    joint_alert_words,
    row_of,
)
from melanoma.model.prediction import Prediction
from melanoma.model.verdict_wording import likeliest_words, set_words

_CHOSEN, _WIDGET = "photos-of-one-lesion", "choose-photos-of-one-lesion"


def choose_joined(photo: Photo) -> None:
    """Draw the choice of the photos that show one lesion, where the visitor brought two or more."""
    brought = {one.key: say("Photo {number}", number=one.number) for one in photos()}
    if len(brought) < 2 or not photo.own:
        return
    # Kept apart from the control, which Streamlit forgets while another page is in view.
    st.session_state[_WIDGET] = [key for key in _chosen() if key in brought]
    with st.popover(say("Several of one lesion"), icon=":material/join:"):
        st.pills(
            say("Which photos show the same lesion?"),
            list(brought),
            selection_mode="multi",
            format_func=brought.__getitem__,
            key=_WIDGET,
            on_change=_keep_chosen,
        )
        st.caption(say("Two or more of them are then answered together, as they are cropped."))


@dataclass(frozen=True)
class Together:
    """A joint answer, and those that it is made of by what each photo is called."""

    joint: JointAnswer
    named: dict[str, Prediction]


def answered_together(photo: Photo, bundle: Bundle) -> Together | None:
    """Return the joint answer where the photo in view is one of several of a lesion, else None."""
    joined = [as_cropped(one) for one in photos() if one.key in _chosen()]
    if len(joined) < 2 or photo.file_key not in {one.file_key for one in joined}:
        return None
    named = {say("Photo {number}", number=one.number): predict(one) for one in joined}
    return Together(answer_together(list(named.values()), bundle), named)


def show_joint_answer(photo: Photo, bundle: Bundle) -> None:
    """Draw the joint answer where the photo in view is one of several of a lesion, and each one's own.

    What any one photo alerts to is told first.
    """
    together = answered_together(photo, bundle)
    if together is None:
        return
    joint, named = together.joint, together.named
    alerts = "  \n".join(
        f"**{headline}** {reason}" if headline else reason
        for headline, reason in joint_alert_words(joint, named, bundle, say)
    )
    plain = say(diagnosis_of(joint.diagnosis).plain)
    heading = say("{count} photos together.", count=len(named))
    message = f"**{heading} {likeliest_words(joint, say)}** {plain}\n\n{alerts}"
    with st.container(key="joint-verdict"):
        if is_grave_together(joint):
            st.error(message, icon=":material/warning:")
        elif alert_together(joint):
            st.warning(message, icon=":material/warning:")
        else:
            st.info(message, icon=":material/info:")
        if differences := disagreement(joint, named, say):
            st.warning(" ".join(differences), icon=":material/help:")
        rows = [row_of(name, answer, say) for name, answer in named.items()]
        rows.append(row_of(say("Together"), joint, say))
        show_table(
            [say("Photo"), say("Likeliest"), say("Melanoma"), say("Alert")],
            rows,
            say("Each photo's own answer"),
        )
        st.caption(f"{set_words(joint, bundle, say)} {how_joined(joint, say)}")
        st.markdown(f"**{say('{photo} alone:', photo=describe(photo))}**")


def _chosen() -> tuple[str, ...]:
    chosen: tuple[str, ...] = st.session_state.get(_CHOSEN, ())
    return chosen


def _keep_chosen() -> None:
    st.session_state[_CHOSEN] = tuple(st.session_state[_WIDGET])
