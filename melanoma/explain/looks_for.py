"""What each output looks for, computed ahead: a picture a diagnosis beside the bundle, tied to its network.

Minutes of work for a model, so the page reads what `python -m melanoma looks-for` wrote. The pictures lie in
the bundle's folder and name the network that they were made with; those of another network are not shown.
"""

import json

import numpy as np

from melanoma.model.bundle import Bundle

FOLDER = "looks-for"
MADE = "made.json"


def read_looks_for(bundle: Bundle) -> dict[str, bytes]:
    """Return a PNG for each diagnosis, its contrast raised, by code.

    Empty if they are absent or of another network.
    """
    folder = bundle.path / FOLDER
    try:
        made = json.loads((folder / MADE).read_text(encoding="utf-8"))
        if made["network"] != network_of(bundle):
            return {}
        return {code: (folder / f"{code}.png").read_bytes() for code in bundle.codes}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def raise_contrast(picture: np.ndarray) -> np.ndarray:
    """Return uint8 (S, S, 3) about mid-grey, its range so wide that 1% of the values are cut off.

    The network answers to changes of a few grey levels, which the eye hardly sees.
    """
    away = picture.astype(np.float64) - picture.mean(axis=(0, 1))
    widest = max(float(np.percentile(np.abs(away), 99)), 1.0)
    return np.clip(np.rint(127.5 + away * 127.5 / widest), 0, 255).astype(np.uint8)


def network_of(bundle: Bundle) -> str:
    """Return what tells a bundle's network from others."""
    return bundle.files["model.keras"]
