"""Step 6: how a heatmap can flatter, shown with one map that is added to all outputs."""

import cv2
import numpy as np
import streamlit as st

from melanoma.app.parts.examine.map_view import cached_lesion
from melanoma.app.parts.shared.default_map import show_no_evidence
from melanoma.app.parts.shared.error_messages import fragment
from melanoma.app.parts.shared.language import say
from melanoma.app.parts.shared.map_chart import show_map
from melanoma.app.parts.shared.photo import Photo
from melanoma.app.parts.shared.step_layout import choose_diagnosis, text_and_pictures
from melanoma.diagnoses import diagnosis_of
from melanoma.explain.lesson.shared_map import bump, with_shared_map
from melanoma.figures.overlay import Overlay, full_range
from melanoma.measures.lesion_in_view import LesionInView
from melanoma.model.alert_wording import within_sentence
from melanoma.model.prediction import Prediction

_WIDEST = 300  # pixels of a map
_MOST = 3.0  # of the raw maps' strongest cell


@fragment
def show_flattery(photo: Photo, prediction: Prediction) -> None:
    """Show raw class map and evidence map side by side while one map is added to all outputs."""
    if show_no_evidence(prediction):
        return
    lesion = cached_lesion(photo, prediction)
    with text_and_pictures("lesson-flattery"):
        code = choose_diagnosis(photo, prediction)
        added = st.slider(
            say("A map added to all outputs alike, in multiples of the strongest cell"),
            -_MOST,
            _MOST,
            0.0,
            0.5,
            key="shared-map",
            bind="query-params",
        )
        raw = prediction.require_class_maps()
        index, height = prediction.index(code), added * float(np.abs(raw).max())
        changed = with_shared_map(prediction, bump(_region(lesion.mask, raw.shape[:2]), height))
        name = say(diagnosis_of(code).name)
        st.markdown(
            say(
                "{name}: {probability:.1%}, with or without the added map. Log-odds {log_odds:+.2f}.",
                name=name,
                probability=changed.probability(code),
                log_odds=changed.log_odds[index],
            )
        )
        st.latex(r"p_k=\frac{e^{s_k+m}}{\sum_j e^{s_j+m}}=\frac{e^{s_k}}{\sum_j e^{s_j}}")
        maps = (
            ("raw", say("Raw class map"), changed.require_class_maps()),
            ("evidence", say("Evidence map"), changed.require_evidence()),
        )
        for column, (key, title, every) in zip(st.columns(2), maps, strict=True):
            with column:
                st.markdown(f"**{title}**")
                heatmap = every[..., index]
                limit = full_range(heatmap, every)
                show_map(
                    Overlay(photo.pixels, heatmap, prediction.geometry, limit, signed=True),
                    say("Logit units in each cell"),
                    f"flattery-{key}",
                    say("{method}: {name}", method=title, name=name),
                    _WIDEST,
                )
                _say_where(lesion, heatmap, code)


def _say_where(lesion: LesionInView, heatmap: np.ndarray, code: str) -> None:
    if heatmap.max() <= 0:
        st.caption(say("No region speaks for {diagnosis}.", diagnosis=within_sentence(code, say)))
        return
    inside = lesion.share_inside(heatmap)
    if inside is not None:
        st.caption(say("{inside:.0%} of what speaks for it lies inside the lesion's outline.", inside=inside))


def _region(mask: np.ndarray, grid: tuple[int, int]) -> np.ndarray:
    """Return the share of each cell of a grid (h, w) that lies inside; the middle where nothing does."""
    inside = mask if mask.any() else np.pad(np.ones(np.array(mask.shape) // 2), np.array(mask.shape) // 4)
    return cv2.resize(inside.astype(np.float32), grid[::-1], interpolation=cv2.INTER_AREA)
