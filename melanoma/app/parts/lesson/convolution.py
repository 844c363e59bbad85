"""Step 2, first: one filter of the first layer over the photo, which the browser computes by itself."""

import base64
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st

from melanoma.app.parts.lesson.feature_maps import depths_of
from melanoma.app.parts.shared.component import own_component
from melanoma.app.parts.shared.error_messages import fragment
from melanoma.app.parts.shared.language import format_number, number_separators, say
from melanoma.app.parts.shared.model import classifier, network_with_keras
from melanoma.app.parts.shared.photo import Photo
from melanoma.app.parts.shared.session_cache import cached_for_photo
from melanoma.app.parts.shared.step_layout import text_and_pictures
from melanoma.errors import UserError
from melanoma.figures.lesson import scale_colours
from melanoma.model.prediction import Prediction

if TYPE_CHECKING:
    from melanoma.explain.lesson.feature_maps import Depth
    from melanoma.explain.lesson.first_layer import FirstLayer, Pooling, Rectifier

_COLOUR = """<div class="{name}"><span class="name" data-words="{name}"></span>
<div class="cells given"></div>×<div class="cells weights"></div>=<span class="sum"></span></div>"""
_HTML = f"""<div class="own convolution">
<div class="bar"><label><span data-words="choose"></span> <select></select></label>
<button type="button" class="play"></button></div>
<p class="told"></p>
<div class="maps">
<figure><div class="board photo" role="img"><canvas></canvas><i></i></div>
<figcaption data-words="about_photo"></figcaption></figure>
<figure><div class="board sums" tabindex="0" role="application"><canvas></canvas><i></i></div>
<figcaption data-words="about_sums"></figcaption></figure>
<figure class="after"><div class="board answers"><canvas></canvas><i></i></div>
<figcaption data-words="about_answers"></figcaption></figure>
<figure class="pooling"><div class="board last"><canvas></canvas><i></i></div>
<figcaption data-words="about_last"></figcaption></figure>
</div>
<div class="products">{"".join(_COLOUR.format(name=name) for name in ("red", "green", "blue"))}</div>
</div>"""
_BOARD = own_component("melanoma-convolution", _HTML, Path(__file__).with_name("convolution"), controls=True)


@fragment
def show_convolution(photo: Photo, prediction: Prediction) -> None:
    """Show a filter of the first layer on what the network sees, or why this network has none to show."""
    from melanoma.explain.lesson.first_layer_task import first_layer_of

    network = classifier().compiled
    try:
        layer = network.built_once("first layer", lambda: first_layer_of(network_with_keras()))
    except UserError as error:
        st.info(error.sentence.said(say), icon=":material/filter_none:")
        return
    folded = say(", batch normalisation multiplied into them") if layer.normalised else ""
    with text_and_pictures("lesson-convolution", folded=folded):
        last = depths_of(photo, prediction)[-1] if network.additive else None
        data = cached_for_photo("convolution", photo, (), lambda: numbers(layer, prediction.pixels, last))
        _BOARD(
            key="convolution",
            data=data
            | {
                "owner": f"{photo.key} {classifier().bundle.version}",
                "words": _words(layer, last),
                "decimal": number_separators()[0],
            },
        )
        st.latex(formula(layer))


def numbers(layer: "FirstLayer", pixels: np.ndarray, last: "Depth | None") -> dict[str, Any]:
    """Return what the browser computes with, ready for JSON.

    `pixels` is what the network sees, uint8 (S, S, 3). `last` is the last depth of a network that takes the
    mean of its last maps. The first filter to be shown is the one whose map changes most from cell to cell,
    as at edges, at the cell where it answers most.
    """
    sums = layer.sums(pixels)
    maps = layer.rectified(sums)
    changes = [np.abs(np.diff(maps, axis=axis)).mean(axis=(0, 1)) for axis in range(2)]
    chosen = int(np.sum(changes, axis=0).argmax())
    brightest = np.unravel_index(int(sums[..., chosen].argmax()), layer.shape)
    kernels = np.ascontiguousarray(np.moveaxis(layer.kernels, -1, 0), dtype="<f4")
    return {
        "size": len(pixels),
        "pixels": base64.b64encode(np.ascontiguousarray(pixels).tobytes()).decode(),
        "scale": layer.scale.tolist(),
        "offset": layer.offset.tolist(),
        "kernel": list(layer.kernels.shape[:2]),
        "weights": base64.b64encode(kernels.tobytes()).decode(),
        "biases": layer.biases.tolist(),
        "stride": list(layer.stride),
        "dilation": list(layer.dilation),
        "before": list(layer.before),
        "shape": list(layer.shape),
        "rectifier": asdict(layer.rectifier) if layer.rectifier else None,
        "pooling": asdict(layer.pooling) if layer.pooling else None,
        "last": None if last is None else _last(last),
        "filter": chosen,
        "at": [int(place) for place in brightest],
        "colours": scale_colours(),
    }


