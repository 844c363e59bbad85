"""“Remove my photos”: offered where there are any, and then nothing of them is left in the session."""

from streamlit.testing.v1 import AppTest

SCRIPT = """
import streamlit as st
from melanoma.app.parts.shared.removal import offer_removal

if "begun" not in st.query_params:
    st.query_params["begun"] = "yes"
    st.session_state["lang"] = "de"
    st.session_state["uploads"] = 3
    st.session_state["photos"] = {"a": "pixels"}
    st.session_state["predictions"] = {"a": "answer"}
offer_removal()
"""


def test_photos_are_removed_with_all_that_was_made_of_them():
    page = AppTest.from_string(SCRIPT, default_timeout=60).run()
    (button,) = page.button
    assert button.label == "Meine Fotos entfernen"
    assert "spätestens 4 Minuten, nachdem Sie diese Seite verlassen haben" in page.caption[0].value
    button.click().run()
    assert not page.exception
    assert "photos" not in page.session_state and "predictions" not in page.session_state
    assert page.session_state["lang"] == "de"
    assert page.session_state["uploads"] == 4, "the uploader that may still hold files is replaced"
    assert not page.button and not page.caption
