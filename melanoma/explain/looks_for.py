"""What each output looks for, computed ahead: a picture a diagnosis beside the bundle, tied to its network.

Minutes of work for a model, so the page reads what `python -m melanoma looks-for` wrote. The pictures lie in
the bundle's folder and name the network that they were made with; those of another network are not shown.
"""

import json
from pathlib import Path
from typing import Annotated

import cv2
import numpy as np
import typer

from melanoma.files import write_whole
from melanoma.model import bundle as bundles
from melanoma.model.bundle import Bundle
from melanoma.output import json_text

FOLDER = "looks-for"
_MADE = "made.json"
STEPS = 200
"""Of gradient ascent: with fewer, parts of the picture are still the grey that it began with."""


def read_looks_for(bundle: Bundle) -> dict[str, bytes]:
    """Return a PNG for each diagnosis, its contrast raised, by code.

    Empty if they are absent or of another network.
    """
    folder = bundle.path / FOLDER
    try:
        made = json.loads((folder / _MADE).read_text(encoding="utf-8"))
        if made["network"] != _network(bundle):
            return {}
        return {code: (folder / f"{code}.png").read_bytes() for code in bundle.codes}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def looks_for(
    model: Annotated[Path, typer.Option(help="Folder of the model.")] = bundles.DEFAULT,
    steps: Annotated[int, typer.Option(min=1, max=2000, help="Steps of gradient ascent.")] = STEPS,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Make a picture that pleases each output most, for the lesson; takes minutes, once for a model."""
    from melanoma.explain.activation_maximisation import maximise_log_odds
    from melanoma.model.classifier import load_compiled

    bundle = bundles.load_bundle(model)
    network = load_compiled(bundle)
    folder = bundle.path / FOLDER
    folder.mkdir(exist_ok=True)
    (folder / _MADE).unlink(missing_ok=True)  # half a set is no set
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
    made = {"network": _network(bundle), "steps": steps, "log_odds": reached}
    write_whole(folder / _MADE, json.dumps(made, indent=2) + "\n")
    print(json_text(made | {"folder": str(folder)}) if as_json else f"Written to {folder}")


def raise_contrast(picture: np.ndarray) -> np.ndarray:
    """Return uint8 (S, S, 3) about mid-grey, its range so wide that 1% of the values are cut off.

    The network answers to changes of a few grey levels, which the eye hardly sees.
    """
    away = picture.astype(np.float64) - picture.mean(axis=(0, 1))
    widest = max(float(np.percentile(np.abs(away), 99)), 1.0)
    return np.clip(np.rint(127.5 + away * 127.5 / widest), 0, 255).astype(np.uint8)


def _network(bundle: Bundle) -> str:
    return bundle.files["model.keras"]
