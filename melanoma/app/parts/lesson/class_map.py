"""Steps 3 and 5: a class map grows channel by channel, by the head's weights or by Grad-CAM's."""

from collections.abc import Callable
from typing import Any

import numpy as np
import streamlit as st

from melanoma.app.parts.lesson.growing import show_growing, stops_of
from melanoma.app.parts.shared.default_map import show_no_evidence
from melanoma.app.parts.shared.error_messages import fragment
from melanoma.app.parts.shared.formula import in_formula
from melanoma.app.parts.shared.language import format_number, language, say
from melanoma.app.parts.shared.link import linked_segment
from melanoma.app.parts.shared.model import classifier, network_with_keras
from melanoma.app.parts.shared.photo import Photo
from melanoma.app.parts.shared.session_cache import cached_for_photo
from melanoma.app.parts.shared.step_layout import choose_diagnosis, text_and_pictures
from melanoma.explain.lesson.contributions import Contributions
from melanoma.model.prediction import Prediction

_GRAD_CAM = (
    r"\begin{gathered} \alpha_c=\frac{1}{n}\sum_{x,y}\frac{\partial L_k}{\partial A_c(x,y)} \\"
    r" M_k(x,y)=\max\Bigl(0,\;\sum_c \alpha_c\,A_c(x,y)\Bigr) \end{gathered}"
)


@fragment
def show_class_map(photo: Photo, prediction: Prediction) -> None:
    """Show how the evidence map is built of the last feature maps."""
    if show_no_evidence(prediction):
        return
    with text_and_pictures("lesson-map", channels=classifier().compiled.channels):
        code = choose_diagnosis(photo, prediction)
        parts = _parts(photo, prediction, code, None)
        _show_stops(photo, prediction, code, parts, None)
        st.latex(_evidence_formula(prediction, parts))
        index = prediction.index(code)
        st.caption(
            say(
                "With the starting value {start:+.2f} and the division of the others {division:+.2f} "
                "that makes log-odds of {log_odds:+.2f}: step 4 goes on from there.",
                start=prediction.starting_values[index],
                division=-prediction.division[index],
                log_odds=prediction.log_odds[index],
            )
        )


@fragment
def show_grad_cam(photo: Photo, prediction: Prediction) -> None:
    """Show the same sum at any depth, with mean gradients as weights."""
    from melanoma.explain.lesson.feature_maps import depths_of

    network = classifier().compiled
    depths = network.built_once("depths of the lesson", lambda: depths_of(network_with_keras()))
    with text_and_pictures("lesson-grad-cam"):
        left, right = st.columns(2)
        with left:
            code = choose_diagnosis(photo, prediction)
        with right:
            depth = linked_segment(
                say("Depth"),
                list(range(1, len(depths) + 1)),
                len(depths),
                "cam-depth",
                str,
                wrap=True,
                help=say(
                    "The depths of step 2: 1 is next to the pixels, {last} next to the answer.",
                    last=len(depths),
                ),
            )
        with st.spinner(say("Computing the slopes…"), show_time=False):
            parts = _parts(photo, prediction, code, depths[depth - 1])
        _show_stops(photo, prediction, code, parts, depths[depth - 1])
        st.latex(_GRAD_CAM)
        removed = float(np.minimum(parts.whole, 0).sum())
        st.caption(
            say("Grad-CAM then drops what is below 0: {removed:+.2f} of the whole map.", removed=removed)
        )


def _show_stops(
    photo: Photo, prediction: Prediction, code: str, parts: Contributions, layer: str | None
) -> None:
    """Draw the map as it grows, whole at first; Grad-CAM's at `layer` without what is below 0."""
    cut = layer is not None
    key, version = (code, layer, language()), classifier().bundle.version

    def compute() -> dict[str, Any]:
        return stops_of(photo.pixels, prediction, code, parts, cut)

    if photo.own:
        stops = cached_for_photo("growing", photo, key, compute, most=2)
    else:
        stops = _stops_of_example((photo.key, version, *key), compute)
    show_growing(stops, f"{photo.key} {version} {code} {layer}")


# The pictures take a quarter of a second, and a class opens them on one photo at once. No ttl: nothing here
# shows a visitor's photo.
@st.cache_data(max_entries=16, show_spinner=False)
def _stops_of_example(key: tuple, _compute: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """Return what `compute` returns, kept for all visitors, of a photo that all of them see."""
    return _compute()


def _evidence_formula(prediction: Prediction, parts: Contributions) -> str:
    """Return the evidence map's sum, in LaTeX, with this network's channels, cells and temperature."""
    rows, columns, channels = parts.maps.shape
    temperature = in_formula(format_number(prediction.calibration.temperature, ".2f"))
    return (
        rf"\begin{{gathered}} E_k(x,y)=\sum_{{c=1}}^{{{channels}}} u_c\,A_c(x,y) \\"
        r" u_c=\frac{1}{n\,T}\Bigl(w_{kc}-\sum_{j\neq k} q_j\,w_{jc}\Bigr) \\ q_j=\frac{p_j}{1-p_k} \\"
        rf" n={rows}\cdot{columns}\qquad T={temperature} \end{{gathered}}"
    )


def _parts(photo: Photo, prediction: Prediction, code: str, layer: str | None) -> Contributions:
    """Return what each channel adds, by the head's weights at the last layer or by gradients at `layer`."""

    def compute() -> Contributions:
        from melanoma.explain.lesson import class_maps

        network = network_with_keras()
        if layer is None:
            return class_maps.by_weights(network, prediction, code)
        return class_maps.by_gradients(network, prediction, code, layer)

    return cached_for_photo("contributions", photo, (code, layer), compute, most=2)
