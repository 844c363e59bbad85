"""Steps 3 and 5: a class map grows channel by channel, by the head's weights or by Grad-CAM's."""

import numpy as np
import streamlit as st

from melanoma.app.parts.shared.chart import show
from melanoma.app.parts.shared.default_map import show_no_evidence
from melanoma.app.parts.shared.error_messages import fragment
from melanoma.app.parts.shared.language import say
from melanoma.app.parts.shared.link import linked_segment
from melanoma.app.parts.shared.map_chart import show_map
from melanoma.app.parts.shared.model import differentiable_network
from melanoma.app.parts.shared.photo import Photo
from melanoma.app.parts.shared.session_cache import cached_for_photo
from melanoma.app.parts.shared.step_layout import choose_diagnosis, text_and_pictures
from melanoma.diagnoses import diagnosis_of
from melanoma.explain.lesson.contributions import Contributions, counts_to_choose
from melanoma.figures.lesson import growing_sum, map_figure
from melanoma.figures.overlay import Overlay
from melanoma.model.prediction import Prediction

_WIDEST = 400  # pixels of the map
_FIRST = 3  # channels added when the step opens: the sum has begun, and is far from whole


@fragment
def show_class_map(photo: Photo, prediction: Prediction) -> None:
    """Show how the evidence map is built of the last feature maps."""
    if show_no_evidence(prediction):
        return
    with text_and_pictures("lesson-map", channels=differentiable_network().channels):
        code = choose_diagnosis(photo, prediction)
        parts = _parts(photo, prediction, code, None)
        _show_growing(photo, prediction, code, parts)


@fragment
def show_grad_cam(photo: Photo, prediction: Prediction) -> None:
    """Show the same sum at any depth, with mean gradients as weights."""
    network = differentiable_network()
    from melanoma.explain.lesson.feature_maps import depths_of  # with TensorFlow, which is loaded by now

    depths = depths_of(network)
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
        _show_growing(photo, prediction, code, parts, cut=True)


def _show_growing(
    photo: Photo, prediction: Prediction, code: str, parts: Contributions, cut: bool = False
) -> None:
    """Draw the slider, the last channel added, the map so far and the sum so far."""
    count = st.select_slider(
        say("How many channels are added up"),
        counts_to_choose(len(parts.channels)),
        value=_FIRST,
        key=f"added-{len(parts.channels)}",
        persist_state="session",
    )
    limit = float(np.abs(parts.whole).max()) or 1.0  # of the whole map, so that the colours grow with it
    heatmap = parts.sum_of(count)
    shown = np.maximum(heatmap, 0) if cut else heatmap
    so_far, rest = float(parts.totals[:count].sum()), parts.rest(count)
    name = say(diagnosis_of(code).name)
    st.markdown(
        say(
            "{name}: {count} of {all} channels add {so_far:+.2f}; the other {others} add {rest:+.2f}. "
            "Together {total:+.2f}.",
            name=name,
            count=count,
            all=len(parts.channels),
            so_far=so_far,
            others=len(parts.channels) - count,
            rest=rest,
            total=so_far + rest,
        )
    )
    growing, curve = st.columns([6, 5])
    with growing:
        show_map(
            Overlay(photo.pixels, shown, prediction.geometry, limit, signed=not cut),
            say("Logit units in each cell"),
            "growing-map",
            say("The map of {name} so far, {count} channels added.", name=name, count=count),
            _WIDEST,
        )
    with curve:
        show(
            growing_sum(parts, count, say("Channels added")),
            key="growing-sum",
            alt=say("The sum grows to {total:+.2f} as channels are added.", total=so_far + rest),
        )
        if cut:
            removed = float(np.minimum(parts.whole, 0).sum())
            st.caption(
                say("Grad-CAM then drops what is below 0: {removed:+.2f} of the whole map.", removed=removed)
            )
        else:
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
    if count:
        _show_last(parts, count - 1)


def _show_last(parts: Contributions, number: int) -> None:
    """Show the channel added last: its map times its weight."""
    values = {
        "channel": int(parts.channels[number]),
        "weight": float(parts.weights[number]),
        "total": float(parts.totals[number]),
    }
    st.markdown(
        say(
            "**The channel added last:** channel {channel}, weight {weight:+.5f} for each unit of a cell. "
            "Weight times map adds {total:+.3f} in all.",
            **values,
        )
    )
    product = parts.product(number)
    feature, times = st.columns(2)
    with feature:
        show(
            map_figure(
                parts.maps[..., number], float(parts.maps[..., number].max()) or 1.0, say("Feature map")
            ),
            key="last-map",
            alt=say("Feature map of channel {channel}.", **values),
        )
    with times:
        show(
            map_figure(product, float(np.abs(product).max()) or 1.0, say("Weight times map"), signed=True),
            key="last-product",
            alt=say("Weight times map of channel {channel}, {total:+.3f} in all.", **values),
        )


def _parts(photo: Photo, prediction: Prediction, code: str, layer: str | None) -> Contributions:
    """Return what each channel adds, by the head's weights at the last layer or by gradients at `layer`."""

    def compute() -> Contributions:
        network = differentiable_network()
        from melanoma.explain.lesson import class_maps  # with TensorFlow, which is loaded by now

        if layer is None:
            return class_maps.by_weights(network, prediction, code)
        return class_maps.by_gradients(network, prediction, code, layer)

    return cached_for_photo("contributions", photo, (code, layer), compute, most=2)
