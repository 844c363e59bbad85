"""A bundle from a Keras classifier of one's own, calibrated and judged on labelled photos."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from melanoma.data.labels.read import Paths, read_labels
from melanoma.diagnoses import canonical
from melanoma.errors import UserError
from melanoma.files import user_error_if_unwritable
from melanoma.lesion.framing import CENTRE_SQUARE, FRAMINGS, frame_photo
from melanoma.model.adopted_network import PREPROCESSING, AdoptedNetwork, adopt_network, load_own_model
from melanoma.model.bundle import Bundle, sha256
from melanoma.model.network import shift_bias
from melanoma.photos.reading import read_image
from melanoma.training.export import export_bundle
from melanoma.training.recalibration_scores import halve_by_lesion, require_enough
from melanoma.training.recipes import Description

CLOSE = 1e-5
"""The largest difference of a probability between the model and its bundle, on labelled photos."""
COMPARED = 64
"""Photos on which both are compared."""

_NETWORK = """A Keras model of another origin, `{file}` (SHA-256 `{digest}`), at {size} x {size} pixels of a
square of the photo (framing `{framing}`; pixels prepared as `{preprocessing}`). {evidence} On {compared}
labelled photos its probabilities are the model's own to within {difference:.0e}, before the temperature."""
_ADDITIVE = """It ends in global average pooling and one dense layer, so that an evidence map adds up to each
diagnosis' log-odds."""
_NOT_ADDITIVE = """It does not end in global average pooling and one dense layer, so that no evidence map adds
up to its log-odds; the methods that use gradients or cover parts of the photo explain it."""
_SPLIT = """What the model was fitted to is not known here: if these photos were among it, the figures below
are too good. Half of the lesions of each diagnosis set temperature, alerts and sets, the other half judge."""
_LICENCE = """The terms of the network are those of whoever made it and of the photos that it was fitted to,
which are not known here."""


@dataclass(frozen=True)
class Adoption:
    """What the bundle of an adopted model says of where it comes from; a `recipes.Exported`."""

    name: str
    file: str
    digest: str
    preprocessing: str
    image_size: int
    framing: str
    sensitivity: float
    additive: bool
    compared: int
    difference: float
    seed: int = 7

    backbone: ClassVar[str | None] = None
    temperature: ClassVar[float | None] = None

    def settings(self) -> dict[str, Any]:
        """Return all fields by name."""
        return asdict(self)

    def description(self, origin: str, history: pd.DataFrame) -> Description:
        """Return the own parts of the model card."""
        network = _NETWORK.format(
            evidence=_ADDITIVE if self.additive else _NOT_ADDITIVE, size=self.image_size, **_shown(self)
        )
        return Description(
            network=network,
            split=_SPLIT,
            test_images=", which may be among what the model was fitted to",
            temperature=", set on the calibration lesions",
            licence=_LICENCE,
        )


def _shown(adoption: Adoption) -> dict[str, Any]:
    names = ("file", "digest", "framing", "preprocessing", "compared", "difference")
    return {name: getattr(adoption, name) for name in names}


