"""The start of a run from the weights of a finished model (`train.py --start`)."""

from pathlib import Path

import keras

from melanoma.errors import UserError
from melanoma.model.bundle import Bundle, load_bundle
from melanoma.training.dataset import Dataset


def load_start(path: Path, backbone: str | None, dataset: Dataset) -> Bundle:
    """Return the bundle that a run on this data may begin with.

    Raises UserError if the bundle cannot be read, has another backbone or other diagnoses, or was fitted to
    lesions that the run holds out.
    """
    bundle = load_bundle(path)
    require_same_split(bundle, dataset)
    if bundle.backbone != backbone:
        raise UserError(
            f"{bundle.path} has another backbone than {backbone}, so its weights do not fit. "
            "Choose its own with --backbone."
        )
    return bundle


def require_same_split(bundle: Bundle, dataset: Dataset) -> None:
    """Raise UserError if the bundle has other diagnoses, or was fitted to lesions that this run holds out."""
    if bundle.codes != dataset.codes:
        raise UserError(
            f"{bundle.path} knows {', '.join(bundle.codes)}; the data hold {', '.join(dataset.codes)}."
        )
    known, table = bundle.load_split(), dataset.table
    fitted = set(known.loc[known["split"] == "train", "lesion_id"])
    leaked = table.loc[table["split"].isin(["calibration", "test"]) & table["lesion_id"].isin(fitted)]
    if len(leaked):
        raise UserError(
            f"{bundle.path} was fitted to lesions of {len(leaked)} images that this run holds back, so its "
            "figures would flatter. Start from another model, or use the data it was made with."
        )


def set_start_weights(network: keras.Model, bundle: Bundle) -> None:
    """Give a network the weights of a bundle, in place. Both assume an even mix."""
    network.set_weights(bundle.load_network().get_weights())


def describe_start(bundle: Bundle) -> str:
    """Return in words which weights the run begins with."""
    return f"the weights of {bundle.name} (version {bundle.version})"
