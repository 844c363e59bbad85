"""The controls of the heatmap, and the map that they choose."""

import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from melanoma.app.parts.examine.outline_by_hand import lesion_by_hand
from melanoma.app.parts.shared.diagnosis_names import name_and_probability
from melanoma.app.parts.shared.language import say
from melanoma.app.parts.shared.link import linked_choice
from melanoma.app.parts.shared.model import classifier, methods
from melanoma.app.parts.shared.one_at_a_time import one_at_a_time
from melanoma.app.parts.shared.photo import Photo
from melanoma.app.parts.shared.session_cache import cached_for_photo
from melanoma.controls import Control, Range
from melanoma.diagnoses import diagnosis_of
from melanoma.figures.heatmap import OPACITY, colour_limit
from melanoma.measures.lesion_in_view import LesionInView, find_lesion_in_view
from melanoma.model.prediction import Prediction

if TYPE_CHECKING:
    from melanoma.explain.base import ExplanationRequest, Method

_MAPS_KEPT = 24


@dataclass(frozen=True)
class MapView:
    """One map, and how it is drawn."""

    method: "Method"
    code: str
    """The diagnosis that the map is of."""
    request: "ExplanationRequest"
    heatmap: np.ndarray
    """float32 (h, w), signed if `signed`."""
    limit: float
    """The end of the colour scale, the same for all diagnoses that come in one call."""
    signed: bool
    opacity: float
    outlined: bool
    lesion: LesionInView

    @property
    def contours(self) -> tuple[np.ndarray, ...]:
        """The outline's lines to draw; none if it is switched off."""
        return self.lesion.contours if self.outlined else ()

    @property
    def key(self) -> tuple:
        """What the heatmap depends on, beside the photo."""
        return (self.method.name, self.code, self.signed, *sorted(self.request.settings.items()))

    @property
    def key_with_outline(self) -> tuple:
        """What the map's measures depend on: the heatmap, and the outline, which the visitor may draw."""
        return (*self.key, zlib.crc32(self.lesion.mask.tobytes()))


def choose_view(photo: Photo, prediction: Prediction) -> MapView:
    """Draw the controls; return the map that they ask for."""
    code, method, settings = _choose_map(photo, prediction)
    opacity, positive, outlined = _choose_drawing(method)
    request = method.request(classifier().compiled, prediction, code, settings)
    if method.cost == "free":
        maps = cached_maps(photo, method, request)
    else:
        with st.spinner(say("Computing {method}…", method=say(method.title))):
            maps = cached_maps(photo, method, request)
    limit = colour_limit(maps)
    heatmap = maps[..., request.codes.index(code)]
    return MapView(
        method=method,
        code=code,
        request=request,
        heatmap=np.maximum(heatmap, 0) if positive else heatmap,
        limit=limit,
        signed=method.signed and not positive,
        opacity=opacity,
        outlined=outlined,
        lesion=cached_lesion(photo, prediction),
    )


def cached_maps(photo: Photo, method: "Method", request: "ExplanationRequest") -> np.ndarray:
    """Return the maps of `request.codes`, (h, w, len(codes)), cached by photo and settings."""

    def compute() -> np.ndarray:
        return method.explain(request)

    return cached_for_photo(
        "maps",
        photo,
        (method.name, request.codes, *sorted(request.settings.items())),
        (lambda: one_at_a_time(compute)) if method.cost == "many passes" else compute,
        most=_MAPS_KEPT,
    )


def cached_lesion(photo: Photo, prediction: Prediction) -> LesionInView:
    """Return the photo's outline: the visitor's own, or the automatic one, which is cached."""
    geometry = prediction.geometry
    return lesion_by_hand(photo, geometry) or cached_for_photo(
        "lesion", photo, "", lambda: find_lesion_in_view(photo.pixels, geometry)
    )


def _choose_map(photo: Photo, prediction: Prediction) -> "tuple[str, Method, dict[str, str | float]]":
    first, second, third = st.columns(3)
    codes = [code for code, _ in prediction.ranked]
    code = linked_choice(
        first,
        say("What speaks for or against"),
        codes,
        codes[0],
        "diagnosis",
        lambda code: name_and_probability(code, prediction),
        owner=photo.key,
    )
    offered = methods()
    name = linked_choice(
        second,
        say("Method"),
        list(offered),
        next(iter(offered)),
        "method",
        lambda name: say(offered[name].title),
    )
    controls = offered[name].controls(classifier().compiled, prediction.codes)
    settings = {
        control.name: _draw_control(third, control, f"{name}-{control.name}", prediction)
        for control in controls
    }
    if not controls:
        third.caption(say("This method has nothing to set."))
    return code, offered[name], settings


def _choose_drawing(method: "Method") -> tuple[float, bool, bool]:
    first, second, third = st.columns(3, vertical_alignment="bottom")
    opacity = first.slider(
        say("Opacity of the colours"), 0.0, 1.0, OPACITY, 0.05, key="opacity", bind="query-params"
    )
    positive = second.toggle(
        say("Only what speaks for it"), key="positive", bind="query-params", disabled=not method.signed
    )
    outlined = third.toggle(say("Outline of the lesion"), value=True, key="outline", bind="query-params")
    return opacity, positive and method.signed, outlined


def _draw_control(place: DeltaGenerator, control: Control, key: str, prediction: Prediction) -> str | float:
    if isinstance(control, Range):
        return place.slider(
            say(control.title),
            float(control.low),
            float(control.high),
            float(control.default),
            float(control.step),
            key=key,
            bind="query-params",
        )

    def show(value: str) -> str:
        return say(diagnosis_of(value).name) if value in prediction.codes else say(value)

    # Layers have one name in the link for all methods: another method at the same layer is a comparison.
    return linked_choice(place, say(control.title), control.values, control.default, control.name, show)
