"""The heatmap over the photo, with its controls."""

import numpy as np
import streamlit as st

from melanoma.app.parts.model import classifier, methods
from melanoma.app.parts.photo import Photo
from melanoma.diagnoses import diagnosis_of
from melanoma.plots import MALIGNANT_MARK, OPACITY, colour_limit, heatmap_figure
from melanoma.prediction import Prediction

_MAPS = "maps"


@st.fragment
def show_heatmap(photo: Photo, prediction: Prediction) -> None:
    """Draw the controls and the map; a change reruns only this, and the network only for a new layer."""
    codes = [code for code, _ in prediction.ranked]
    left, right = st.columns(2)
    code = left.selectbox(
        "What speaks for or against",
        codes,
        format_func=lambda code: _label(code, prediction),
        key=f"diagnosis-{photo.key}",
    )
    offered = methods()
    method = offered[
        right.selectbox("Method", list(offered), format_func=lambda name: offered[name].title, key="method")
    ]
    network = classifier().compiled
    settings = {}
    for control in method.controls(network):
        settings[control.name] = right.selectbox(
            control.title,
            control.values,
            index=control.values.index(control.default),
            key=f"{method.name}-{control.name}",
        )
    opacity = left.slider("Opacity of the colours", 0.0, 1.0, OPACITY, 0.05, key="opacity")

    maps = _maps_of(photo, prediction, method.name, settings)
    heatmap = maps[..., prediction.index(code)]
    figure = heatmap_figure(
        photo.pixels,
        heatmap,
        prediction.geometry,
        colour_limit(maps),
        opacity,
        method.signed,
        "Evidence, logit units in each cell",
    )
    words = _in_words(code, heatmap, prediction, method.signed)
    with st.container(key="overlay"):
        st.plotly_chart(
            figure,
            key="heatmap",
            config={"displayModeBar": False},
            alt=f"{method.title} over the photo. {words}",
        )
    st.caption(words)
    with st.popover("What am I looking at?", icon=":material/help:"):
        st.markdown(
            f"**{method.title}.** {method.summary} Red speaks for {diagnosis_of(code).name.lower()}"
            + (", blue against it" if method.signed else "")
            + ". The scale is the same for all eight diagnoses of this photo, so weak evidence looks weak. "
            f"The map has {heatmap.shape[1]} x {heatmap.shape[0]} cells, drawn smoothly. "
            f"Source: {method.paper}."
        )


def _label(code: str, prediction: Prediction) -> str:
    found = diagnosis_of(code)
    mark = f" {MALIGNANT_MARK}" if found.malignant else ""
    return f"{found.name}{mark}, {prediction.probability(code):.1%}"


def _maps_of(photo: Photo, prediction: Prediction, method: str, settings: dict[str, str]) -> np.ndarray:
    """Return the maps of all diagnoses, computed once for a photo, method and settings."""
    kept = st.session_state.setdefault(_MAPS, {})
    key = (photo.key, method, *sorted(settings.items()))
    if key not in kept:
        if any(known[0] != photo.key for known in kept):
            kept.clear()
        kept[key] = methods()[method].explain(classifier().compiled, prediction, settings)
    return kept[key]


def _in_words(code: str, heatmap: np.ndarray, prediction: Prediction, signed: bool) -> str:
    name = diagnosis_of(code).name
    favour = float(np.maximum(heatmap, 0).sum())
    if not signed:
        return f"The regions shown speak for {name.lower()}; what speaks against it is left out."
    against = float(np.minimum(heatmap, 0).sum())
    index = prediction.index(code)
    return (
        f"{name}: evidence for {favour:+.2f}, against {against:+.2f}, "
        f"starting value {prediction.bias[index]:+.2f}; "
        f"together the score (logit) {prediction.logits[index]:+.2f}."
    )
