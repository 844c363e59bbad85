"""Photos that the visitor cropped: one square of each, in the visitor's session, and nowhere else.

What is cut out is a photo of its own for all pages: it has another key, so answer, map, outline and what
else is kept of the whole photo are not its own.
"""

from dataclasses import replace

import streamlit as st

from melanoma.app.parts.shared.link import put_into_link
from melanoma.app.parts.shared.samples import Photo
from melanoma.errors import UserError
from melanoma.photos.cropping import Crop, read_crop
from melanoma.phrases import Sentence

CROP = "crop"
"""The name in a link of the square of a photo that a link can name: left, top and side."""
_CROPPED, _PROBLEM = "cropped-photos", "crop-problem"


def crop_photo(photo: Photo, crop: Crop) -> None:
    """Keep a square of a photo, which is in view instead of the whole one from now on."""
    whole = photo.whole or photo
    key = "-".join(map(str, (whole.key, crop.left, crop.top, crop.side)))
    _cropped()[whole.key] = replace(whole, pixels=crop.cut(whole.pixels), key=key, whole=whole, crop=crop)


def take_crop_off(key: str) -> None:
    """Show the whole photo of this key again."""
    _cropped().pop(key, None)


def as_cropped(photo: Photo) -> Photo:
    """Return what the visitor cut out of a whole photo, or the photo itself if nothing."""
    return _cropped().get(photo.key, photo)


def forget_crops(keep: set[str]) -> None:
    """Drop what was cut out of the visitor's own photos, apart from those whose keys are to `keep`.

    What is cut out shares the whole photo's memory, so it has to go with it.
    """
    for key in [key for key, photo in _cropped().items() if photo.own and key not in keep]:
        del _cropped()[key]


def crop_as_link_says(photo: Photo) -> None:
    """Crop the photo that a link names by the square that it names, or show all of it where it names none.

    What is no square gets a sentence.
    """
    if not (text := st.query_params.get(CROP)):
        take_crop_off(photo.key)
        return
    height, width = photo.pixels.shape[:2]
    try:
        crop_photo(photo, read_crop(text, width, height))
    except UserError as error:
        set_crop_problem(photo.key, error.sentence)


def put_crop_into_link(photo: Photo) -> None:
    """Write the square of the photo in view into the link, unless a link cannot name the photo."""
    put_into_link(CROP, None if photo.own or photo.crop is None else str(photo.crop))


def set_crop_problem(key: str, sentence: Sentence | None) -> None:
    """Keep what is wrong with a square of the photo of this key, until the next one; None if nothing is."""
    st.session_state[_PROBLEM] = (key, sentence)


def crop_problem(key: str) -> Sentence | None:
    """Return what is wrong with the square of the photo of this key that was asked for last."""
    about, sentence = st.session_state.get(_PROBLEM, ("", None))
    return sentence if about == key else None


def _cropped() -> dict[str, Photo]:
    cropped: dict[str, Photo] = st.session_state.setdefault(_CROPPED, {})
    return cropped
