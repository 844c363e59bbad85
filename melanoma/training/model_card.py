"""Writes MODEL_CARD.md from the figures of a training run (Mitchell 2019, arXiv:1810.03993)."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import pandas as pd

from melanoma.data.split import SPLITS
from melanoma.diagnoses import diagnosis_of
from melanoma.evaluation.evaluate import FEW, NAMES
from melanoma.evaluation.focus import Focus
from melanoma.evaluation.fold_figures import ALL, COLUMNS, FoldFigures
from melanoma.evaluation.metrics import BINS
from melanoma.evaluation.non_dermoscopic import CLOSE_UPS
from melanoma.evaluation.reliability import NAMES as RELIABILITY
from melanoma.model.bundle import Bundle
from melanoma.model.calibration import LEAST_BY_GROUP, LEAST_LESIONS, floored
from melanoma.training.calibrating import Judged
from melanoma.training.recipes import Description

_ABOUT = """# Model card: {name}

A Keras network that gives the probabilities of {classes} diagnoses for one dermoscopic photo, and the
evidence for each. It is for teaching and research. **It is not a medical device, and its answers are never
a diagnosis.**

## Intended use

Lessons about how a convolutional network decides, and research. The reader is a doctor in training, a
teacher or an engineer. Not intended: deciding about a patient, reassuring anyone, photos taken without a
dermatoscope.

## Network

{network}
{history}
## Data

{images} images of {lesions} lesions, from {sources}. {split}

| diagnosis | fitted | calibration | test |
|---|---|---|---|
{counts}

Fingerprint of the labels: `{fingerprint}`. `split.parquet` lists every image with its side.

"""

_HISTORY = """
![Training loss, and balanced accuracy and melanoma ROC AUC on the calibration lesions, by epoch](history.png)
"""

_PROBABILITIES = """## Probabilities

The probabilities assume the mix of diagnoses in which the network learned: {prior}. Where most lesions are
nevi, as in almost every clinic, a nevus is likelier and everything else less likely than shown.
Temperature {temperature:.3f}{tempered}.

| alert | rings from | set on | promises for new lesions like those |
|---|---|---|---|
{alerts}

A promise holds with {confidence:.0%} confidence, and for an alert at each photo of a lesion: the threshold is
an order statistic of the lesions' lowest scores, and the share found has this lower Clopper-Pearson limit.
{least} of each source with {lesions} lesions or more are found too, of any malignancy also of each diagnosis.
That costs specificity: see the figures. Alerts and sets are decided in the mix above, whatever mix a visitor
looks at.

Prediction sets hold the likeliest diagnoses and never leave out one that is likelier than another in them
(adaptive sets, Romano et al. 2020, arXiv:2006.02544). They aim at the truth in {coverage:.0%} of all lesions
and of melanomas, and in {least_coverage:.0%} of those of each other diagnosis.
{recalibrated}
## Figures

On the test images{test_note}: {test_images} images, {test_lesions} lesions,
{melanomas} images of melanoma. Intervals are 95%, by bootstrap over lesions.

| figure | value |
|---|---|
{figures}

| diagnosis | called so (sensitivity) | precision in this mix | with either alert | set holds it |
|---|---|---|---|---|
{by_label}

What a melanoma alert means depends on how many of those examined have melanoma:

| melanoma among those examined | a melanoma alert is right | no melanoma alert is right |
|---|---|---|
{predictive}

The melanoma alert in parts of the test images ({small} marks groups with fewer than {few} melanomas or other
lesions, which say little):

| group | images | of melanoma | ROC AUC | found |
|---|---|---|---|---|
{groups}

Melanomas that got no melanoma alert, the surest mistakes first: {missed_ids}.

## Can the probabilities be believed?

![Share of melanomas among the test images by the probability that the network gave them](reliability.png)

On the test lesions, with the diagnoses weighted to the mix that the probabilities assume:

| figure | value |
|---|---|
{reliability}

"""

_PICTURES = """## Does it know what it does not know?

The share of pictures that pass for dermoscopic photos; the threshold lets 95% of the photos pass that it was
set on, of every source. {close_ups}

| pictures | accepted |
|---|---|
{accepted}

## Does it look at the lesion?

{focus}

"""

_FOLDS = """## On lesions that its teachers had not seen

Each of these lesions was answered for by a network of the same recipe that was not fitted to it, once as it
is, in the mix above and with the thresholds above. So these are figures of the recipe on {images} images,
{melanomas} of melanoma, not of this one network, which was fitted to them.

