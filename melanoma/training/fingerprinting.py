"""Fingerprints for a bundle that was made without them, from the data it was made with.

python -m melanoma.training.fingerprinting models/NAME --data labels.csv --images DIR
"""

import shutil
from pathlib import Path
from typing import Annotated

import typer

from melanoma.data import fingerprints
from melanoma.data.labels.options import Data, Images
from melanoma.data.labels.read import Paths, read_labels
from melanoma.errors import UserError, exit_on_user_error
from melanoma.files import user_error_if_unwritable
from melanoma.model.bundle import FINGERPRINTS, Bundle, describe, load_bundle, new_bundle


def add_fingerprints(bundle: Bundle, data: Paths, images: Paths = None) -> Bundle:
    """Return the bundle, which is replaced, with the fingerprints of its fitted pictures.

    Its version changes, since a file more is in it. Raises UserError if one of these is not among the labels.
    """
    table = read_labels(data, images).table
    split = bundle.load_split()
    fitted = split[split["split"] != "test"]
    missing = fitted[~fitted["image_id"].isin(table["image_id"])]
    if len(missing):
        raise UserError(
            f"{len(missing)} of {len(fitted)} pictures that the model was fitted to are not among the "
            f"labels, such as {missing['image_id'].iloc[0]}. Give all that it was made with."
        )
    made = fingerprints.fingerprints(table[table["image_id"].isin(fitted["image_id"])])
    with user_error_if_unwritable(bundle.path), new_bundle(bundle.path) as folder:
        shutil.copytree(bundle.path, folder, dirs_exist_ok=True)
        fingerprints.write(made, folder / FINGERPRINTS)
        describe(folder, bundle)
    return load_bundle(bundle.path)


def _main(
    bundle: Annotated[Path, typer.Argument(help="Folder of the model, which is replaced.")],
    data: Data,
    images: Images = None,
) -> None:
    made = add_fingerprints(load_bundle(bundle), data, images)
    print(f"Written to {made.path / FINGERPRINTS}; version {made.version}")


if __name__ == "__main__":
    with exit_on_user_error():
        typer.run(_main)
