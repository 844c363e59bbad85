"""The photo changed by sliders, its answer beside the original's, and the chart along one slider."""

import numpy as np
import streamlit as st

from melanoma.app.parts.shared.chart import show
from melanoma.app.parts.shared.error_messages import fragment
from melanoma.app.parts.shared.language import say
from melanoma.app.parts.shared.link import linked_choice
from melanoma.app.parts.shared.model import classifier
from melanoma.app.parts.shared.photo import Photo
from melanoma.app.parts.what_if.answers import (
    Answer,
    answer_after,
    answer_before,
    answers_along,
    with_region_covered,
)
from melanoma.app.parts.what_if.compare import show_comparison
from melanoma.app.parts.what_if.sliders import choose_changes, choose_cover, offer_undo
from melanoma.diagnoses import diagnosis_of
from melanoma.edits.perturbations import PERTURBATIONS, change_named
from melanoma.figures.perturbations import sweep_lines
from melanoma.model.alert_wording import within_sentence
from melanoma.model.prediction import Prediction
from melanoma.photos.encoding import shrink

_ALONG, _SWEEP = "along", "sweep"
_FIRST = "turn"
_SMALL = 192  # pixels: twice what is shown, for sharp screens


@fragment
def show_changes(photo: Photo) -> None:
    """Draw the sliders and both answers; a change reruns only this."""
    before = answer_before(photo)
    bundle = classifier().bundle
    controls, answers = st.columns([4, 9], gap="large")
    with controls:
        st.header(say("Change the photo"), anchor=False)
        beside = st.container(key="beside-sliders")
        settings = choose_changes()
        inside, fill = choose_cover(*before)
        offer_undo()
    pixels, region = with_region_covered(photo, before[0], inside, fill)
    after = answer_after(photo, pixels, region, settings) if settings or region else before
    with beside:
        _show_beside_sliders(before[1], after)
    with answers:
        show_comparison(before, after, bundle, covered=bool(region))
        along = st.expander(say("Along one slider"), key=_SWEEP, bind="query-params")
        if along.open:  # thirteen answers that a step of a slider does not wait for
            with along:
                _show_along(photo, pixels, region, settings)


def _show_beside_sliders(before: Prediction, after: Answer) -> None:
    """Draw the changed square small with its answer: on a phone it stays in view above the sliders."""
    pixels, prediction = after
    square = shrink(prediction.geometry.part(pixels), _SMALL)
    st.image(square, width=_SMALL // 2, alt=say("After"), output_format="JPEG")
    name = within_sentence(prediction.diagnosis, say)
    likeliest = say("Likeliest: {name}, {probability:.1%}.", name=name, probability=prediction.ranked[0][1])
    melanoma = say(
        "Melanoma {before:.1%} → {after:.1%}.",
        before=before.probability("MEL"),
        after=prediction.probability("MEL"),
    )
    st.caption(f"{likeliest} {melanoma}")


def _show_along(photo: Photo, pixels: np.ndarray, region: str, settings: dict[str, float]) -> None:
    """Draw how each probability moves along one slider, the others where they stand."""
    names = [change.name for change in PERTURBATIONS]
    change = change_named(
        linked_choice(
            st, say("Slider"), names, _FIRST, _ALONG, lambda name: say(change_named(name).control.title)
        )
    )
    bundle = classifier().bundle
    probabilities = answers_along(photo, pixels, region, settings, change)
    melanoma = probabilities[:, bundle.codes.index("MEL")]
    title = say(change.control.title)
    show(
        sweep_lines(
            change.values(),
            probabilities,
            bundle.codes,
            {code: say(diagnosis_of(code).name) for code in bundle.codes},
            settings.get(change.name, change.control.default),
            bundle.alert_threshold,
            f"{title} ({change.unit.strip()})" if change.unit else title,
            say("alert"),
        ),
        key="along-chart",
        alt=say(
            "Probabilities along the slider {title}: melanoma from {low:.1%} to {high:.1%}.",
            title=title,
            low=melanoma.min(),
            high=melanoma.max(),
        ),
    )
    alerts = int((melanoma >= bundle.alert_threshold).sum())
    st.caption(
        say(
            "{count} versions of the photo, the other sliders as they stand; the vertical line is where this "
            "slider is now. Melanoma goes from {low:.1%} to {high:.1%}; {alerts} of {count} give an alert. "
            "Flat lines are what to hope for.",
            count=len(melanoma),
            low=melanoma.min(),
            high=melanoma.max(),
            alerts=alerts,
        )
    )
