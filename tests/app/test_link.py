"""Choices that a link holds."""

import gc

from streamlit.testing.v1 import AppTest


def script():
    import weakref

    import streamlit as st

    from melanoma.app.parts.shared.link import linked_choice

    class Photo:
        title = "photo"

    def draw():
        photo = Photo()
        st.session_state["photo"] = weakref.ref(photo)
        linked_choice(st, "Choice", ["a", "b"], "a", "choice", lambda option: f"{option}: {photo.title}")

    draw()


def test_a_choice_keeps_nothing_of_what_its_labels_were_made_from():
    app = AppTest.from_function(script).run()
    assert not app.exception
    assert app.selectbox[0].options == ["a: photo", "b: photo"]
    gc.collect()
    assert app.session_state["photo"]() is None
