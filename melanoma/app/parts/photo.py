"""Choosing a photo, and keeping it in the session and nowhere else."""

import hashlib
from dataclasses import dataclass

import numpy as np
import streamlit as st

from melanoma.app.parts.texts import text
from melanoma.errors import UserError
from melanoma.images import EXTENSIONS, read_image
from melanoma.synthetic import MELANOMA_LIKE, draw_lesion

_KEPT = "photo"


@dataclass(frozen=True)
class Photo:
    """What the visitor looks at."""

    pixels: np.ndarray
    """uint8 (H, W, 3) RGB."""
    key: str
    """SHA-256 of the file: the same file gives the same answer."""
    drawn: bool
    """True for the project's own drawing."""


def choose_photo() -> Photo:
    """Draw the upload and camera controls; return the newest photo, or a drawing as long as there is none.

    A file that cannot be used gets its sentence, and the photo before it stays.
    """
    source = st.segmented_control(
        "Where the photo comes from",
        ["Photo file", "Camera"],
        default="Photo file",
        label_visibility="collapsed",
    )
    if source == "Camera":
        file = st.camera_input("Take a photo through the dermatoscope")
    else:
        file = st.file_uploader(
            "A dermoscopic photo of one spot, in the middle of the picture",
            type=[extension[1:] for extension in EXTENSIONS],
            key="upload",
        )
    if file is not None:
        _keep(file.getvalue(), "The camera's picture" if source == "Camera" else file.name)
    elif source == "Photo file":
        st.session_state.pop(_KEPT, None)
    photo = st.session_state.get(_KEPT)
    if photo is None:
        st.info(text("example"), icon=":material/draw:")
        return drawing()
    return photo


@st.cache_data(max_entries=1)
def drawing() -> Photo:
    """Return the drawing that is shown before any upload."""
    return Photo(draw_lesion(MELANOMA_LIKE, seed=3).image, "drawing", drawn=True)


def _keep(content: bytes, name: str) -> None:
    key = hashlib.sha256(content).hexdigest()
    kept = st.session_state.get(_KEPT)
    if kept is not None and kept.key == key:
        return
    try:
        st.session_state[_KEPT] = Photo(read_image(content, name), key, drawn=False)
    except UserError as error:
        st.error(_as_typed(str(error)), icon=":material/broken_image:")


def _as_typed(sentence: str) -> str:
    """Return the sentence with Markdown's and HTML's signs escaped: a file name in it shows as typed."""
    return "".join(f"\\{sign}" if sign in r"\`*_{}[]<>()#+-!|~$:&" else sign for sign in sentence)
