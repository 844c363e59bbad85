"""Side by side: the map in view and another photo's, method's, diagnosis' or network's, on one scale."""

from html import escape

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from melanoma.app.parts.examine.compared_sides import Side, on_one_scale, other_view, share_a_scale
from melanoma.app.parts.examine.heatmap import describe_map
from melanoma.app.parts.examine.map_view import MapView
from melanoma.app.parts.shared.chart import show
from melanoma.app.parts.shared.crops import as_cropped
from melanoma.app.parts.shared.diagnosis_names import diagnosis_name, name_and_probability
from melanoma.app.parts.shared.error_messages import fragment
from melanoma.app.parts.shared.gallery import name_in_link, photo_of_link, photos
from melanoma.app.parts.shared.language import format_number, say
from melanoma.app.parts.shared.link import (
    link_decides,
    linked_choice,
    linked_percentage,
    linked_segment,
    put_into_link,
)
from melanoma.app.parts.shared.markdown import escape_markdown
from melanoma.app.parts.shared.model import (
    bundle_named,
    chosen_name,
    classifier,
    classifier_of,
    methods,
    model_names,
)
from melanoma.app.parts.shared.photo import Photo, describe, words_of_missing
from melanoma.app.parts.shared.samples import all_shared_photos
from melanoma.figures.heatmap import scale_figure, scale_values
from melanoma.model.prediction import Prediction

_PHOTO, _METHOD, _DIAGNOSIS, _MODEL = "photo", "method", "diagnosis", "model"
_KINDS = (_PHOTO, _METHOD, _DIAGNOSIS, _MODEL)
_SIDES, _WIPE = "sides", "wipe"
_MISSING = "other-photo-missing"
# The field is for browsers that let no page write to the clipboard (page.js).
_COPY = """<span class="copy"><button type="button" class="copy-link" data-done="{done}">{label}</button>
<input readonly hidden aria-label="{address}"></span>"""


@fragment
def show_comparison(photo: Photo, prediction: Prediction, view: MapView) -> None:
    """Draw the choice of the other side, both maps, their scale, and the link that opens this comparison."""
    first_row = st.columns([3, 3, 2], vertical_alignment="bottom")
    kind, other = _choose_other(photo, prediction, view, first_row[0], first_row[1])
    looks = {_SIDES: say("Side by side"), _WIPE: say("Wipe")}
    with first_row[2]:
        look = linked_segment(say("How it is shown"), list(looks), _SIDES, "look", looks.__getitem__)
    one = Side(photo, prediction, view, _title(kind, photo, view, chosen_name()))
    first, second = on_one_scale(one.view, other.view)
    if look == _WIPE:
        _draw_wipe(one, other, first, second)
    else:
        _draw_sides(one, other, first, second)
    _draw_scale(first, second)
    _draw_words((one, other))
    _draw_link(photo, other.photo)


def _choose_other(
    photo: Photo, prediction: Prediction, view: MapView, left: DeltaGenerator, right: DeltaGenerator
) -> tuple[str, Side]:
    """Draw the choices in two places; return what differs, and the other side."""
    names = {
        _PHOTO: say("Photo"),
        _METHOD: say("Method"),
        _DIAGNOSIS: say("Diagnosis"),
        _MODEL: say("Network"),
    }
    choices = {
        _PHOTO: [
            name
            for found in (*photos(), *all_shared_photos())
            if (name := name_in_link(found)) != name_in_link(photo)
        ],
        _METHOD: [name for name in methods() if name != view.method.name],
        _DIAGNOSIS: [code for code, _ in prediction.ranked if code != view.code],
        _MODEL: [name for name in model_names() if name != chosen_name()],
    }
    offered = [kind for kind in _KINDS if choices[kind]]
    with left:
        kind = linked_segment(say("What differs"), offered, offered[0], "versus", names.__getitem__)
    if not choices[_MODEL]:
        st.caption(say("This server has one network, so there is no other to compare it with."))
    for unused in _KINDS:
        if unused != kind:
            put_into_link(f"other-{unused}", None)
    name = f"other-{kind}"
    if kind == _PHOTO:
        _say_what_is_missing(name, choices[kind])
    label_of = {
        _PHOTO: _photo_label,
        _METHOD: lambda name: say(methods()[name].title),
        _DIAGNOSIS: lambda code: name_and_probability(code, prediction),
        _MODEL: str,
    }
    # Named in any case: what comes first is another photo where other photos are.
    chosen = linked_choice(
        right,
        say("On the right"),
        choices[kind],
        choices[kind][0],
        name,
        label_of[kind],
        always_named=True,
    )
    compared, network, method, code, model = photo, classifier(), view.method, view.code, chosen_name()
    if kind == _PHOTO:
        found = photo_of_link(chosen)
        compared = as_cropped(found) if found else photo
    elif kind == _METHOD:
        method = methods()[chosen]
    elif kind == _DIAGNOSIS:
        code = chosen
    else:
        model = chosen
        network = classifier_of(bundle_named(model))
    answer, mapped = other_view(view, compared, network, method, code)
    return kind, Side(compared, answer, mapped, _title(kind, compared, mapped, model))


