"""The heatmap beside the photo, with its controls."""

import streamlit as st

from melanoma.app.parts.examine.map_view import MapView, choose_view
from melanoma.app.parts.shared.chart import fit_height, show
from melanoma.app.parts.shared.default_map import show_no_evidence
from melanoma.app.parts.shared.language import say
from melanoma.app.parts.shared.photo import Photo, describe
from melanoma.diagnoses import diagnosis_of
from melanoma.figures.heatmap import SCALE_HEIGHT, heatmap_figure
from melanoma.measures.lesion_in_view import LesionInView
from melanoma.model.alert_wording import seen_words, within_sentence
from melanoma.model.prediction import Prediction


def show_heatmap(photo: Photo, prediction: Prediction) -> MapView:
    """Draw the controls, the photo and the map beside it; return what is in view."""
    view = choose_view(photo, prediction)
    words = describe_map(view, prediction)
    plain, mapped = st.columns(2)
    with plain, st.container(key="plain"):
        st.image(photo.pixels, width="stretch", alt=describe(photo))
        st.caption(describe_framing(prediction, view.lesion))
    with mapped, st.container(key="map"), st.container(key="overlay"):
        fit_height("map", "overlay", "heatmap", photo.pixels.shape, SCALE_HEIGHT)
        show(
            heatmap_figure(
                photo.pixels,
                view.heatmap,
                prediction.geometry,
                view.limit,
                view.opacity,
                view.signed,
                say(view.method.unit),
                view.contours,
            ),
            key="heatmap",
            height="stretch",
            alt=say("{method} over the photo. {words}", method=say(view.method.title), words=words),
        )
    st.caption(words)
    show_no_evidence(prediction)
    return view


def describe_map(view: MapView, prediction: Prediction) -> str:
    """Return what the map in view says, in one or two sentences."""
    name = within_sentence(view.code, say)
    if view.method.for_comparison:
        return say("This map knows nothing of the network's answer: compare the other methods with it.")
    if not view.heatmap.any() or (not view.signed and view.heatmap.max() <= 0):
        return say("No region speaks for {diagnosis}.", diagnosis=name)
    summed = view.method.sum_in_words(view.request, view.code, view.heatmap, say) if view.signed else None
    if summed:
        message = summed
    elif view.signed:
        message = say("Red regions speak for {name}, blue ones against it.", name=name)
    else:
        message = say("The regions shown speak for {name}; what speaks against it is left out.", name=name)
    inside = view.lesion.share_inside(view.heatmap)
    if inside is not None and view.method.speaks_for:
        message += " " + say(
            "{inside:.0%} of what speaks for it lies inside the lesion's outline.", inside=inside
        )
    return message


def describe_framing(prediction: Prediction, lesion: LesionInView) -> str:
    """Return how the photo became what the network saw."""
    geometry = prediction.geometry
    values = {
        "width": geometry.width,
        "height": geometry.height,
        "side": geometry.side,
        "size": geometry.size,
    }
    if geometry.crops:
        message = (
            say(
                "{width} x {height} pixels. The network saw the centred square of {side} pixels, "
                "resized to {size} x {size}.",
                **values,
            )
            if geometry.centred
            else say(
                "{width} x {height} pixels. The network saw a square of {side} pixels around the lesion, "
                "resized to {size} x {size}.",
                **values,
            )
        )
        message += " " + seen_words(lesion.not_seen, say)
    else:
        message = say(
            "{width} x {height} pixels. The network saw all of it, resized to {size} x {size}.", **values
        )
    return message + " " + say("Metadata such as place and date were dropped.")


def show_map_help(view: MapView) -> None:
    """Draw the help on the map in view."""
    method, rows, columns = view.method, *view.heatmap.shape
    colours = say("Red is where its values are large.")
    if not method.for_comparison and method.speaks_for:
        name = within_sentence(view.code, say)
        colours = say("Red speaks for {name}.", name=name)
        if view.signed:
            colours = say("Red speaks for {name}, blue against it.", name=name)
    sentences = [f"**{say(method.title)}.** {say(method.summary)}", colours]
    if not method.each_diagnosis_costs:
        sentences.append(
            say("The scale is the same for all diagnoses of this photo, so weak evidence looks weak.")
        )
    sentences.append(say("The map has {columns} x {rows} cells, drawn smoothly.", columns=columns, rows=rows))
    if view.lesion.by_hand:
        sentences.append(say("The white line is the outline that you drew."))
    elif view.lesion.contours:
        sentences.append(
            say(
                "The white line is the lesion's outline as the computer finds it, {confidence:.0%} sure; "
                "it can be wrong.",
                confidence=view.lesion.confidence,
            )
        )
    else:
        sentences.append(say("No outline of a lesion was found."))
    sentences.append(say("Source: {paper}.", paper=method.paper))
    with st.popover(say("What am I looking at?"), icon=":material/help:"):
        st.markdown(" ".join(sentences))


def title_of_map(view: MapView) -> str:
    """Return the map's heading."""
    return say("{method}: {name}", method=say(view.method.title), name=say(diagnosis_of(view.code).name))
