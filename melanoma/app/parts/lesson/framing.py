"""Step 1: what the network sees."""

import streamlit as st

from melanoma.app.parts.shared.error_messages import fragment
from melanoma.app.parts.shared.language import say
from melanoma.app.parts.shared.photo import Photo
from melanoma.app.parts.shared.step_layout import text_and_pictures
from melanoma.model.prediction import Prediction


@fragment
def show_framing(photo: Photo, prediction: Prediction) -> None:
    """Show the photo, and the square of few pixels that is left of it."""
    geometry = prediction.geometry
    with text_and_pictures("lesson-framing"):
        whole, seen = st.columns(2)
        whole.image(photo.pixels, width="stretch", alt=say("The photo in view"))
        whole.caption(
            say("The photo: {width} x {height} pixels.", width=geometry.width, height=geometry.height)
        )
        seen.image(prediction.pixels, width="stretch", alt=say("The square that the network sees"))
        seen.caption(
            say(
                "What the network sees: {size} x {size} pixels, each three numbers from 0 to 255. "
                "That is {numbers:,} numbers.",
                size=geometry.size,
                numbers=3 * geometry.size**2,
            )
        )
        row = prediction.pixels[geometry.size // 2, geometry.size // 2]
        st.caption(
            say(
                "The pixel in the middle: red {red}, green {green}, blue {blue}.",
                red=int(row[0]),
                green=int(row[1]),
                blue=int(row[2]),
            )
        )
