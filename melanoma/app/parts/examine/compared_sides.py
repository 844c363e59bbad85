"""The two sides of a comparison: the map in view, and one that differs from it in one thing."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from melanoma.app.parts.examine.map_view import MapView
from melanoma.app.parts.examine.outline_by_hand import lesion_by_hand
from melanoma.app.parts.shared.language import say
from melanoma.app.parts.shared.one_at_a_time import one_at_a_time
from melanoma.app.parts.shared.photo import Photo
from melanoma.app.parts.shared.prediction import predict
from melanoma.app.parts.shared.session_cache import cached_for_photo
from melanoma.controls import Control, Setting, Settings
from melanoma.errors import UserError
from melanoma.figures.overlay import common_range, full_range
from melanoma.measures.lesion_in_view import LesionInView, find_lesion_in_view
from melanoma.model.prediction import Prediction

if TYPE_CHECKING:
    from melanoma.explain.base import ExplanationRequest, Method
    from melanoma.model.classifier import Classifier

_CELLS = "logit units in each cell"
"""In the unit of every method whose maps count these, whatever else it says."""


@dataclass(frozen=True)
class Side:
    """A map and what it is of."""

    photo: Photo
    prediction: Prediction
    view: MapView
    title: str
    """What tells it from the other side, in the visitor's language."""


def other_view(
    view: MapView, photo: Photo, network: "Classifier", method: "Method", code: str
) -> tuple[Prediction, MapView]:
    """Return the prediction and the map of another side, drawn as `view` is.

    Raises UserError if the network has no such method or diagnosis.
    """
    from melanoma.explain.registry import offered_methods

    if method.name not in offered_methods(network.compiled):
        raise UserError("The other network cannot be explained by this method. Choose another one above.")
    if code not in network.bundle.codes:
        raise UserError("The other network does not know this diagnosis. Choose another one above.")
    prediction = predict(photo, network)
    settings = settings_for(method.controls(network.compiled, prediction.codes), view.request.settings)
    request = method.request(network.compiled, prediction, code, settings)
    maps = _maps(photo, method, request, network.bundle.version)
    heatmap = maps[..., request.codes.index(code)]
    positive = view.method.signed and not view.signed
    if positive:
        heatmap = np.maximum(heatmap, 0)
    return prediction, replace(
        view,
        photo=photo.pixels,
        method=method,
        code=code,
        request=request,
        heatmap=heatmap,
        limit=common_range(maps) if view.one_scale else full_range(heatmap, maps),
        signed=method.signed and not positive,
        lesion=_lesion(photo, prediction, network.bundle.version),
    )


def settings_for(controls: tuple[Control, ...], wanted: Settings) -> dict[str, Setting]:
    """Return those of the `wanted` settings that the controls have and take: the others are at their default.

    So another method, or another network, is looked at at the same layer where it has that.
    """
    taken: dict[str, Setting] = {}
    for control in controls:
        if control.name in wanted:
            try:
                taken[control.name] = control.read(wanted[control.name])
            except UserError:
                continue
    return taken


def share_a_scale(one: "Method", other: "Method") -> bool:
    """Return True if values of both methods' maps count the same, so that one colour scale fits both."""
    return one.unit == other.unit or all(_CELLS in method.unit.lower() for method in (one, other))


def on_one_scale(one: MapView, other: MapView) -> tuple[MapView, MapView]:
    """Return both maps with one colour scale, as long as the longer one; of different units as they are."""
    if not share_a_scale(one.method, other.method):
        return one, other
    limit, signed = max(one.limit, other.limit), one.signed or other.signed
    return replace(one, limit=limit, signed=signed), replace(other, limit=limit, signed=signed)


def _maps(photo: Photo, method: "Method", request: "ExplanationRequest", version: str) -> np.ndarray:
    """Return the maps of `request.codes`, (h, w, len(codes)), kept apart from those of the photo in view."""

    def compute() -> np.ndarray:
        with st.spinner(say("Computing {method}…", method=say(method.title))):
            return method.explain(request)

    return cached_for_photo(
        "compared-maps",
        photo,
        (version, method.name, request.codes, *sorted(request.settings.items())),
        (lambda: one_at_a_time(compute, method.name)) if method.cost == "many passes" else compute,
    )


def _lesion(photo: Photo, prediction: Prediction, version: str) -> LesionInView:
    geometry = prediction.geometry
    return lesion_by_hand(photo, geometry) or cached_for_photo(
        "compared-lesion", photo, version, lambda: find_lesion_in_view(photo.pixels, geometry)
    )