| source | images | of melanoma | {columns} |
|---|---|---|{lines}|
{rows}

“Calibration error” is the expected one of the likeliest diagnosis over {bins} bins, the source's diagnoses
weighted to the mix above.

| figure | value |
|---|---|
{others}

"""

_NO_CLOSE_UPS = "Photos of skin without a dermatoscope were not at hand, so nothing is known of those."
_CLOSE_UPS = (
    "Of the photos of skin without a dermatoscope it knows one half; the figure is that of the other."
)

_LIMITS = """## Limits

- {missed} No alert does not mean no melanoma.
- Archives come from few clinics and mostly show lighter skin. On darker skin, other cameras, children,
  mucosa and nails nothing is known.
- {classes} diagnoses exist for it. Anything else, such as Merkel cell carcinoma, gets one of these names.
- Rare diagnoses rest on few lesions: see the widths of the intervals.
- It may use what surrounds a lesion (rulers, hair, colour casts) as a clue. Look at the evidence map, and
  do not trust the map alone: an answer that other surroundings change was not the lesion's.

"""

_REST = """## Ethics

The photos come from archives that were published for research, without names; which patients agreed to what
is described by their publishers. A missed melanoma can kill, and a needless alert costs worry, a visit and
sometimes a scar: the threshold was set to miss few, and rings often for harmless lesions. Somebody with
medical training has to answer for every decision about a patient, and must be able to overrule this network.

## Licence

{licence}
The project's code has its own licence (MIT).

Made {created} with {versions}.
"""

_LICENCE = """The training images include HAM10000 (Tschandl et al. 2018, Sci Data 5:180161; CC BY-NC
4.0), ISIC 2017 (Codella et al., arXiv:1710.05006; CC0 for the most part) and labels of ISIC 2019 (BCN20000,
arXiv:1908.02288). So the weights may be used for research and teaching, with credit, and **not
commercially** (CC BY-NC 4.0)."""

_SMALL = "°"

_FOCUS = """On the {images} test images whose outline is known; the outline is widened by a tenth of the
lesion's diameter.

| figure | value |
|---|---|
{rows}

