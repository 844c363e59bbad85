"""The controls of the heatmap, and the map that they choose."""

import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

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
from melanoma.figures.overlay import Overlay, common_range, full_range
from melanoma.measures.lesion_in_view import LesionInView, find_lesion_in_view
from melanoma.model.prediction import Prediction

if TYPE_CHECKING:
    from melanoma.explain.base import ExplanationRequest, Method

_MAPS_KEPT = 24


@dataclass(frozen=True)
class MapView:
    """One map, and how it is drawn."""

    photo: np.ndarray
    """uint8 RGB (H, W, 3)."""
    method: "Method"
    code: str
    """The diagnosis that the map is of."""
    request: "ExplanationRequest"
    heatmap: np.ndarray
    """float32 (h, w), signed if `signed`."""
    limit: float
    """The end of the colour scale."""
    one_scale: bool
    """True if that is the same for all diagnoses that come in one call, to compare them."""
    signed: bool
    in_colour: bool
    """True if the map lies on the photo's own colours."""
    outlined: bool
    lesion: LesionInView

    @property
    def overlay(self) -> Overlay:
        """The map over its photo, with the lesion's outline unless that is switched off."""
        outline = self.lesion.contours if self.outlined else ()
        geometry = self.request.prediction.geometry
        return Overlay(self.photo, self.heatmap, geometry, self.limit, self.signed, outline, self.in_colour)

    @property
    def key(self) -> tuple:
        """What the heatmap depends on, beside the photo."""
        return (self.method.name, self.code, self.signed, *sorted(self.request.settings.items()))

    @property
    def key_with_outline(self) -> tuple:
        """What the map's measures depend on: the heatmap, and the outline, which the visitor may draw."""
        return (*self.key, zlib.crc32(self.lesion.mask.tobytes()))


def choose_view(
    photo: Photo, prediction: Prediction, place: DeltaGenerator, buttons: DeltaGenerator
) -> MapView:
    """Draw the controls; return the map that they ask for.

    The diagnosis and the method go to `place`; what is rarely asked for goes behind one button in `buttons`.
    """
    code, method = _choose_map(photo, prediction, place)
    with buttons, st.popover(say("Settings"), icon=":material/tune:", key="map-settings"):
        settings = _choose_settings(method, prediction)
        drawing = _choose_drawing(method)
    request = method.request(classifier().compiled, prediction, code, settings)
    if method.cost == "free":
        maps = cached_maps(photo, method, request)
    else:
        with st.spinner(say("Computing {method}…", method=say(method.title))):
            maps = cached_maps(photo, method, request)
    heatmap = maps[..., request.codes.index(code)]
    if drawing.positive:
        heatmap = np.maximum(heatmap, 0)
    return MapView(
        photo=photo.pixels,
        method=method,
        code=code,
        request=request,
        heatmap=heatmap,
        limit=common_range(maps) if drawing.one_scale else full_range(heatmap, maps),
        one_scale=drawing.one_scale,
        signed=method.signed and not drawing.positive,
        in_colour=drawing.in_colour,
        outlined=drawing.outlined,
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
        (lambda: one_at_a_time(compute, method.name)) if method.cost == "many passes" else compute,
        most=_MAPS_KEPT,
    )


def cached_lesion(photo: Photo, prediction: Prediction) -> LesionInView:
    """Return the photo's outline: the visitor's own, or the automatic one, which is cached."""
    geometry = prediction.geometry
    return lesion_by_hand(photo, geometry) or cached_for_photo(
        "lesion", photo, "", lambda: find_lesion_in_view(photo.pixels, geometry)
    )


def _choose_map(photo: Photo, prediction: Prediction, place: DeltaGenerator) -> "tuple[str, Method]":
    offered = methods()
    codes = [code for code, _ in prediction.ranked]
    first, second = place.columns(2, gap="small", wrap=False)
    code = linked_choice(
        first,
        say("What speaks for or against"),
        codes,
        codes[0],
        "diagnosis",
        lambda code: name_and_probability(code, prediction),
        owner=photo.key,
    )
    name = linked_choice(
        second,
        say("Method"),
        list(offered),
        next(iter(offered)),
        "method",
        lambda name: say(offered[name].title),
    )
    return code, offered[name]


def _choose_settings(method: "Method", prediction: Prediction) -> dict[str, str | float]:
    return {
        control.name: _draw_control(control, f"{method.name}-{control.name}", prediction)
        for control in method.controls(classifier().compiled, prediction.codes)
    }


@dataclass(frozen=True)
class _Drawing:
    """How the visitor wants a map drawn."""

    positive: bool
    outlined: bool
    in_colour: bool
    one_scale: bool


def _choose_drawing(method: "Method") -> _Drawing:
    def chosen(label: str, key: str, default: bool = False, **options: Any) -> bool:
        return st.toggle(label, value=default, key=key, bind="query-params", **options)

    positive = chosen(say("Only what speaks for it"), "positive", disabled=not method.signed)
    outlined = chosen(say("Outline of the lesion"), "outline", default=True)
    in_colour = chosen(say("On the colour photo"), "colour")
    one_scale = chosen(say("One scale for all diagnoses"), "one-scale", disabled=method.each_diagnosis_costs)
    return _Drawing(
        positive and method.signed, outlined, in_colour, one_scale and not method.each_diagnosis_costs
    )


def _draw_control(control: Control, key: str, prediction: Prediction) -> str | float:
    if isinstance(control, Range):
        return st.slider(
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
    return linked_choice(st, say(control.title), control.values, control.default, control.name, show)
