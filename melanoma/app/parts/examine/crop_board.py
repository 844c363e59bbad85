"""A photo with a square on it that is dragged by mouse, finger or keys: a component of the page's own."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st

from melanoma.app.parts.shared.component import own_component
from melanoma.photos.cropping import SMALLEST, Crop
from melanoma.photos.encoding import as_jpeg, data_uri, shrink

_SHOWN = 1100  # pixels of the longer side: about the dialog's width
_HTML = """<div class="board"><img alt=""><div class="square" tabindex="0" role="application">
<i data-corner="nw"></i><i data-corner="ne"></i>
<i data-corner="sw"></i><i data-corner="se"></i></div></div>"""
_BOARD = own_component("melanoma-crop", _HTML, Path(__file__).with_name("crop"))


def show_crop_board(
    photo: np.ndarray, crop: Crop, key: str, alt: str, label: str, on_square: Callable[[], None]
) -> None:
    """Draw a photo, uint8 RGB (H, W, 3), with a square on it.

    When the visitor lets go of it, `on_square` is called, in which `square_of(key)` has what was drawn. `alt`
    is of the photo, `label` of the square.
    """
    height, width = photo.shape[:2]
    _BOARD(
        key=key,
        data={
            "photo": data_uri(as_jpeg(shrink(photo, _SHOWN), 85), "jpeg"),
            "width": width,
            "height": height,
            "least": min(SMALLEST, width, height),
            "square": [crop.left, crop.top, crop.side],
            "alt": alt,
            "label": label,
        },
        on_square_change=on_square,
    )


def square_of(key: str) -> Any:
    """Return what a browser sent as left, top and side of the square: it may be anything."""
    return st.session_state[key].get("square")
