"""Choosing a photo, and keeping it in the session and nowhere else."""

import hashlib
from dataclasses import dataclass

import numpy as np
import streamlit as st

from melanoma.app.parts.language import text
from melanoma.errors import UserError
from melanoma.images import EXTENSIONS, read_image
from melanoma.synthetic import MELANOMA_LIKE, draw_lesion

_KEPT, _PROBLEM, _UPLOADS = "photo", "photo-problem", "uploads"
_FILE, _CAMERA = "Photo file", "Camera"


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

    A photo stays until another one replaces it or the visitor takes it away: a file that cannot be used
    gets its sentence and changes nothing, and nor does a switch between file and camera.
    """
    source = st.segmented_control(
        "Where the photo comes from", [_FILE, _CAMERA], default=_FILE, label_visibility="collapsed"
    )
    if source == _CAMERA:
        st.camera_input(
            "Take a photo through the dermatoscope", key="camera", on_change=_take, args=("camera",)
        )
    else:
        # A new uploader after each file: an uploader that still holds one first reports that it is gone, and
        # the drawing would flash up between two photos.
        widget = f"upload-{st.session_state.setdefault(_UPLOADS, 0)}"
        st.file_uploader(
            "A dermoscopic photo of one spot, in the middle of the picture",
            type=[extension[1:] for extension in EXTENSIONS],
            key=widget,
            on_change=_take,
            args=(widget,),
        )
    if problem := st.session_state.get(_PROBLEM):
        st.error(_as_typed(problem), icon=":material/broken_image:")
    photo = current_photo()
    if photo.drawn:
        st.info(text("example"), icon=":material/draw:")
        return photo
    st.button("Take this photo away", icon=":material/delete:", type="tertiary", on_click=_forget)
    return photo


def current_photo() -> Photo:
    """Return the photo that the visitor chose on any page, or the drawing."""
    return st.session_state.get(_KEPT) or drawing()


@st.cache_data(max_entries=1)
def drawing() -> Photo:
    """Return the drawing that is shown before any upload."""
    return Photo(draw_lesion(MELANOMA_LIKE, seed=3).image, "drawing", drawn=True)


def _take(widget: str) -> None:
    """Keep what a control has just been given."""
    file = st.session_state[widget]
    if file is None:  # the camera was cleared for another picture
        return
    st.session_state.pop(_PROBLEM, None)
    content = file.getvalue()
    name = "The camera's picture" if widget == "camera" else file.name
    if widget != "camera":
        st.session_state[_UPLOADS] += 1
    try:
        pixels = read_image(content, name)
    except UserError as error:
        st.session_state[_PROBLEM] = str(error)
    else:
        st.session_state[_KEPT] = Photo(pixels, hashlib.sha256(content).hexdigest(), drawn=False)


def _forget() -> None:
    st.session_state.pop(_KEPT, None)


def _as_typed(sentence: str) -> str:
    """Return the sentence with Markdown's and HTML's signs escaped: a file name in it shows as typed."""
    return "".join(f"\\{sign}" if sign in r"\`*_{}[]<>()#+-!|~$:&" else sign for sign in sentence)
