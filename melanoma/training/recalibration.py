"""Recalibration: sets temperature, thresholds, prediction sets and card of a bundle again, without training.

From the scores that are stored in the bundle, or from the user's own labelled photos.
"""

import math
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from melanoma.data import fingerprints
from melanoma.data.labels.read import Paths
from melanoma.errors import UserError
from melanoma.evaluation.evaluate import NAMES
from melanoma.evaluation.focus import judge_focus
from melanoma.evaluation.fold_figures import judge_folds
from melanoma.evaluation.gathering import FILE as FOLDS
from melanoma.evaluation.non_dermoscopic import accepted_shares
from melanoma.evaluation.reliability import NAMES as RELIABILITY
from melanoma.evaluation.scoring import with_probabilities
from melanoma.explain.looks_for import FOLDER
from melanoma.files import user_error_if_unwritable
from melanoma.lesion.framing import FRAMINGS
from melanoma.model.bundle import FINGERPRINTS, Bundle, describe, new_bundle
from melanoma.model.calibration import floored
from melanoma.model.classifier import CompiledNetwork, load_compiled
from melanoma.model.in_distribution import threshold_for
from melanoma.training.calibrating import (
    CONFIDENCE,
    Judged,
    calibrate,
    draw_reliability,
    judge,
    predictions_of,
)
from melanoma.training.recalibrated_card import recalibrated_card
from melanoma.training.recalibration_scores import (
    Scores,
    lesions_by_diagnosis,
    reframed_scores,
    require_enough,
    scores_of_photos,
    stored_scores,
)

SUFFIX = "-recalibrated"
CARD = "MODEL_CARD.md"
_MADE_AGAIN = ("predictions.parquet", "split.parquet", "reliability.png", CARD)


@dataclass(frozen=True)
class Recalibration:
    """The new bundle beside the old one."""

    before: Bundle
    bundle: Bundle
    judged: Judged
    remarks: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """Return plain numbers; thresholds and temperature with the old value and the new."""
        names = ("temperature", "alert_threshold", "alert_sensitivity", "conformal_coverage")
        promised = ("alert_confidence", "alert_bound", "malignancy_threshold", "malignancy_bound")
        sets = ("conformal_method", "conformal_quantiles", "least_coverage")
        changed = (*names, *promised, *sets, "distance_threshold", "framing")
        return {
            "bundle": str(self.bundle.path),
            "version": self.bundle.version,
            "recalibrated": self.bundle.recalibrated,
            "remarks": list(self.remarks),
            **{
                name: {"before": getattr(self.before, name), "now": getattr(self.bundle, name)}
                for name in changed
            },
            "figures": self.bundle.figures,
        }

    def as_text(self) -> str:
        """Return what the command prints."""
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        before, now, found = self.before, self.bundle, self.bundle.recalibrated or {}
        yield from self.remarks
        if found["left_out"]:
            yield f"{found['left_out']} images left out: the network was fitted to their lesions"
        same = now.conformal_method == before.conformal_method
        yield "          lesions set on   judged   limit of the prediction sets"
        pairs = zip(now.codes, before.conformal_quantiles, now.conformal_quantiles, strict=True)
        for code, old, new in pairs:
            limit = f"{old:.4f} -> {new:.4f}" if same else f"{new:.4f}"
            yield f"  {code:<6}{found['set_on'][code]:>16}{found['judged'][code]:>9}   {limit}"
        if not same:
            yield f"prediction sets        {before.conformal_method} -> {now.conformal_method}"
        if now.framing != before.framing:
            yield f"framing                {before.framing} -> {now.framing}"
        yield f"temperature            {before.temperature:.4f} -> {now.temperature:.4f}"
        yield (
            f"melanoma alert from    {before.alert_threshold:.4f} -> {now.alert_threshold:.4f}, "
            + _promise(now.alert_bound, now.alert_lesions, "melanomas")
        )
        if now.malignancy_threshold is not None:
            earlier = before.malignancy_threshold
            yield (
                f"malignancy alert from  {'none' if earlier is None else f'{earlier:.4f}'} -> "
                f"{now.malignancy_threshold:.4f}, "
                + _promise(now.malignancy_bound, now.malignancy_lesions, "malignant lesions")
            )
        yield f"in distribution up to  {before.distance_threshold:.4f} -> {now.distance_threshold:.4f}"
        yield "on the lesions that judge, with 95% intervals by bootstrap over lesions:"
        for name, estimate in self.judged.evaluation.figures.items():
            yield f"  {NAMES[name]:<57} {estimate}"
        for group in self.judged.evaluation.groups:
            if group.kind == "source":
                title = f"{group.name}: melanomas that the alert finds"
                yield f"  {title:<57} {group.figures['alert_sensitivity']}"
        for name in ("coverage", "coverage_as_found", "set_size", "median_set_size"):
            yield f"  {RELIABILITY[name]:<57} {self.judged.reliability[name]}"
        for code, estimate in self.judged.coverage_by_label.items():
            yield f"  {code + ': prediction sets that hold it':<57} {estimate}"
        yield f"Written to {now.path}, version {now.version}"


