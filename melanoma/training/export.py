"""From fitted weights to a bundle: saved at a fixed size, calibrated, evaluated, described by a card."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import keras
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from melanoma.data import fingerprints
from melanoma.data.labels.read import fingerprint
from melanoma.errors import UserError
from melanoma.evaluation.focus import judge_focus
from melanoma.evaluation.fold_figures import judge_folds
from melanoma.evaluation.gathering import FILE as FOLDS
from melanoma.evaluation.non_dermoscopic import accepted_shares
from melanoma.evaluation.scoring import score_table
from melanoma.model.backbones.registry import backbone_named
from melanoma.model.bundle import FINGERPRINTS, KNOWN_LESIONS, Bundle, describe, new_bundle
from melanoma.model.classifier import CompiledNetwork
from melanoma.model.in_distribution import threshold_for
from melanoma.model.keras_pass import KerasPass
from melanoma.training.additions import known_lesions
from melanoma.training.calibrating import calibrate, draw_reliability, judge, predictions_of
from melanoma.training.distribution import CloseUps, fit_references, other_fitted
from melanoma.training.litert import photos_of, write_litert
from melanoma.training.model_card import write_card
from melanoma.training.recipes import Exported
from melanoma.training.teaching import HeldAnswers, card_words, held_answers

CONFORMAL_COVERAGE = 0.9


def export_bundle(
    finished: keras.Model,
    prior: np.ndarray,
    table: pd.DataFrame,
    codes: Sequence[str],
    recipe: Exported,
    origin: str,
    history: pd.DataFrame,
    out: Path,
    folds: pd.DataFrame | None = None,
    close_ups: CloseUps | None = None,
) -> Bundle:
    """Write the bundle of a finished network to `out` and return it.

    Its logits are free of any mix, as `Recipe.finished` returns it. `prior` (classes,) is the mix that the
    probabilities assume: that of the training samples ranks melanomas better than an even one. `table` has
    the columns of `read_labels` and the `split` of each image. `origin` says in words which weights the run
    began with. Temperature, thresholds and prediction sets are set on the calibration lesions, or on the
    answers of `folds` (`teaching.load_teacher`) where these taught the network; the figures come from the
    test lesions, which are held out. `history` has a row an epoch, and none for a network that others
    fitted. With `close_ups` the in-distribution check knows photos without a
    dermatoscope.
    """
    with new_bundle(out) as folder:
        finished.save(folder / "model.keras")
        saved = keras.saving.load_model(folder / "model.keras", compile=False)
        backbone = backbone_named(recipe.backbone) if recipe.backbone else None
        forward = KerasPass(saved, backbone)
        network = CompiledNetwork.with_pass(forward, lambda: (saved, backbone))
        _write_litert(folder, forward, photos_of(table, recipe.image_size, recipe.framing))

        # A network that others fitted is compared with calibration lesions: its own are not known.
        known = "train" if (table["split"] == "train").any() else "calibration"
        train = table[table["split"] == known]
        references = fit_references(network, train, recipe.framing, recipe.seed, close_ups)
        references.save(folder / "features.npz")
        if folds is None:
            within = score_table(network, table[table["split"] == "calibration"], recipe.framing)
            held = HeldAnswers(within.table, within.logits)
        else:
            within = score_table(network, other_fitted(train, recipe.seed), recipe.framing)
            held = held_answers(folds)
            folds.to_parquet(folder / FOLDS, index=False)
        threshold = threshold_for(references.novelty(within.features), within.table["source"])
        test = score_table(network, table[table["split"] == "test"], recipe.framing)

        bundle = _calibrate(held, codes, prior, recipe, origin, fingerprint(table), out.name, threshold)
        predictions = pd.concat(
            [
                predictions_of(held.rows, held.logits, bundle),
                predictions_of(test.table, test.logits, bundle),
            ],
            ignore_index=True,
        )
        predictions.to_parquet(folder / "predictions.parquet", index=False)
        table[["image_id", "lesion_id", "split"]].to_parquet(folder / "split.parquet", index=False)
        fingerprints.write(fingerprints.fingerprints(table[table["split"] != "test"]), folder / FINGERPRINTS)
        if len(history):
            history.to_csv(folder / "history.csv", index=False)
            draw_history(history, folder / "history.png")

        held_out = predictions[predictions["split"] == "test"]
        judged = judge(held_out, test.logits, bundle)
        draw_reliability(held_out, bundle, folder / "reliability.png")
        focus = judge_focus(network, test.table, bundle)
        unseen = score_table(network, close_ups.unseen, recipe.framing).features if close_ups else None
        accepted = accepted_shares(
            network, test.features, test.table["source"], references, bundle.distance_threshold, unseen
        )
        by_teachers = judge_folds(folds, bundle) if folds is not None else None
        figures = judged.figures(accepted, focus)
        if (found := known_lesions(network, table, test, bundle)) is not None:
            found[0].save(folder / KNOWN_LESIONS)
            figures |= found[1]
        if by_teachers is not None:
            figures |= {"folds": by_teachers.as_json()}
        bundle = replace(bundle, figures=figures)
        description = recipe.description(origin, history)
        if folds is not None:
            description = replace(description, network=description.network + card_words(folds))
        write_card(
            folder / "MODEL_CARD.md",
            bundle,
            description,
            judged,
            accepted,
            focus,
            table,
            by_teachers,
            len(history) > 0,
        )
        describe(folder, bundle)
    print(*judged.lines(), sep="\n")
    for name, text in (focus.rows() if focus else {}).items():
        print(f"{name}: {text}")
    return bundle


def _write_litert(folder: Path, network: KerasPass, pictures: np.ndarray) -> None:
    """Write the network for LiteRT, or say why there is none: the bundle serves without, by Keras."""
    try:
        print(f"LiteRT differs from Keras {write_litert(folder, network, pictures)}")
    except UserError as error:
        print(f"{error} The bundle has no LiteRT file.")


def draw_history(history: pd.DataFrame, path: Path) -> None:
    """Draw training loss and, where something judged the epochs, calibration figures by epoch as a PNG."""
    judged = "calibration_balanced_accuracy" in history
    figure = Figure(figsize=(9 if judged else 4.5, 3.2), layout="constrained")
    loss, *held_out = figure.subplots(1, 1 + judged, squeeze=False)[0]
    loss.plot(history["epoch"], history["loss"], marker="o", color="#0072b2")
    loss.set(xlabel="epoch", ylabel="training loss")
    for axes in held_out:
        for column, colour, name in (
            ("calibration_balanced_accuracy", "#0072b2", "balanced accuracy"),
            ("calibration_melanoma_auc", "#d55e00", "melanoma ROC AUC"),
        ):
            axes.plot(history["epoch"], history[column], marker="o", color=colour, label=name)
        axes.set(xlabel="epoch", ylim=(0, 1))
        axes.legend(frameon=False, loc="lower right")
    for change in np.flatnonzero(np.diff(history["image_size"])):
        for axes in (loss, *held_out):
            axes.axvline(history["epoch"].iloc[change] + 0.5, color="#999999", linewidth=0.8, linestyle=":")
    figure.savefig(path, dpi=110)


def _calibrate(
    held: HeldAnswers,
    codes: Sequence[str],
    prior: np.ndarray,
    recipe: Exported,
    origin: str,
    data: str,
    name: str,
    distance_threshold: float,
) -> Bundle:
    fields = calibrate(
        held.logits,
        held.rows,
        codes,
        prior,
        recipe.sensitivity,
        CONFORMAL_COVERAGE,
        recipe.temperature,
    )
    return Bundle(
        name=name,
        codes=tuple(codes),
        image_size=recipe.image_size,
        framing=recipe.framing,
        prior=tuple(prior.tolist()),
        distance_threshold=distance_threshold,
        recipe=recipe.settings() | {"origin": origin},
        backbone=recipe.backbone,
        data_fingerprint=data,
        versions=_versions(),
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        **fields,
    )


def _versions() -> dict[str, str]:
    found = {}
    computing = ("tensorflow", "tensorflow-cpu", "keras", "ai-edge-litert")
    for package in (*computing, "numpy", "opencv-python-headless", "pillow"):
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue  # of the two packages of TensorFlow one is installed
    return found
