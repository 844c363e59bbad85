"""Cropping the photo in view: a dialog with the photo, a square that is offered, and its numbers."""

from typing import Any

import streamlit as st

from melanoma.app.parts.examine.crop_board import show_crop_board, square_of
from melanoma.app.parts.shared.crops import crop_photo, crop_problem, set_crop_problem
from melanoma.app.parts.shared.dialog import close_dialog, open_dialog, show_dialog
from melanoma.app.parts.shared.gallery import current_photo
from melanoma.app.parts.shared.language import say
from melanoma.app.parts.shared.photo import describe, whole_size
from melanoma.app.parts.shared.samples import Photo
from melanoma.errors import UserError
from melanoma.lesion.cropping import offer_crop
from melanoma.photos.cropping import SMALLEST, Crop, crop_of, crop_within

_NUMBERS = _LEFT, _TOP, _SIDE = "crop-left", "crop-top", "crop-side"
"""The keys of the three numbers, which hold the square as long as the dialog is open."""
_BOARD = "crop-board"
_AROUND = "crop-around-lesion"


def offer_cropping(photo: Photo) -> None:
    """Draw the button that opens the dialog, and that while it is open."""
    whole = photo.whole or photo
    st.button(
        say("Crop"),
        key="crop-open",
        icon=":material/crop:",
        type="tertiary",
        on_click=_open,
        args=(whole.key,),
    )
    show_dialog(_named(whole.key), say("Crop the photo"), lambda: _draw(whole))


def _named(key: str) -> str:
    return f"crop {key}"


def _open(key: str) -> None:
    """Open the dialog with the square where it was, or around the lesion that is found."""
    photo = current_photo()
    set_crop_problem(photo.file_key, None)
    if photo.crop is not None:
        crop, st.session_state[_AROUND] = photo.crop, True
    else:
        crop, st.session_state[_AROUND] = offer_crop(photo.pixels)
    _lay(crop)
    open_dialog(_named(key))


def _draw(whole: Photo) -> None:
    width, height = whole_size(whole)
    st.caption(_explanation())
    if problem := crop_problem(whole.key):
        st.error(problem.said(say), icon=":material/crop:")
    show_crop_board(
        whole.pixels,
        _square(width, height),
        _BOARD,
        describe(whole),
        say("The square. Arrow keys move it, plus and minus change its size."),
        _take_square,
    )
    with st.container(key="crop-numbers"):
        for key, label, most in (
            (_LEFT, say("From the left"), width),
            (_TOP, say("From the top"), height),
            (_SIDE, say("Side"), min(width, height)),
        ):
            st.number_input(label, 0, most, step=1, key=key, on_change=_take_numbers)
    # The page has to be drawn anew, not the dialog alone, which closes by that.
    if st.button(
        say("Use this square"),
        key="crop-use",
        type="primary",
        icon=":material/crop:",
        on_click=_use,
        args=(whole.key,),
    ):
        st.rerun()


def _explanation() -> str:
    offered = (
        say("Drag the square, its corners, or a new one on the photo.")
        if st.session_state.get(_AROUND)
        else say("No lesion was surely found. Drag a square around it on the photo.")
    )
    return f"{offered} " + say(
        "The lesion should fill about half of its width, as in the photos that the network learned from. At "
        "least {least} pixels a side: of less the network sees a handful of dots.",
        least=SMALLEST,
    )


def _take_square() -> None:
    """Lay the square that was dragged: the board's callback."""
    photo = current_photo()
    try:
        _lay(crop_of(square_of(_BOARD), *whole_size(photo)))
    except UserError as error:
        set_crop_problem(photo.file_key, error.sentence)
    else:
        set_crop_problem(photo.file_key, None)


def _take_numbers() -> None:
    _lay(_square(*whole_size(current_photo())))


def _use(key: str) -> None:
    """Crop the photo of this key by the square as it stands."""
    close_dialog()
    photo = current_photo()
    whole = photo.whole or photo
    if whole.key == key:
        crop_photo(whole, _square(*whole_size(whole)))
        set_crop_problem(key, None)


def _square(width: int, height: int) -> Crop:
    """Return the square that the numbers give, within a photo of that size."""
    left, top, side = (_number(st.session_state.get(name)) for name in _NUMBERS)
    return crop_within(left, top, side, width, height)


def _number(value: Any) -> float:
    return float(value) if isinstance(value, int | float) else 0.0


def _lay(crop: Crop) -> None:
    for name, value in zip(_NUMBERS, (crop.left, crop.top, crop.side), strict=True):
        st.session_state[name] = value
