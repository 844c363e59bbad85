"""Step 7: what each output looks for."""

import streamlit as st

from melanoma.app.parts.shared.error_messages import fragment
from melanoma.app.parts.shared.language import say
from melanoma.app.parts.shared.model import classifier
from melanoma.app.parts.shared.photo import Photo
from melanoma.app.parts.shared.step_layout import text_and_pictures
from melanoma.batches import sliced
from melanoma.diagnoses import diagnosis_of
from melanoma.explain.looks_for import read_looks_for
from melanoma.model.alert_wording import marked_name
from melanoma.model.prediction import Prediction

_COLUMNS = 4


@fragment
def show_looks_for(photo: Photo, prediction: Prediction) -> None:
    """Show the pictures made ahead for each output, or say how to make them."""
    pictures = read_looks_for(classifier().bundle)
    with text_and_pictures("lesson-looks-for"):
        if not pictures:
            st.info(
                say(
                    "These pictures are not there for this model yet. Whoever runs this page makes them "
                    "once, in a few minutes, with: python -m melanoma looks-for"
                ),
                icon=":material/image_not_supported:",
            )
            return
        codes = [code for code, _ in prediction.ranked]
        for some in sliced(codes, _COLUMNS):
            for code, column in zip(some, st.columns(_COLUMNS), strict=False):
                column.image(
                    pictures[code],
                    width="stretch",
                    alt=say("Made to please the output {name}", name=say(diagnosis_of(code).name)),
                )
                column.caption(marked_name(code, say))
