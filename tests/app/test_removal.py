"""“Remove my photos”: offered where there are any, and then nothing of them is left in the session."""

import pytest
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


MARKED = """
import streamlit as st
from types import SimpleNamespace
from melanoma.app.parts.shared.removal import offer_removal

brought = st.query_params["brought"]
st.session_state["triage-run"] = SimpleNamespace(brought=brought == "list", stop=lambda: None)
st.session_state["photos"] = {"a": "pixels"} if brought == "photo" else {}
offer_removal()
"""


@pytest.mark.parametrize(("brought", "warned"), [("photo", True), ("list", True), ("examples", False)])
def test_the_browser_is_to_ask_before_what_was_brought_is_lost_and_only_then(brought, warned):
    page = AppTest.from_string(MARKED, default_timeout=60)
    page.query_params["brought"] = brought
    page.run()
    assert not page.exception and page.button
    assert any("holds-uploads" in element.proto.body for element in page.get("html")) == warned
