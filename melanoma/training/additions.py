"""Files that a bundle was made without, from the data that it was made with.

python -m melanoma.training.additions fingerprints models/NAME --data labels.csv --images DIR
python -m melanoma.training.additions known-lesions models/NAME --data labels.csv --images DIR
python -m melanoma.training.additions litert models/NAME
"""

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import pandas as pd
import typer

from melanoma.data import fingerprints
from melanoma.data.labels.options import Data, Images
from melanoma.data.labels.read import Paths, read_labels
from melanoma.errors import UserError, exit_on_user_error
from melanoma.evaluation.neighbour_figures import estimate_of, judge_neighbours
from melanoma.evaluation.scoring import Scored, score_table
from melanoma.files import user_error_if_unwritable
from melanoma.model.backbones.registry import backbone_named
from melanoma.model.bundle import (
    FINGERPRINTS,
    KNOWN_LESIONS,
    LITERT,
    Bundle,
    describe,
    load_bundle,
    new_bundle,
)
from melanoma.model.classifier import CompiledNetwork, load_compiled
from melanoma.model.keras_pass import KerasPass
from melanoma.model.neighbours import FEWEST, KnownLesions, fit_known_lesions, public_lesions
from melanoma.training.litert import Difference, drawn_pictures, photos_of, write_litert

_commands = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
_Folder = Annotated[Path, typer.Argument(help="Folder of the model, which is replaced.")]


def add_fingerprints(bundle: Bundle, data: Paths, images: Paths = None) -> Bundle:
    """Return the bundle, which is replaced, with the fingerprints of its fitted pictures.

    Its version changes, since a file more is in it. Raises UserError if one of these is not among the labels.
    """
    table = _as_split(bundle, data, images)
    made = fingerprints.fingerprints(table[table["split"] != "test"])
    return _with_file(bundle, FINGERPRINTS, lambda file: fingerprints.write(made, file))


def add_known_lesions(bundle: Bundle, data: Paths, images: Paths = None) -> Bundle:
    """Return the bundle, which is replaced, with the features of the public lesions that it was fitted to.

    Its version changes likewise. Raises UserError if one of its images is not among the labels, if these have
    too few photos of the ISIC Archive, or if its network has no pooled features.
    """
    table = _as_split(bundle, data, images)
    network = load_compiled(bundle)
    if not network.additive:
        raise UserError("This network does not pool its last features, so no known lesion is near a photo.")
    test = score_table(network, table[table["split"] == "test"], bundle.framing)
    found = known_lesions(network, table, test, bundle)
    if found is None:
        raise UserError(
            f"The model was fitted to fewer than {FEWEST} lesions of the ISIC Archive, too few to show them "
            "as known cases."
        )
    known, figures = found
    bundle = replace(bundle, figures=bundle.figures | figures)
    return _with_file(bundle, KNOWN_LESIONS, known.save)


def add_litert(bundle: Bundle, data: Paths | None = None, images: Paths = None) -> tuple[Bundle, Difference]:
    """Return the bundle, which is replaced, with its network for LiteRT, and by how much that differs.

    They are compared on drawn lesions, or on photos of `data`. Its version changes likewise. Raises UserError
    if the network cannot be converted or the two differ; the bundle then stays as it is.
    """
    if data is None:
        pictures = drawn_pictures(bundle.image_size)
    else:
        pictures = photos_of(read_labels(data, images).table, bundle.image_size, bundle.framing)
    backbone = backbone_named(bundle.backbone) if bundle.backbone else None
    network = KerasPass(bundle.load_network(), backbone)
    found: list[Difference] = []
    made = _with_file(bundle, LITERT, lambda file: found.append(write_litert(file.parent, network, pictures)))
    return made, found[0]


def known_lesions(
    network: CompiledNetwork, table: pd.DataFrame, test: Scored, bundle: Bundle
) -> tuple[KnownLesions, dict[str, Any]] | None:
    """Return the public lesions among the fitted ones, and their part of the bundle's figures.

    `table` has the columns of `read_labels` and the `split` of each image, `test` the scores of its test
    images. None where they are too few, or the network has no pooled features.
    """
    public = public_lesions(table[table["split"] == "train"])
    if not network.additive or len(public) < FEWEST:
        return None
    fitted = score_table(network, public, bundle.framing)
    known = fit_known_lesions(fitted.table, fitted.last_features)
    if known is None:
        return None
    answers = np.array(bundle.codes)[bundle.calibration.probabilities(test.logits).argmax(axis=1)]
    return known, {"neighbours": judge_neighbours(known, test.table, test.last_features, answers)}


def _as_split(bundle: Bundle, data: Paths, images: Paths) -> pd.DataFrame:
    """Return the labels of the bundle's images with their `split`; raises UserError if some are not there."""
    table = read_labels(data, images).table
    split = bundle.load_split()
    missing = split[~split["image_id"].isin(table["image_id"]) & (split["split"] != "test")]
    if len(missing):
        raise UserError(
            f"{len(missing)} of {(split['split'] != 'test').sum()} pictures that the model was fitted to are "
            f"not among the labels, such as {missing['image_id'].iloc[0]}. Give all that it was made with."
        )
    return table.merge(split[["image_id", "split"]], on="image_id")


def _with_file(bundle: Bundle, name: str, write: Callable[[Path], None]) -> Bundle:
    with user_error_if_unwritable(bundle.path), new_bundle(bundle.path) as folder:
        shutil.copytree(bundle.path, folder, dirs_exist_ok=True)
        write(folder / name)
        describe(folder, bundle)
    return load_bundle(bundle.path)


@_commands.command("fingerprints")
def _fingerprints(bundle: _Folder, data: Data, images: Images = None) -> None:
    """Add the fingerprints by which fitted pictures are known again."""
    made = add_fingerprints(load_bundle(bundle), data, images)
    print(f"Written to {made.path / FINGERPRINTS}; version {made.version}")


@_commands.command("known-lesions")
def _known_lesions(bundle: _Folder, data: Data, images: Images = None) -> None:
    """Add the lesions that the page shows as known cases for and against."""
    made = add_known_lesions(load_bundle(bundle), data, images)
    print(f"Written to {made.path / KNOWN_LESIONS}; version {made.version}")
    found = made.figures["neighbours"]
    for words, stored in (
        ("nearest known lesion right", found["right"]),
        *((f"  {source}", stored) for source, stored in found["right_by_source"].items()),
        ("named diagnosis right where they agree", found["named_right"]["agree"]),
        ("where they differ", found["named_right"]["differ"]),
        ("missed melanomas nearest to a melanoma", found["missed"]),
    ):
        print(f"{words}: {estimate_of(stored)}, {stored['images']} test photos")


@_commands.command("litert")
def _litert(
    bundle: _Folder,
    data: Annotated[
        list[Path] | None, typer.Option(help="Labelled photos to compare on; by default drawn lesions.")
    ] = None,
    images: Images = None,
) -> None:
    """Add the network for LiteRT, which answers without TensorFlow; compared on drawings, or on --data."""
    made, found = add_litert(load_bundle(bundle), data, images)
    print(f"Written to {made.path / LITERT}; version {made.version}. It differs from Keras {found}.")


if __name__ == "__main__":
    with exit_on_user_error():
        _commands()
