"""The commands: python -m melanoma predict, triage, explain, evaluate, gather, recalibrate, audit, …"""

import contextlib
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from melanoma import __version__
from melanoma.batch.command import MixName, predict, triage
from melanoma.batch.watch.command import watch
from melanoma.data.audit.command import audit
from melanoma.data.labels.options import Data, Images, Outlines
from melanoma.errors import UserError, exit_on_user_error
from melanoma.explain.looks_for_command import looks_for
from melanoma.files import require_folder, write_whole
from melanoma.licences import licences
from melanoma.model.bundle_folders import DEFAULT
from melanoma.output import json_text, print_json
from melanoma.photos.examples_command import examples

if TYPE_CHECKING:
    import numpy as np

    from melanoma.photos.framing import Geometry

# TensorFlow's greetings are not for users. What a command needs is imported within it, so that the others
# start quickly.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

commands = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
commands.command()(audit)
commands.command()(predict)
commands.command()(triage)
commands.command()(watch)
commands.command()(looks_for)
commands.command()(examples)
commands.command()(licences)

Model = Annotated[Path, typer.Option(help="Folder of the model.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def _print_version(wanted: bool) -> None:
    if wanted:
        print(f"melanoma {__version__}")
        raise typer.Exit


@commands.callback()
def _about(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Probabilities and explanations for dermoscopic photos. For teaching and research; never a diagnosis."""


@commands.command()
def gather(
    folder: Annotated[Path, typer.Argument(help="The folder with the answers of train.py --folds.")],
    out: Annotated[Path, typer.Option(help="The table to write, such as models/NAME/folds.parquet.")],
    as_json: AsJson = False,
) -> None:
    """Gather the answers of all folds into one table, and print its figures."""
    from melanoma.evaluation.answer_figures import as_rows
    from melanoma.evaluation.gathering import write_gathered

    require_folder(out)
    whole, found = write_gathered(folder, out)
    if as_json:
        told = {name: estimate.as_json() for name, estimate in found.items()}
        print(json_text({"images": len(whole), "out": str(out), "figures": told}))
    else:
        print(f"{len(whole)} answers written to {out}", *as_rows(found), sep="\n")


@commands.command()
def explain(
    image: Annotated[Path, typer.Argument(help="A photo, or a DICOM object.")],
    out: Annotated[Path, typer.Option(help="The overlay to write, .png.")],
    method: Annotated[
        str, typer.Option(help="evidence, grad-cam, score-cam, occlusion …; an unknown name lists them all.")
    ] = "grad-cam",
    diagnosis: Annotated[
        str | None, typer.Option(help="Code, such as MEL; by default the likeliest.")
    ] = None,
    layer: Annotated[str | None, typer.Option(help="The same as --set layer=NAME.")] = None,
    settings: Annotated[
        list[str] | None, typer.Option("--set", help="NAME=VALUE of the method; a wrong name lists them.")
    ] = None,
    in_colour: Annotated[
        bool, typer.Option("--colour", help="Draw the map on the photo's own colours, not on a grey copy.")
    ] = False,
    one_scale: Annotated[
        bool,
        typer.Option(help="One colour scale for all diagnoses, to compare; by default the map's own."),
    ] = False,
    measures: Annotated[bool, typer.Option("--measures", help="Also measure how good the map is.")] = False,
    mask: Annotated[
        Path | None,
        typer.Option(help="With --measures: the lesion's outline, white inside; else it is searched for."),
    ] = None,
    frame: Annotated[
        int | None, typer.Option(min=1, help="Of a DICOM object with several photos; by default the first.")
    ] = None,
    model: Model = DEFAULT,
    mix: MixName = None,
    as_json: AsJson = False,
) -> None:
    """Write what the network saw of a photo, beside it a heatmap of what speaks for and against a diagnosis.

    Whole lines run around what speaks for it, dashed ones around what speaks against it, where a third and
    two thirds of the scale are reached.
    """
    from melanoma.batch.sources import read_one
    from melanoma.explain.evidence import total_against, total_for
    from melanoma.explain.registry import method_named
    from melanoma.explain.waterfall import waterfall
    from melanoma.exports.explanation import measure_map
    from melanoma.exports.overlay import overlay_file
    from melanoma.model.bundle import load_bundle
    from melanoma.model.classifier import Classifier
    from melanoma.model.mix import mix_named

    chosen = method_named(method)
    given = _named_values([*(settings or []), *([f"layer={layer}"] if layer else [])])
    if out.suffix.lower() != ".png":
        raise UserError(f"{out}: the overlay is written as .png.")
    if mask is not None and not measures:
        raise UserError("--mask is for the measures. Add --measures, or leave it out.")
    require_folder(out)
    photo, frames = read_one(image, frame)
    bundle = load_bundle(model)
    shown = mix_named(mix, bundle) if mix else None
    classifier = Classifier(bundle)
    prediction = classifier([photo])[0]
    code = (diagnosis or prediction.diagnosis).upper()
    index = prediction.index(code)
    outline = _outline(photo, mask, prediction.geometry) if measures else None
    request = chosen.request(classifier.compiled, prediction, code, given)
    maps = chosen.explain(request)
    write_whole(out, overlay_file(photo, chosen, request, maps, code, in_colour, one_scale))
    heatmap = maps[..., request.codes.index(code)]
    told: dict[str, Any] = {
        "path": str(image),
        "frame": (frame or 1) if frames else None,
        "method": method,
        "diagnosis": code,
        "probability": prediction.probability(code),
        "log_odds": float(prediction.log_odds[index]),
        "evidence_for": total_for(heatmap),
        "evidence_against": total_against(heatmap),
        "out": str(out),
        "lesion_not_seen": prediction.lesion_not_seen,
        "flags": list(prediction.quality),
    }
    if chosen.adds_up:
        starting_value, division = float(prediction.starting_values[index]), float(prediction.division[index])
        told |= {"starting_value": starting_value, "division": division}
        parts = waterfall(heatmap, starting_value - division)
        told["regions"] = [{"total": part.total, "centre": part.centre} for part in parts.regions]
        told["rest"] = parts.rest
    text = f"{chosen.title} for {code} ({told['probability']:.1%}) written to {out}"
    if shown:
        told |= {"mix": shown.name, "probability_in_mix": shown.by_code(prediction)[code]}
        text += f"\nIn the mix {shown.name}: {told['probability_in_mix']:.1%}; the map is of the model's own."
    text += f"\nframe {frame or 1} of {frames}" if frames and frames > 1 else ""
    text += "".join(f"\n{flag}" for flag in prediction.quality)
    if measures:
        measured = measure_map(classifier, chosen, request, code, heatmap, outline)
        told |= {"outlined": outline is not None} | measured.as_json()
        text += "\n" + measured.as_text()
        if outline is None:
            text += "\nNo lesion was found, so where the map lies is not told. Give an outline with --mask."
    print(json_text(told) if as_json else text)


@commands.command()
def evaluate(
    data: Data,
    images: Images = None,
    outlines: Outlines = None,
    model: Model = DEFAULT,
    out: Annotated[Path | None, typer.Option(help="Folder for evaluation.json and predictions.csv.")] = None,
    include_fitted: Annotated[
        bool, typer.Option(help="Also judge on images the model was fitted or calibrated on.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Print how good the model is on labelled photos, with 95% intervals by bootstrap over lesions.

    Images of lesions that the model was fitted or calibrated on are left out, unless --include-fitted is
    given.
    """
    try:
        from melanoma.evaluation.run import evaluate_bundle
        from melanoma.model.bundle import load_bundle
    except ModuleNotFoundError as missing:
        raise UserError(f"evaluate needs {missing.name}: pip install -r requirements-dev.txt") from missing
    evaluated = evaluate_bundle(load_bundle(model), data, images, outlines, include_fitted)
    if out is not None:
        evaluated.write(out)
    if as_json:
        print_json(evaluated.as_json())
    else:
        print(evaluated.as_text())


@commands.command()
def recalibrate(
    bundle: Annotated[Path, typer.Argument(help="Folder of the model.")],
    data: Annotated[
        list[Path] | None,
        typer.Option(
            help="Labelled photos to set them on: a labels CSV, or folder with one subfolder a diagnosis; "
            "repeat it for more. By default the scores that the model has stored."
        ),
    ] = None,
    images: Images = None,
    outlines: Outlines = None,
    out: Annotated[
        Path | None,
        typer.Option(
            help="Folder of the new model; a model that is there is replaced. By default BUNDLE-recalibrated."
        ),
    ] = None,
    sensitivity: Annotated[
        float | None,
        typer.Option(help="Share of the melanomas that the alert is to find; by default as before."),
    ] = None,
    coverage: Annotated[
        float | None, typer.Option(help="Coverage that prediction sets aim at; by default as before.")
    ] = None,
    framing: Annotated[
        str | None,
        typer.Option(
            help="Show the network another square of each photo: centre-square or lesion-square. --data then "
            "names the photos that the model was made with, which keep their splits."
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Set a model's temperature, alert and prediction sets again, and make its card, without training.

    From the scores stored with the model, or from labelled photos: half of their lesions set, half judge.
    Lesions that the network was fitted to are left out.
    """
    if data is None and (images or outlines):
        raise UserError("--images and --outlines belong to --data. Give the labels too.")
    try:
        from melanoma.model.bundle import load_bundle
        from melanoma.training import recalibration
    except ModuleNotFoundError as missing:
        raise UserError(f"recalibrate needs {missing.name}: pip install -r requirements-dev.txt") from missing
    found = recalibration.recalibrate(
        load_bundle(bundle), out, data, images, outlines, sensitivity, coverage, framing
    )
    print(json_text(found.as_json()) if as_json else found.as_text())


@commands.command()
def adopt(
    model: Annotated[Path, typer.Argument(help="A classifier that Keras 3 saved, MODEL.keras.")],
    data: Data,
    out: Annotated[Path, typer.Option(help="Folder of the new model, such as models/NAME.")],
    images: Images = None,
    outlines: Outlines = None,
    classes: Annotated[
        str | None,
        typer.Option(help="Its outputs in order, such as MEL,NV,BCC; by default --data's folders by name."),
    ] = None,
    preprocessing: Annotated[
        str, typer.Option(help="What it expects of the pixels: 0-255, 0-1, -1-1 or imagenet.")
    ] = "0-255",
    framing: Annotated[
        str, typer.Option(help="Which square of a photo it sees: centre-square or lesion-square.")
    ] = "centre-square",
    sensitivity: Annotated[
        float, typer.Option(help="Share of the melanomas that the alert is to find.")
    ] = 0.95,
    as_json: AsJson = False,
) -> None:
    """Make a model of your own Keras classifier, to be opened and explained like any other.

    Half of the labelled lesions set its temperature, alerts and sets, and the other half judge them. A model
    file can be hostile: only what Keras loads in its safe mode is taken.
    """
    try:
        from melanoma.training import adopting
    except ModuleNotFoundError as missing:
        raise UserError(f"adopt needs {missing.name}: pip install -r requirements-dev.txt") from missing
    with contextlib.redirect_stdout(sys.stderr if as_json else sys.stdout):
        made = adopting.adopt(
            model, data, out, images, outlines, classes, preprocessing, framing, sensitivity
        )
    if as_json:
        told = {"name": made.name, "path": str(out), "version": made.version, "codes": list(made.codes)}
        print(json_text(told | {"figures": made.figures}))
    else:
        print(f"written to {out}: python -m melanoma explain PHOTO --model {out} --out overlay.png")


def main() -> None:
    """Run the command line; a user's error is one sentence and exit status 2."""
    with exit_on_user_error():
        commands(prog_name="melanoma")


def _named_values(pairs: list[str]) -> dict[str, str]:
    """Return NAME=VALUE texts as a dictionary."""
    named = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals:
            raise UserError(f"--set takes NAME=VALUE, and “{pair}” has no “=”.")
        named[name.strip()] = value.strip()
    return named


def _outline(photo: "np.ndarray", mask: Path | None, geometry: "Geometry") -> "np.ndarray | None":
    """Return the lesion as the network sees it, bool (S, S), from a file or else found; or None."""
    from melanoma.lesion.mask_files import on_photo, read_mask
    from melanoma.lesion.outline import Outline
    from melanoma.measures.lesion_in_view import find_lesion_in_view, outline_in_view

    if mask is None:
        return find_lesion_in_view(photo, geometry).inside
    inside = on_photo(read_mask(mask), geometry.width, geometry.height)
    return outline_in_view(Outline(inside, 1.0), geometry, by_hand=True).mask
