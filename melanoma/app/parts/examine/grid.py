"""All diagnoses by several methods at a glance."""

import streamlit as st

from melanoma.app.parts.examine.map_view import cached_maps
from melanoma.app.parts.shared.language import say
from melanoma.app.parts.shared.model import classifier, methods
from melanoma.app.parts.shared.photo import Photo
from melanoma.diagnoses import diagnosis_of
from melanoma.figures.overlay import Overlay, common_range
from melanoma.model.prediction import Prediction

CHEAP = ("evidence", "grad-cam", "grad-cam++", "layer-cam", "edges")
"""At once: they take less than a second together."""
COSTLY = ("occlusion",)
_SHOWN_DIAGNOSES = 9
_WIDTH = 132  # pixels: eight of them fill a wide page, two a telephone
_SIDE = 264  # pixels of each picture: sharp on sharp screens, and a few kilobytes


def show_grid(photo: Photo, prediction: Prediction) -> None:
    """Draw one row of small maps for each method, the likeliest diagnosis first."""
    st.caption(
        say(
            "The same photo for every diagnosis, the likeliest first, by several methods. Each row has one "
            "scale: compare within a row. A row that looks like the edges shows the photo, not reasons."
        )
    )
    rows = [name for name in CHEAP if name in methods()]
    if st.toggle(say("Add the slow method Occlusion (some seconds)"), key="grid-costly", bind="query-params"):
        rows[-1:-1] = COSTLY
    codes = tuple(code for code, _ in prediction.ranked[:_SHOWN_DIAGNOSES])
    for name in rows:
        _draw_row(photo, prediction, name, codes)


def _draw_row(photo: Photo, prediction: Prediction, name: str, codes: tuple[str, ...]) -> None:
    from melanoma.explain.base import ExplanationRequest

    method, network = methods()[name], classifier().compiled
    defaults = {control.name: control.default for control in method.controls(network, prediction.codes)}
    st.markdown(f"**{say(method.title)}**")
    with st.spinner(say("Computing {method}…", method=say(method.title))):
        maps = cached_maps(photo, method, ExplanationRequest(network, prediction, defaults))
    limit = common_range(maps)
    with st.container(horizontal=True, gap="small", key=f"grid-{name}"):
        for code in codes[:1] if method.name == "edges" else codes:
            title = say("every diagnosis") if method.name == "edges" else say(diagnosis_of(code).name)
            st.image(
                Overlay(
                    photo.pixels,
                    maps[..., prediction.index(code)],
                    prediction.geometry,
                    limit,
                    method.signed,
                ).picture(_SIDE),
                width=_WIDTH,
                caption=title,
                output_format="JPEG",
                alt=say("{method}: {name}", method=say(method.title), name=title),
            )