def recalibrate(
    bundle: Bundle,
    out: Path | None = None,
    data: Paths = None,
    images: Paths = None,
    outlines: Paths = None,
    sensitivity: float | None = None,
    coverage: float | None = None,
    framing: str | None = None,
) -> Recalibration:
    """Write a bundle of the same network with temperature, thresholds and prediction sets set again.

    Without `data`, they are set on the stored scores of the calibration lesions and evaluated on those of the
    test lesions. With it, half of the lesions of these labelled photos calibrates and half evaluates; lesions
    that the network was fitted to are left out. With a `framing` as well, `data` are the labels that the
    model was made with: its own splits calibrate and evaluate, and the reference features are computed anew.
    `out` is a new folder, or a model to replace; by default a folder beside the old one. Sensitivity and
    coverage default to the old bundle's. Raises UserError if there are too few lesions, or if the folder
    holds something else than a model.
    """
    sensitivity = bundle.alert_sensitivity if sensitivity is None else sensitivity
    coverage = bundle.conformal_coverage if coverage is None else coverage
    for option, share in (("--sensitivity", sensitivity), ("--coverage", coverage)):
        if not 0 < share < 1:
            raise UserError("{option} has to lie between 0 and 1.", option=option)
    framed = _framed(bundle, framing, data)
    target = _target(bundle, out)
    network = None if data is None else load_compiled(bundle)
    if network is None:
        scores = stored_scores(bundle)
        require_enough(scores.rows, bundle.codes, sensitivity)
    elif framing is None:
        scores = scores_of_photos(bundle, network, data, images, outlines, sensitivity)
    else:
        scores = reframed_scores(framed, network, data, images, outlines)
        require_enough(scores.rows, bundle.codes, sensitivity)
    set_on = scores.in_split("calibration")
    fields = calibrate(
        scores.logits[set_on],
        scores.rows[set_on],
        bundle.codes,
        np.array(bundle.prior),
        sensitivity,
        coverage,
    )
    if scores.features is not None:
        references = bundle.load_references() if scores.references is None else scores.references
        novelty = references.novelty(scores.features[set_on])
        fields["distance_threshold"] = threshold_for(novelty, scores.rows.loc[set_on, "source"])
    described = replace(
        framed, name=target.name, path=target, recalibrated=_provenance(bundle, scores), **fields
    )
    with user_error_if_unwritable(target), new_bundle(target) as folder:
        described, judged = _write(folder, bundle, described, scores, network)
    few = _few_for_alerts(described) + _few_for_sets(scores.rows[set_on], described)
    return Recalibration(bundle, replace(described, path=target), judged, (*scores.remarks, *few))


def _few_for_alerts(bundle: Bundle) -> list[str]:
    """Return a sentence on each alert whose promise falls short for want of lesions."""
    found = []
    for what, bound, lesions in (
        ("melanomas", bundle.alert_bound, bundle.alert_lesions),
        ("malignant lesions", bundle.malignancy_bound, bundle.malignancy_lesions),
    ):
        if bound is not None and bound < bundle.alert_sensitivity:
            wanted = math.ceil(math.log(1 - CONFIDENCE) / math.log(bundle.alert_sensitivity))
            found.append(
                f"{lesions} {what} are too few to promise a sensitivity of {bundle.alert_sensitivity:.0%} "
                f"with {CONFIDENCE:.0%} confidence, which takes {wanted}: the promise is {floored(bound):.1%}"
            )
    return found


def _promise(bound: float | None, lesions: int | None, what: str) -> str:
    """Return what an alert that was just set promises."""
    assert bound is not None and lesions is not None
    promised = f"with {CONFIDENCE:.0%} confidence at least {floored(bound):.1%} of new ones alert"
    return f"set on {lesions} {what}: {promised}"


def _framed(bundle: Bundle, framing: str | None, data: Paths) -> Bundle:
    """Return the bundle in another framing, None for its own; raises UserError for one that cannot be had."""
    if framing is None:
        return bundle
    if framing not in FRAMINGS:
        raise UserError(
            "There is no framing “{name}”. Choose one of {known}.", name=framing, known=", ".join(FRAMINGS)
        )
    if data is None:
        raise UserError(
            "--framing needs the photos that the model was made with. Give their labels with --data."
        )
    return replace(bundle, framing=framing)


def _few_for_sets(rows: pd.DataFrame, bundle: Bundle) -> list[str]:
    """Return a sentence on diagnoses with too few lesions for a limit, which are then in every set."""
    counts = rows.groupby("diagnosis")["lesion_id"].nunique()
    few = []
    for code in bundle.codes:
        coverage = bundle.conformal_coverage if code == "MEL" else bundle.least_coverage or 0
        if math.ceil((counts.get(code, 0) + 1) * coverage - 1e-9) > counts.get(code, 0):
            few.append(code)
    return [
        f"{', '.join(few)}: too few lesions for the coverage aimed at, so in every prediction set"
    ] * bool(few)


