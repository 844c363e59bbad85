"""An uploader that says what it takes in the visitor's language.

Streamlit's own words are English on every page, and of a file that the browser refuses they show a red mark
alone. `style.css` hides their limit, since ours stands below, and shows our sentence while there is such a
mark.
"""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from melanoma.app.parts.shared.language import say


def show_uploader(label: str, limits: Mapping[tuple[str, ...], int], key: str, **more: Any) -> Any:
    """Draw it and return what `st.file_uploader` does; `more` goes there too.

    `limits` says of kinds of file, by their names for people, how many megabytes such a file may have. The
    browser refuses what is above the largest; whoever reads the files keeps to the others. Names are not
    looked at: what a file is, its content says.
    """
    most = max(limits.values())
    with st.container(key=f"uploader-{key}", gap="xsmall"):
        given = st.file_uploader(label, max_upload_size=most, key=key, **more)
        with st.container(key=f"refused-{key}"):
            st.markdown(
                say(
                    "Files marked red were not taken: they are larger than {most} MB, or did not "
                    "arrive whole.",
                    most=most,
                )
            )
        sentences = [
            say(
                "Up to {most} MB each: {kinds}.",
                most=megabytes,
                kinds=", ".join(kinds),
            )
            for kinds, megabytes in limits.items()
        ]
        st.caption(" ".join(sentences))
    return given
