"""The model card of a recalibrated bundle: the old card with its recomputed sections replaced."""

import re
from typing import Any

from melanoma.diagnoses import diagnosis_of
from melanoma.evaluation.focus import Focus
from melanoma.evaluation.fold_figures import FoldFigures
from melanoma.model.bundle import Bundle
from melanoma.training.calibrating import Judged
from melanoma.training.model_card import fold_section, limits_section, picture_sections, probability_sections

_RECALIBRATED = """
### Recalibrated

Temperature, alerts and prediction sets are not the training run's. They were set again on {when}, from
{source}, for the bundle of the version `{version}`; the network is the same. {remarks}

| diagnosis | lesions set on | lesions judged |
|---|---|---|
{counts}
{framing}"""
_FROM_STORED = "the scores that the bundle had stored of {whose} lesions"
_FROM_OWN = "labelled photos that were given (fingerprint of the labels `{fingerprint}`)"
_KEPT = """The figures under
“Does it know what it does not know?” and “Does it look at the lesion?” need the photos and were not made
again: they are those of the card before. The in-distribution threshold is the same; another temperature can
change which diagnosis is the likeliest, and so the figures on the lesion a little."""
_HALVES = """The lesions
of the photos were divided: one half set them, and the in-distribution threshold, and the other half is the
test images below. {left_out} images were left out, as the network was fitted to their lesions. What stands
under “Data” tells of the training run's lesions and not of these."""
_FROM_SPLITS = "the photos of its own calibration lesions"
_REFRAMED = """The training
features and the in-distribution threshold were made again too, and the test images below are its own."""
_FRAMING = """
It is shown the square of a photo by the framing `{now}`, and was fitted to `{fitted}`; where the lesion
lies in the middle they are the same.
"""
_OWN_NOTE = ", here of the photos given, whose lesions nothing was fitted to or set on"
_TEMPERED = ", set on the calibration lesions"


def recalibrated_card(
    card: str,
    bundle: Bundle,
    judged: Judged,
    accepted: dict[str, float],
    focus: Focus | None,
    folds: FoldFigures | None = None,
) -> str:
    """Return the card of a recalibrated bundle, from the `card` of the bundle before.

    Sections whose figures need pixels stay unchanged if there were none, and the card says so.
    """
    found = bundle.recalibrated
    assert found is not None
    stored = found["stored_scores"]
    sections = probability_sections(
        bundle,
        judged,
        _note_of(card) if stored or found.get("reframed") else _OWN_NOTE,
        _TEMPERED,
        _subsection(bundle, found),
    )
    if folds is not None:
        sections += fold_section(folds)
    if not stored:
        sections += picture_sections(accepted, focus)
    return rewrite_card(card, bundle.name, sections + limits_section(bundle, judged))


def _subsection(bundle: Bundle, found: dict[str, Any]) -> str:
    source = _FROM_OWN.format(fingerprint=found["fingerprint"])
    remarks = _HALVES.format(left_out=found["left_out"])
    if found.get("reframed"):
        source, remarks = _FROM_SPLITS, _REFRAMED
    elif found["stored_scores"]:
        whose = "its calibration" if found["fingerprint"] is None else "an earlier recalibration's"
        source, remarks = _FROM_STORED.format(whose=whose), _KEPT
    fitted = found.get("fitted_framing", bundle.framing)
    framing = "" if fitted == bundle.framing else _FRAMING.format(now=bundle.framing, fitted=fitted)
    counts = (
        f"| {diagnosis_of(code).name} | {found['set_on'][code]} | {found['judged'][code]} |"
        for code in bundle.codes
    )
    return _RECALIBRATED.format(
        when=found["when"],
        version=found["from"],
        source=source,
        remarks=remarks,
        counts="\n".join(counts),
        framing=framing,
    )


def rewrite_card(card: str, name: str, sections: str) -> str:
    """Return a card with the model's new name and these sections in place of those with the same headings.

    Sections that the card lacks are appended.
    """
    title, *old = _by_heading(card)
    new = {_heading(section): section for section in _by_heading(sections) if section}
    title = re.sub(r"\A# .*", lambda _: f"# Model card: {name}", title)
    sections_in_order = [new.pop(_heading(section), section) for section in old]
    return "".join([title, *sections_in_order, *new.values()])


def _note_of(card: str) -> str:
    """Return the remark on the test images in a card, which follows "the test images"; empty if none."""
    found = re.search(r"^On the test \w+(.*?): \d", card, re.DOTALL | re.MULTILINE)
    return found[1] if found else ""


def _by_heading(text: str) -> list[str]:
    """Return the text before the first second-level heading, and then each section."""
    return re.split(r"^(?=## )", text, flags=re.MULTILINE)


def _heading(section: str) -> str:
    return section.partition("\n")[0].strip()
