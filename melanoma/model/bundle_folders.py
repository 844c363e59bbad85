"""Where bundles lie. Imports nothing, so that commands can name their default at once."""

import os
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
DEFAULT = CHECKOUT / "models" / "isic8-mobilenet"
MODELS = "MELANOMA_MODELS"
"""Environment variable for another folder of bundles."""
DESCRIPTION = "bundle.json"


def models_folder() -> Path:
    """Return the folder of bundles, by default that of the shipped one."""
    return Path(os.environ.get(MODELS) or DEFAULT.parent)


def bundles_in(folder: Path) -> dict[str, Path]:
    """Return every bundle of a folder by its own folder's name, valid or not; none if there is no folder.

    Unfinished ones, whose names begin with a full stop, are left out.
    """
    if not folder.is_dir():
        return {}
    return {
        child.name: child
        for child in folder.iterdir()
        if not child.name.startswith(".") and (child / DESCRIPTION).is_file()
    }