def _target(bundle: Bundle, out: Path | None) -> Path:
    source = bundle.path.resolve()
    target = source.with_name(source.name + SUFFIX) if out is None else out.resolve()
    if target.exists() and out is None:
        raise UserError("{out} exists already. Name it with --out to replace it.", out=target)
    if target.exists() and not (target / "bundle.json").is_file():
        raise UserError("{out} is there and is no model, so it is not replaced. Name another.", out=target)
    return target


def _provenance(bundle: Bundle, scores: Scores) -> dict[str, Any]:
    """Return the provenance of a recalibration, with the framing that the network was fitted in."""
    reframed = scores.references is not None
    earlier = (bundle.recalibrated or {}).get("fitted_framing", bundle.framing)
    return {
        "from": bundle.version,
        "reframed": reframed,
        "fitted_framing": earlier,
        "when": datetime.now(UTC).isoformat(timespec="seconds"),
        "stored_scores": scores.features is None,
        "fingerprint": scores.fingerprint,
        "left_out": scores.left_out,
        "set_on": lesions_by_diagnosis(scores.rows[scores.in_split("calibration")], bundle.codes),
        "judged": lesions_by_diagnosis(scores.rows[scores.in_split("test")], bundle.codes),
    }


def _write(
    folder: Path, before: Bundle, bundle: Bundle, scores: Scores, network: CompiledNetwork | None
) -> tuple[Bundle, Judged]:
    """Fill the folder of a recalibrated bundle; returns the bundle and its evaluation."""
    made_again = set(_MADE_AGAIN)
    if scores.references is not None:
        made_again.add("features.npz")
        scores.references.save(folder / "features.npz")
    for name in before.files:
        if name not in made_again:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(before.path / name, folder / name)
    if (before.path / FOLDER).is_dir():  # pictures of the network, which is unchanged
        shutil.copytree(before.path / FOLDER, folder / FOLDER, dirs_exist_ok=True)
    if network is None:
        predictions = with_probabilities(scores.rows, scores.logits, bundle)
    else:
        predictions = predictions_of(scores.rows, scores.logits, bundle)
    predictions.to_parquet(folder / "predictions.parquet", index=False)
    _split_of(before, scores).to_parquet(folder / "split.parquet", index=False)
    if (of_fitted := before.load_fingerprints()) is not None and _own_photos(scores):
        added = fingerprints.fingerprints(scores.rows[scores.in_split("calibration")])
        fingerprints.write(pd.concat([of_fitted, added], ignore_index=True), folder / FINGERPRINTS)

    judging = scores.in_split("test")
    judged = judge(predictions[judging], scores.logits[judging], bundle)
    draw_reliability(predictions[judging], bundle, folder / "reliability.png")
    unchanged = {name: before.figures.get(name) for name in ("accepted", "focus")}
    accepted, focus, figures = unchanged["accepted"] or {}, None, judged.figures({}, None) | unchanged
    if network is not None and scores.features is not None:
        focus = judge_focus(network, scores.rows[judging], bundle)
        references = before.load_references() if scores.references is None else scores.references
        sources = scores.rows.loc[judging, "source"]
        accepted = accepted_shares(
            network, scores.features[judging], sources, references, bundle.distance_threshold
        )
        figures = judged.figures(accepted, focus)
    by_teachers = None
    if FOLDS in before.files:  # the same answers, at the new thresholds
        by_teachers = judge_folds(pd.read_parquet(folder / FOLDS), bundle)
        figures |= {"folds": by_teachers.as_json()}
    if "neighbours" in before.figures:  # of the network and of a mix that stays
        figures |= {"neighbours": before.figures["neighbours"]}
    bundle = replace(bundle, figures=figures)
    card = (before.path / CARD).read_text(encoding="utf-8") if CARD in before.files else ""
    (folder / CARD).write_text(
        recalibrated_card(card, bundle, judged, accepted, focus, by_teachers), encoding="utf-8"
    )
    return describe(folder, bundle), judged


def _own_photos(scores: Scores) -> bool:
    """Return True for scores of photos that the user has brought, and not of the bundle's own lesions."""
    return scores.features is not None and scores.references is None


def _split_of(before: Bundle, scores: Scores) -> pd.DataFrame:
    """Return the old split, with the user's own calibration images as `recalibration`."""
    split = before.load_split()
    if not _own_photos(scores):
        return split
    added = scores.rows.loc[scores.in_split("calibration"), ["image_id", "lesion_id"]].assign(
        split="recalibration"
    )
    others = split[~split["image_id"].isin(added["image_id"])]
    return pd.concat([others, added], ignore_index=True)
