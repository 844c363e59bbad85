"""What the alert does in groups of patients, with intervals."""

import streamlit as st

from melanoma.app.parts.shared.language import format_number, say
from melanoma.app.parts.shared.link import linked_segment
from melanoma.app.parts.shared.table import show_table
from melanoma.evaluation.evaluate import FEW
from melanoma.evaluation.held_out import HeldOut
from melanoma.evaluation.metrics import Estimate
from melanoma.evaluation.operating_points import Part
from melanoma.model.bundle import Bundle

_SMALL = "°"


def show_groups(held_out: HeldOut, threshold: float, bundle: Bundle) -> None:
    """Draw the choice of a grouping and its table."""
    titles = _titles()
    kinds = list(dict.fromkeys(part.kind for part in held_out.groups))
    if not kinds:
        st.caption(say("Nothing is known of the patients of these photos."))
        return
    kind = linked_segment(say("Groups by"), kinds, kinds[0], "groups", lambda kind: titles.get(kind, kind))
    areas = {
        (group["kind"], group["name"]): group["figures"]["melanoma_auc"]
        for group in bundle.figures.get("groups", ())
    }
    rows = [_row(part, threshold, areas) for part in held_out.groups if part.kind == kind]
    show_table(
        list(rows[0]),
        [list(row.values()) for row in rows],
        say("Table of groups with the share of melanomas found and its interval."),
    )
    st.caption(
        say(
            "{sign} fewer than {few} melanomas or fewer than {few} other lesions: such figures say little, "
            "and 100% to 100% is no proof. In brackets: 95% intervals by resampling lesions. AUC: in so many "
            "pairs of a melanoma and another lesion the melanoma gets the higher probability, whatever the "
            "threshold.",
            sign=_SMALL,
            few=FEW,
        )
    )


def _row(
    part: Part, threshold: float, areas: dict[tuple[str, str], dict[str, float | None]]
) -> dict[str, str]:
    sensitivity, specificity = part.sensitivity(threshold), part.specificity(threshold)
    row = {
        say("Group"): say(part.name) + (f" {_SMALL}" if part.small else ""),
        say("Photos"): format_number(len(part.melanomas.score) + len(part.others.score), ",d"),
        say("Melanomas"): format_number(len(part.melanomas.score), ",d"),
        say("Melanomas found"): as_percent(sensitivity),
        say("False alarms"): as_percent(specificity.complement()),
    }
    area = areas.get((part.kind, part.name))
    if areas:
        known = area is not None and area["value"] is not None
        row["AUC"] = say("{value:.2f} ({low:.2f} to {high:.2f})", **area) if known else say("not known")
    return row


def as_percent(estimate: Estimate) -> str:
    """Return a share with its interval, in percent."""
    if estimate.value != estimate.value:  # NaN
        return say("not known")
    return say(
        "{value:.0%} ({low:.0%} to {high:.0%})", value=estimate.value, low=estimate.low, high=estimate.high
    )


def _titles() -> dict[str, str]:
    return {
        "age_group": say("Age"),
        "sex": say("Sex"),
        "site": say("Part of the body"),
        "source": say("Archive"),
        "framing": say("How the photo was cut"),
    }