def _say_what_is_missing(name: str, offered: list[str]) -> None:
    """Say so if the link names another photo that is not here; the first that is here is shown instead."""
    if link_decides() or name not in st.session_state:
        linked = st.query_params.get(name)
        st.session_state[_MISSING] = linked if linked and linked not in offered else None
    if (missing := st.session_state.get(_MISSING)) and photo_of_link(missing) is None:
        st.caption(words_of_missing(missing))


def _photo_label(name: str) -> str:
    found = photo_of_link(name)
    if found is None:
        return name
    return f"{describe(found)} ({name})" if found.example else describe(found)


def _title(kind: str, photo: Photo, view: MapView, model: str) -> str:
    """Return what stands over a side: what it is beside the other."""
    return {
        _PHOTO: describe(photo),
        _METHOD: say(view.method.title),
        _DIAGNOSIS: diagnosis_name(view.code),
        _MODEL: model,
    }[kind]


def _draw_sides(one: Side, other: Side, first: MapView, second: MapView) -> None:
    with st.container(key="compared-sides", gap="xsmall"):
        _draw_headings(one, other)
        places = st.columns(2, gap="small", wrap=False)
        for place, side, view in zip(places, (one, other), (first, second), strict=True):
            with place:
                _draw_picture(side, view)


def _draw_wipe(one: Side, other: Side, first: MapView, second: MapView) -> None:
    """Draw both pictures on one place: `style.css` cuts one where the slider stands, `page.js` follows it."""
    with st.container(key="compared-by-wipe", gap="xsmall"):
        _draw_headings(one, other)
        with st.container(key="wiped-pair"):
            _draw_picture(other, second)
            _draw_picture(one, first)
        linked_percentage(say("How much of the left one is shown"), 50, "wipe")


def _draw_headings(*sides: Side) -> None:
    for place, side in zip(st.columns(2, gap="small", wrap=False), sides, strict=True):
        answer = name_and_probability(side.view.code, side.prediction)
        place.markdown(f"**{escape_markdown(side.title)}**  \n{answer}")


def _draw_picture(side: Side, view: MapView) -> None:
    st.image(
        view.overlay.picture(),
        width="stretch",
        output_format="JPEG",
        alt=say("{method}: {name}", method=side.title, name=describe_map(side.view, side.prediction)),
    )


def _draw_words(sides: tuple[Side, Side]) -> None:
    for place, side in zip(st.columns(2), sides, strict=True):
        words = [f"**{escape_markdown(side.title)}.** {describe_map(side.view, side.prediction)}"]
        if side.photo.drawn:
            words.append(say("The network never learned from drawings: its answer here means nothing."))
        elif side.photo.example is not None:
            words.append(escape_markdown(side.photo.credit))
        place.caption(" ".join(words))


def _draw_scale(first: MapView, second: MapView) -> None:
    """Draw the one scale of both maps, or, where their values cannot be compared, both scales."""
    if share_a_scale(first.method, second.method):
        units = dict.fromkeys(say(view.method.unit) for view in (first, second))
        bars = [(first, next(iter(units)) if len(units) == 1 else say("Logit units in each cell"))]
        st.caption(say("Both maps have one scale: the same colour is the same number on either side."))
    else:
        bars = [(view, f"{say(view.method.title)}: {say(view.method.unit)}") for view in (first, second)]
        st.caption(
            say(
                "These methods count different things, so each map has a scale of its own: compare where the "
                "colours lie, not how strong they are."
            )
        )
    for place, (number, (view, title)) in zip(st.columns(len(bars)), enumerate(bars), strict=True):
        numbers = ", ".join(format_number(value, "+.2g") for value in scale_values(view.limit, view.signed))
        with place:
            show(
                scale_figure(view.limit, view.signed, title),
                key=f"compared-scale-{number}",
                alt=say("Scale of the colours, {unit}: {numbers}.", unit=title, numbers=numbers),
            )


def _draw_link(photo: Photo, other: Photo) -> None:
    with st.container(key="link-of-comparison", gap="xsmall"):
        st.html(
            _COPY.format(
                label=escape(say("Copy the link to this comparison")),
                done=escape(say("Copied")),
                address=escape(say("The link to this comparison")),
            )
        )
        if photo.own or other.own:
            st.caption(
                say(
                    "A photo that you brought is in no link. Whoever opens this one sees an example in its "
                    "place, and is told so."
                )
            )
        else:
            st.caption(say("Whoever opens it sees what you see here, photos included."))
