"""Laboratory: plant a shortcut in photos, fit a head to them, catch it and mend it."""

from dataclasses import replace

import streamlit as st

from melanoma.app.parts.laboratory.controls import choose_settings, offer_presets
from melanoma.app.parts.laboratory.fitting import bench
from melanoma.app.parts.laboratory.methods import show_methods
from melanoma.app.parts.laboratory.result import (
    show_accuracies,
    show_maps,
    show_verdict,
    show_what_was_fitted,
)
from melanoma.app.parts.laboratory.tries import add_try, show_tries
from melanoma.app.parts.shared.error_messages import show_user_errors
from melanoma.app.parts.shared.language import say, text
from melanoma.app.parts.shared.model import chosen_bundle
from melanoma.app.parts.shared.ways_on import lead_on
from melanoma.laboratory.trial import NO_MEND


@show_user_errors()
def page() -> None:
    """Draw the page."""
    st.title(say("Does it look at the lesion?"), anchor=False)
    st.markdown(text("laboratory"))
    offer_presets()
    verdict = st.container()  # above the controls, so that a phone shows it beside the presets
    controls, results = st.columns([4, 9], gap="large")
    with controls:
        settings = choose_settings()
    with results, show_user_errors():
        at_work = bench(settings.source, settings.depth)
        plans = [settings.plan]
        if settings.plan.mend != NO_MEND and settings.plan.planted:
            plans.append(replace(settings.plan, mend=NO_MEND))
        with verdict:
            outcome, *others = at_work.run(plans)
            without_mend = others[0] if others else None
            show_verdict(outcome, without_mend)
        show_accuracies(outcome, without_mend)
        show_maps(settings, at_work.store.lesions, at_work.credits, outcome, without_mend)
        show_what_was_fitted(settings, outcome)
        add_try(settings, chosen_bundle().version, outcome)
    show_tries()
    show_methods()
    lead_on(
        ("what_if", say("Change the photo and watch the answer")),
        ("data", say("Why an accuracy can mean little")),
    )
