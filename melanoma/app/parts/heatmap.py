"""The heatmap over the photo, with its controls."""

from typing import TYPE_CHECKING

import numpy as np
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from melanoma.app.parts.model import classifier, methods
from melanoma.app.parts.photo import Photo
from melanoma.diagnoses import diagnosis_of
from melanoma.explain.controls import Control, Range
from melanoma.plots import MALIGNANT_MARK, OPACITY, colour_limit, heatmap_figure
from melanoma.prediction import Prediction

if TYPE_CHECKING:
    from melanoma.explain.base import Method

_MAPS = "maps"
_ONE_SCALE = "The scale is the same for all diagnoses of this photo, so weak evidence looks weak. "


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
    settings = {
        control.name: _draw_control(right, control, f"{method.name}-{control.name}")
        for control in method.controls(network, prediction.codes)
    }
    opacity = left.slider("Opacity of the colours", 0.0, 1.0, OPACITY, 0.05, key="opacity")

    shown = (code,) if method.each_diagnosis_costs else prediction.codes
    maps = _maps_of(photo, prediction, method.name, settings, shown)
    heatmap = maps[..., shown.index(code)]
    figure = heatmap_figure(
        photo.pixels,
        heatmap,
        prediction.geometry,
        colour_limit(maps),
        opacity,
        method.signed,
        method.unit,
    )
    words = _in_words(code, heatmap, prediction, method)
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
            f"**{method.title}.** {method.summary} {_colours(code, method)} "
            + ("" if method.each_diagnosis_costs else _ONE_SCALE)
            + f"The map has {heatmap.shape[1]} x {heatmap.shape[0]} cells, drawn smoothly. "
            f"Source: {method.paper}."
        )


def _label(code: str, prediction: Prediction) -> str:
    found = diagnosis_of(code)
    mark = f" {MALIGNANT_MARK}" if found.malignant else ""
    return f"{found.name}{mark}, {prediction.probability(code):.1%}"


def _draw_control(column: DeltaGenerator, control: Control, key: str) -> str | float:
    if isinstance(control, Range):
        return column.slider(
            control.title,
            float(control.low),
            float(control.high),
            float(control.default),
            float(control.step),
            key=key,
        )
    return column.selectbox(
        control.title, control.values, index=control.values.index(control.default), key=key
    )


def _maps_of(
    photo: Photo,
    prediction: Prediction,
    method: str,
    settings: dict[str, str | float],
    codes: tuple[str, ...],
) -> np.ndarray:
    """Return the maps of the diagnoses `codes`, computed once for a photo, method and settings."""
    kept = st.session_state.setdefault(_MAPS, {})
    key = (photo.key, method, codes, *sorted(settings.items()))
    if key not in kept:
        if any(known[0] != photo.key for known in kept):
            kept.clear()
        kept[key] = methods()[method].explain(classifier().compiled, prediction, settings, codes)
    return kept[key]


def _colours(code: str, method: "Method") -> str:
    if method.for_comparison:
        return "Red is where its values are large."
    against = ", blue against it" if method.signed else ""
    return f"Red speaks for {diagnosis_of(code).name.lower()}{against}."


def _in_words(code: str, heatmap: np.ndarray, prediction: Prediction, method: "Method") -> str:
    name = diagnosis_of(code).name
    if method.for_comparison:
        return "This map knows nothing of the network's answer: compare the other methods with it."
    if not method.signed:
        return f"The regions shown speak for {name.lower()}; what speaks against it is left out."
    if not method.adds_up:
        return f"Red regions speak for {name.lower()}, blue ones against it."
    from melanoma.explain.evidence import total_against, total_for  # TensorFlow is loaded by now

    index = prediction.index(code)
    return (
        f"{name}: evidence for {total_for(heatmap):+.2f}, against {total_against(heatmap):+.2f}, "
        f"starting value {prediction.bias[index]:+.2f}; "
        f"together the score (logit) {prediction.logits[index]:+.2f}."
    )
