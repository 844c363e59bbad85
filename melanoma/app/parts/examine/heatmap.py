"""The map in view, the photo beside it, and what both say."""

import streamlit as st

from melanoma.app.parts.examine.map_view import MapView
from melanoma.app.parts.shared.default_map import show_no_evidence
from melanoma.app.parts.shared.language import say
from melanoma.app.parts.shared.map_chart import show_map
from melanoma.app.parts.shared.photo import Photo, describe
from melanoma.diagnoses import diagnosis_of
from melanoma.exports.overlay import whole_photo
from melanoma.measures.lesion_in_view import LesionInView
from melanoma.model.alert_wording import seen_words, within_sentence
from melanoma.model.prediction import Prediction

_WHOLE = (160, 88)  # pixels, width and height at most, of the whole photo beside its square


def show_map_in_view(view: MapView, prediction: Prediction) -> None:
    """Draw the map of the square that the network saw, and what it says."""
    words = describe_map(view, prediction)
    with st.container(key="overlay"):
        show_map(
            view.overlay,
            say(view.method.unit),
            "heatmap",
            say("{method} over the photo. {words}", method=say(view.method.title), words=words),
        )
    st.caption(words)
    show_no_evidence(prediction)


def show_square(photo: Photo, view: MapView, prediction: Prediction) -> None:
    """Draw the square that the network saw as the photo has it, and the whole photo small if that is more."""
    with st.container(key="plain"):
        st.image(view.overlay.square(), width="stretch", alt=describe(photo), output_format="JPEG")
        geometry = prediction.geometry
        if geometry.crops:
            st.image(
                whole_photo(photo.pixels, geometry, _WHOLE),
                alt=say("The whole photo. The frame is what the network saw."),
                output_format="JPEG",
            )
        st.caption(describe_framing(prediction, view.lesion))


def describe_map(view: MapView, prediction: Prediction) -> str:
    """Return what the map in view says, in one or two sentences."""
    name = within_sentence(view.code, say)
    if view.method.for_comparison:
        return say("This map knows nothing of the network's answer: compare the other methods with it.")
    if not view.heatmap.any() or (not view.signed and view.heatmap.max() <= 0):
        return say("No region speaks for {diagnosis}.", diagnosis=name)
    summed = view.method.sum_in_words(view.request, view.code, view.heatmap, say) if view.signed else None
    if summed:
        message = say("Red speaks for {name}, blue against it.", name=name)
    elif view.signed:
        message = say("Red regions speak for {name}, blue ones against it.", name=name)
    else:
        message = say("The regions shown speak for {name}; what speaks against it is left out.", name=name)
    inside = view.lesion.share_inside(view.heatmap)
    if inside is not None and view.method.speaks_for:
        message += " " + say(
            "{inside:.0%} of what speaks for it lies inside the lesion's outline.", inside=inside
        )
    return f"{message} {summed}" if summed else message


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
    sentences.append(say("The photo is grey, so that every colour is the map's."))
    sentences.append(
        say("Lines run at one and two thirds of the scale: whole ones for, dashed ones against.")
        if view.signed
        else say("Lines run at one and two thirds of the scale.")
    )
    sentences.append(
        say("The scale is the same for all diagnoses of this photo, so weak evidence looks weak.")
        if view.one_scale
        else say("The scale is this map's own: compare the numbers below the colours, not the colours.")
    )
    sentences.append(say("The map has {columns} x {rows} cells, drawn smoothly.", columns=columns, rows=rows))
    if view.lesion.by_hand:
        sentences.append(say("The yellow line is the outline that you drew."))
    elif view.lesion.contours:
        sentences.append(
            say(
                "The yellow line is the lesion's outline as the computer finds it, {confidence:.0%} sure; "
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
