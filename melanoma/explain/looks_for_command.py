"""The command `melanoma looks-for`. Imports what it needs when it runs, so that others start quickly."""

import json
from pathlib import Path
from typing import Annotated

import typer

from melanoma.files import write_whole
from melanoma.model.bundle_folders import DEFAULT
from melanoma.output import json_text

STEPS = 200
"""Of gradient ascent: with fewer, parts of the picture are still the grey that it began with."""


def looks_for(
    model: Annotated[Path, typer.Option(help="Folder of the model.")] = DEFAULT,
    steps: Annotated[int, typer.Option(min=1, max=2000, help="Steps of gradient ascent.")] = STEPS,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Make a picture that pleases each output most, for the lesson; takes minutes, once for a model."""
    import cv2

    from melanoma.explain.activation_maximisation import maximise_log_odds
    from melanoma.explain.looks_for import FOLDER, MADE, network_of, raise_contrast
    from melanoma.model.bundle import load_bundle
    from melanoma.model.classifier import load_compiled

    bundle = load_bundle(model)
    network = load_compiled(bundle)
    folder = bundle.path / FOLDER
    folder.mkdir(exist_ok=True)
    (folder / MADE).unlink(missing_ok=True)  # half a set is no set
    reached = {}
    for index, code in enumerate(bundle.codes):
        picture = maximise_log_odds(network, bundle.calibration, index, steps)
        log_odds = bundle.calibration.log_odds(network.run(picture[None]).logits[0])
        reached[code] = round(float(log_odds[index]), 3)
        shown = raise_contrast(picture)
        _, encoded = cv2.imencode(".png", shown[:, :, ::-1], [cv2.IMWRITE_PNG_COMPRESSION, 9])
        write_whole(folder / f"{code}.png", encoded.tobytes())
        if not as_json:
            print(f"{code}: log-odds {reached[code]:+.1f}")
    made = {"network": network_of(bundle), "steps": steps, "log_odds": reached}
    write_whole(folder / MADE, json.dumps(made, indent=2) + "\n")
    print(json_text(made | {"folder": str(folder)}) if as_json else f"Written to {folder}")
