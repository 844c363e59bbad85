"""Step 2: feature maps at several depths."""

from typing import TYPE_CHECKING, Any

import streamlit as st

from melanoma.app.parts.shared.chart import show
from melanoma.app.parts.shared.error_messages import fragment
from melanoma.app.parts.shared.language import say
from melanoma.app.parts.shared.link import linked_segment
from melanoma.app.parts.shared.model import classifier, network_with_keras
from melanoma.app.parts.shared.photo import Photo
from melanoma.app.parts.shared.session_cache import cached_for_photo
from melanoma.app.parts.shared.step_layout import text_and_pictures
from melanoma.figures.lesson import map_figure, tiles_figure
from melanoma.model.prediction import Prediction

if TYPE_CHECKING:
    from melanoma.explain.lesson.feature_maps import Depth

_TILES, _CHANNEL = "feature-tiles", "feature-rank"


@fragment
def show_features(photo: Photo, prediction: Prediction) -> None:
    """Show the strongest maps of one depth as tiles, and the chosen one enlarged."""
    from melanoma.explain.lesson.feature_maps import backbone_of

    network = classifier().compiled
    depths = depths_of(photo, prediction)
    backbone, source = network.built_once("backbone", lambda: backbone_of(network)), ""
    if backbone:
        title, citation = backbone
        source = " " + say("The network: {title}, {citation}.", title=title, citation=citation)
    with text_and_pictures("lesson-features", layers=network.convolutions, network=source):
        number = linked_segment(
            say("Depth"),
            list(range(1, len(depths) + 1)),
            1,
            "depth",
            lambda place: f"{place}: {depths[place - 1].maps.shape[1]} x {depths[place - 1].maps.shape[0]}",
            wrap=True,
            help=say(
                "1 is next to the pixels, {last} next to the answer. The numbers are the map's cells.",
                last=len(depths),
            ),
        )
        depth = depths[number - 1]
        ranks = list(range(1, len(depth.channels) + 1))
        rank = st.selectbox(
            say("Map to enlarge: choose here, or click one below"),
            ranks,
            format_func=lambda rank: say(
                "{rank}: channel {channel}", rank=rank, channel=depth.channels[rank - 1]
            ),
            key=_CHANNEL,
            persist_state="session",
        )
        tiles, large = st.columns([6, 5])
        names = [say("channel {channel}", channel=channel) for channel in depth.channels]
        with tiles:
            show(
                tiles_figure(depth.maps, names, rank - 1, say("Activation")),
                key=_TILES,
                alt=say(
                    "The {count} feature maps that vary most at depth {depth}, as tiles. Framed: {name}.",
                    count=len(ranks),
                    depth=number,
                    name=names[rank - 1],
                ),
                on_select=_on_click,
                selection_mode="points",
            )
        with large:
            heatmap = depth.maps[..., rank - 1]
            show(
                map_figure(heatmap, float(depth.maps.max()) or 1.0, say("Activation")),
                key="feature-large",
                alt=say("Feature map enlarged: {name}.", name=names[rank - 1]),
            )
        st.caption(
            say(
                "Depth {depth}: {total} channels of {width} x {height} cells; the {count} that vary most "
                "over this photo are shown, on one scale. Bright cells answered strongly.",
                depth=number,
                total=depth.total,
                width=depth.maps.shape[1],
                height=depth.maps.shape[0],
                count=len(ranks),
            )
        )


def depths_of(photo: Photo, prediction: Prediction) -> "tuple[Depth, ...]":
    """Return the strongest feature maps of the photo at each depth, computed once."""

    def compute() -> Any:
        from melanoma.explain.lesson.feature_maps import feature_maps

        return feature_maps(network_with_keras(), prediction.pixels)

    return cached_for_photo("depths", photo, (), compute)


def _on_click() -> None:
    points = st.session_state[_TILES].selection.points
    if points:
        st.session_state[_CHANNEL] = points[0]["point_index"] + 1