def formula(layer: "FirstLayer") -> str:
    """Return what one cell is, in LaTeX: the sum over the patch, and what becomes of it."""
    height, width = layer.kernels.shape[:2]
    places = (
        rf"\sum_{{c \in \{{R,G,B\}}}}\;\sum_{{i=1}}^{{{height}}}\sum_{{j=1}}^{{{width}}} w_{{cij}}\,x_{{cij}}"
    )
    rectifier = layer.rectifier
    if rectifier is None:
        return f"y = b + {places}"
    kept = r"\max(0, y)" if not rectifier.slope else rf"\max({rectifier.slope:g}\,y,\; y)"
    if rectifier.ceiling is not None:
        kept = rf"\min({rectifier.ceiling:g},\; {kept})"
    return rf"\begin{{gathered}} y = b + {places} \\ a = {kept} \end{{gathered}}"


def name_of(rectifier: "Rectifier") -> str:
    """Return what the function is called."""
    if rectifier.slope:
        return "Leaky ReLU"
    return "ReLU" if rectifier.ceiling is None else f"ReLU{rectifier.ceiling:g}"


def _last(last: "Depth") -> dict[str, Any]:
    strongest = last.maps[..., 0]
    return {
        "rows": strongest.shape[0],
        "columns": strongest.shape[1],
        "values": [round(float(value), 4) for value in strongest.ravel()],
    }


def _words(layer: "FirstLayer", last: "Depth | None") -> dict[str, str]:
    """Return the sentences of the pictures; what stands in {braces} is filled in by the browser."""
    rows, columns = layer.shape
    name = name_of(layer.rectifier) if layer.rectifier else ""
    return {
        "choose": say("Filter"),
        "filter": say("filter {number}"),
        "play": say("Play: fill the map cell by cell"),
        "stop": say("Stop"),
        "red": say("Red"),
        "green": say("Green"),
        "blue": say("Blue"),
        "outside": say("Outside of the picture: 0"),
        "photo": say("The square that the network sees"),
        "board": say("The filter's map. Arrow keys move the patch by a cell, with Shift by eight."),
        "about_photo": say("What the network sees, and in it the patch. Point at a place, or tap it."),
        "about_sums": _about_sums(layer),
        "about_answers": say(
            "After {name}: {rows} x {columns} cells. Bright cells answered strongly.",
            name=name,
            rows=rows,
            columns=columns,
        ),
        "about_last": _about_pooling(layer.pooling) if layer.pooling else _about_mean(last),
        "sum": say(
            "Row {row}, column {column}: red {red}, green {green}, blue {blue} and the bias {bias} "
            "make {sum}."
        ),
        "rectifier": name,
        "rectified": say("{rectifier} makes {answer} of it."),
        "pooled": _pooled(layer.pooling) if layer.pooling else "",
    }


def _about_sums(layer: "FirstLayer") -> str:
    down, right = layer.stride
    words = say("The filter's map: orange above 0, purple below.")
    if (down, right) != (1, 1):
        words += " " + say(
            "The filter moves {stride} pixels at a time, so the map has {rows} x {columns} cells.",
            stride=right,
            rows=layer.shape[0],
            columns=layer.shape[1],
        )
    if layer.rectifier is None:
        words += " " + say("What the network does to these numbers next is not drawn here.")
    return words


def _about_pooling(pooling: "Pooling") -> str:
    values = {"rows": pooling.window[0], "columns": pooling.window[1]}
    down, right = pooling.shape
    if pooling.largest:
        words = say("Max pooling: of each {rows} x {columns} cells the largest stays.", **values)
    else:
        words = say("Average pooling: of each {rows} x {columns} cells the mean stays.", **values)
    return words + " " + say("{rows} x {columns} cells are left.", rows=down, columns=right)


def _pooled(pooling: "Pooling") -> str:
    return (
        say("Its window's largest is {pooled}.") if pooling.largest else say("Its window's mean is {pooled}.")
    )


def _about_mean(last: "Depth | None") -> str:
    if last is None:
        return ""
    return say(
        "No pooling comes next. At the end of all layers there is one: of each last map, here channel "
        "{channel} of {total}, the mean stays, {mean}.",
        channel=last.channels[0],
        total=last.total,
        mean=format_number(float(last.maps[..., 0].mean()), ".3f"),
    )