| diagnosis | answers changed by other surroundings, mean of the three |
|---|---|
{by_label}"""


def write_card(
    path: Path,
    bundle: Bundle,
    description: Description,
    judged: Judged,
    accepted: dict[str, float],
    focus: Focus | None,
    table: pd.DataFrame,
    folds: FoldFigures | None = None,
    has_history: bool = True,
) -> None:
    """Write the card; `table` has the `split` of every image, `description` comes from the recipe."""
    counts = table.groupby(["diagnosis", "split"]).size().unstack(fill_value=0)
    about = _ABOUT.format(
        name=bundle.name,
        classes=len(bundle.codes),
        network=description.network,
        history=_HISTORY if has_history else "",
        split=description.split,
        images=len(table),
        lesions=table["lesion_id"].nunique(),
        sources=", ".join(f"{name} ({count})" for name, count in table["source"].value_counts().items()),
        counts="\n".join(
            f"| {diagnosis_of(code).name} | " + " | ".join(str(row[split]) for split in SPLITS) + " |"
            for code, row in counts.reindex(list(bundle.codes), columns=SPLITS, fill_value=0).iterrows()
        ),
        fingerprint=bundle.data_fingerprint,
    )
    rest = _REST.format(
        licence=(description.licence or _LICENCE) + description.weights_licence,
        created=bundle.created,
        versions=", ".join(f"{name} {found}" for name, found in bundle.versions.items()),
    )
    probabilities = probability_sections(bundle, judged, description.test_images, description.temperature)
    seen = picture_sections(accepted, focus)
    by_teachers = fold_section(folds) if folds else ""
    text = about + probabilities + by_teachers + seen + limits_section(bundle, judged) + rest
    path.write_text(text, encoding="utf-8")


def probability_sections(
    bundle: Bundle, judged: Judged, test_note: str, tempered: str, recalibrated: str = ""
) -> str:
    """Return the sections on what was set on the calibration lesions, with the figures of the test lesions.

    `test_note` follows "the test images", `tempered` the temperature; `recalibrated` is a subsection.
    """
    evaluation = judged.evaluation
    return _PROBABILITIES.format(
        prior=", ".join(
            f"{diagnosis_of(code).name.lower()} {share:.0%}"
            for share, code in sorted(zip(bundle.prior, bundle.codes, strict=True), reverse=True)
        ),
        temperature=bundle.temperature,
        tempered=tempered,
        alerts=_rows(_alerts(bundle)),
        confidence=bundle.alert_confidence,
        least=f"{LEAST_BY_GROUP:.0%}",
        lesions=LEAST_LESIONS,
        coverage=bundle.conformal_coverage,
        least_coverage=bundle.least_coverage,
        recalibrated=recalibrated,
        test_note=test_note,
        test_images=evaluation.images,
        test_lesions=evaluation.lesions,
        melanomas=evaluation.melanomas,
        figures=_rows((NAMES[name], value) for name, value in evaluation.figures.items()),
        by_label=_rows(
            (
                diagnosis_of(label).name,
                value,
                evaluation.precision_by_label[label],
                evaluation.alerted_by_label[label],
                judged.coverage_by_label[label],
            )
            for label, value in evaluation.sensitivity_by_label.items()
        ),
        predictive=_rows(
            (f"{prevalence:.0%}", positive, negative)
            for prevalence, (positive, negative) in evaluation.predictive.items()
        ),
        small=_SMALL,
        few=FEW,
        groups=_rows(
            (
                f"{group.kind.replace('_', ' ')}: {group.name}{_SMALL if group.small else ''}",
                group.images,
                group.melanomas,
                group.figures["melanoma_auc"],
                group.figures["alert_sensitivity"],
            )
            for group in evaluation.groups
        ),
        missed_ids=", ".join(f"{image_id} ({value:.3f})" for image_id, value in evaluation.missed) or "none",
        reliability=_rows((RELIABILITY[name], value) for name, value in judged.reliability.items()),
    )


def _alerts(bundle: Bundle) -> Iterator[tuple[str, ...]]:
    for name, threshold, lesions, bound in (
        ("melanoma", bundle.alert_threshold, bundle.alert_lesions, bundle.alert_bound),
        ("any malignancy", bundle.malignancy_threshold, bundle.malignancy_lesions, bundle.malignancy_bound),
    ):
        if threshold is not None and bound is not None:
            promise = f"at least {floored(bound):.1%} found"
            if bound < bundle.alert_sensitivity:
                promise += f" ({bundle.alert_sensitivity:.0%} takes more lesions)"
            yield name, f"a probability of {threshold:.4f}", f"{lesions} lesions", promise


def fold_section(found: FoldFigures) -> str:
    """Return the section on the folds' answers."""
    images, melanomas = found.images[ALL]
    return _FOLDS.format(
        images=images,
        melanomas=melanomas,
        columns=" | ".join(COLUMNS),
        lines="|".join("---" for _ in COLUMNS),
        rows=_rows(
            (name, *found.images[name], *(row.get(column, "too few") for column in COLUMNS))
            for name, row in found.by_source.items()
        ),
        bins=BINS,
        others=_rows(found.others.items()),
    )


def picture_sections(accepted: dict[str, float], focus: Focus | None) -> str:
    """Return the sections whose figures need pixels."""
    return _PICTURES.format(
        close_ups=_CLOSE_UPS if CLOSE_UPS in accepted else _NO_CLOSE_UPS,
        accepted=_rows((kind, f"{share:.3f}") for kind, share in accepted.items()),
        focus=_describe_focus(focus) if focus else "Not measured: no outlines were given.",
    )


def limits_section(bundle: Bundle, judged: Judged) -> str:
    """Return the section on the limits of the model."""
    found = judged.evaluation
    missed = round(found.melanomas * (1 - found.figures["alert_sensitivity"].value))
    return _LIMITS.format(
        missed=f"Of {found.melanomas} melanomas in its test {missed or 'none'} got no melanoma alert"
        + ("." if missed else "; among others some will."),
        classes=len(bundle.codes),
    )


def _describe_focus(focus: Focus) -> str:
    return _FOCUS.format(
        images=focus.images,
        rows=_rows(focus.rows().items()),
        by_label=_rows(
            (diagnosis_of(label).name, f"{value:.3f}") for label, value in focus.changed_by_label.items()
        ),
    )


def _rows(cells: Iterable[tuple[object, ...]]) -> str:
    """Return the rows of a Markdown table."""
    return "\n".join("| " + " | ".join(str(cell) for cell in row) + " |" for row in cells)
