"""What if: change the photo, or draw a lesion, and watch the answer."""

import streamlit as st

from melanoma.app.parts.shared.error_messages import show_user_errors
from melanoma.app.parts.shared.language import say, text
from melanoma.app.parts.shared.link import linked_segment
from melanoma.app.parts.shared.photo import photo_bar
from melanoma.app.parts.shared.prediction import predict
from melanoma.app.parts.shared.ways_on import lead_on
from melanoma.app.parts.what_if.designer import show_designer
from melanoma.app.parts.what_if.photo_changes import show_changes

_PHOTO, _DESIGNER = "photo", "designer"


@show_user_errors()
def page() -> None:
    """Draw the page."""
    st.title(say("What if …?"), anchor=False)
    st.markdown(text("what-if"))
    names = {_PHOTO: say("Change the photo"), _DESIGNER: say("Lesion designer")}
    tried = linked_segment(
        say("What to try"), list(names), _PHOTO, "try", names.__getitem__, label_visibility="collapsed"
    )
    if tried == _DESIGNER:
        show_designer()
    else:
        photo = photo_bar()
        predict(photo)
        show_changes(photo)
    lead_on(
        ("quiz", say("Look for yourself first")),
        ("thresholds", say("What an alert finds and misses")),
    )
