"""An uploader that says what it takes in the visitor's language.

Streamlit's own words are English on every page, and of a file that the browser refuses they show a red mark
alone. `style.css` hides their limit, since ours stands below, and shows our sentence while there is such a
mark.
"""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from melanoma.app.parts.language import say


def show_uploader(label: str, endings: Sequence[str], megabytes: int, key: str, **more: Any) -> Any:
    """Draw it and return what `st.file_uploader` does; `more` goes there too.

    `endings` are those of the files' names, with their full stops.
    """
    kinds = [ending.removeprefix(".") for ending in endings]
    with st.container(key=f"uploader-{key}", gap="xsmall"):
        given = st.file_uploader(label, type=kinds, max_upload_size=megabytes, key=key, **more)
        with st.container(key=f"refused-{key}"):
            st.markdown(
                say(
                    "Files marked red were not taken: they are larger than {most} MB, of another kind, or "
                    "did not arrive whole.",
                    most=megabytes,
                )
            )
        st.caption(
            say(
                "Up to {most} MB each: {kinds}",
                most=megabytes,
                kinds=", ".join(kind.upper() for kind in kinds),
            )
        )
    return given