def adopt(
    file: Path,
    data: Paths,
    out: Path,
    images: Paths = None,
    outlines: Paths = None,
    classes: str | None = None,
    preprocessing: str = PREPROCESSING[0],
    framing: str = CENTRE_SQUARE,
    sensitivity: float = 0.95,
) -> Bundle:
    """Write the bundle of the model in a `.keras` file to `out`, set and judged on labelled photos.

    `classes` names the model's outputs in their order, separated by commas; without it they are the class
    folders of `data` by name, as `keras.utils.image_dataset_from_directory` orders them. The mix that the
    probabilities assume is that of the labels, and at temperature 1 they are the model's own. Raises
    UserError if the file is no such model, if labels and outputs do not fit, or if a bundle would answer
    otherwise than the model.
    """
    if framing not in FRAMINGS:
        raise UserError(f"There is no framing “{framing}”. Choose one of {', '.join(FRAMINGS)}.")
    adopted = adopt_network(load_own_model(file), preprocessing)
    codes = _codes(classes, data, int(adopted.network.output_shape[1]))
    labels = read_labels(data, images, outlines)
    for remark in labels.remarks():
        print(remark)
    table = labels.table
    unknown = sorted(set(table["diagnosis"]) - set(codes))
    if unknown:
        raise UserError(
            f"The labels hold {', '.join(unknown)}, for which the model has no output ({', '.join(codes)}). "
            "Take those rows out, or name the outputs with --classes."
        )
    table = table.assign(split=halve_by_lesion(table))
    require_enough(table, codes, sensitivity)
    difference, compared = _difference(adopted, table, framing)
    counts = table["diagnosis"].value_counts()
    prior = np.array([counts[code] for code in codes], dtype=float) / len(table)
    shift_bias(adopted.network, -np.log(prior))
    adoption = Adoption(
        name="adopted",
        file=file.name,
        digest=sha256(file),
        preprocessing=preprocessing,
        image_size=int(adopted.network.input_shape[1]),
        framing=framing,
        sensitivity=sensitivity,
        additive=adopted.additive,
        compared=compared,
        difference=difference,
    )
    with user_error_if_unwritable(out):
        return export_bundle(
            adopted.network, prior, table, codes, adoption, f"the model {file.name}", pd.DataFrame(), out
        )


def _codes(classes: str | None, data: Paths, outputs: int) -> list[str]:
    """Return the code of each output; raises UserError if that cannot be known."""
    words = [word.strip() for word in classes.split(",")] if classes else _class_folders(data)
    if not words:
        raise UserError(
            "Nothing says which output of the model is which diagnosis. Name them in order: "
            "--classes melanoma,nevus,…"
        )
    codes = [canonical(word) for word in words]
    for word, code in zip(words, codes, strict=True):
        if code is None:
            raise UserError(f"No diagnosis is known by the name “{word}”. Use codes such as MEL, NV, BCC.")
    named = [code for code in codes if code is not None]
    twice = sorted({code for code in named if named.count(code) > 1})
    if twice:
        raise UserError(
            f"{', '.join(twice)} stands for two outputs, and each has to be a diagnosis of its own."
        )
    if len(named) != outputs:
        raise UserError(
            f"The model has {outputs} outputs, and {len(named)} diagnoses are named ({', '.join(named)}). "
            "Name each output in its order with --classes."
        )
    if "MEL" not in named:
        raise UserError("No output of the model is melanoma (MEL), which alerts and figures are about.")
    return named


def _class_folders(data: Paths) -> Sequence[str]:
    """Return the names of the class folders of one folder, sorted as Keras sorts them."""
    given = [Path(one) for one in ([data] if isinstance(data, str | Path) else data or ())]
    if len(given) != 1 or not given[0].is_dir():
        return ()
    return sorted(child.name for child in given[0].iterdir() if child.is_dir() and any(child.iterdir()))


def _difference(adopted: AdoptedNetwork, table: pd.DataFrame, framing: str) -> tuple[float, int]:
    """Return the largest difference of a probability on labelled photos, and how many could be read.

    Raises UserError if it is above `CLOSE`, or if none of them can be read.
    """
    size = int(adopted.network.input_shape[1])
    pixels = []
    for path in table.sample(min(len(table), COMPARED), random_state=0)["path"]:
        try:
            pixels.append(frame_photo(read_image(path), size, framing).pixels)
        except UserError as error:
            print(f"left out: {error}")
    if not pixels:
        raise UserError("None of the labelled photos can be read, so the model cannot be tried.")
    found = adopted.difference(np.stack(pixels))
    if not found <= CLOSE:
        raise UserError(
            f"As one graph the model answers otherwise: a probability differs by {found:.1e}, and "
            f"{CLOSE:.0e} is allowed. A layer of it computes differently there, so it is not adopted."
        )
    return found, len(pixels)
