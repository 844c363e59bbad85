"""models/<name>/ on disk: a trained network with all that the page, the commands and the tests need."""

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from melanoma.diagnoses import is_malignant
from melanoma.errors import UserError
from melanoma.model.bundle_checks import DECIDING, require_sound, unsound
from melanoma.model.bundle_folders import CHECKOUT, DESCRIPTION
from melanoma.model.bundle_folders import DEFAULT as DEFAULT
from melanoma.model.bundle_folders import MODELS as MODELS
from melanoma.model.bundle_folders import bundles_in as bundles_in
from melanoma.model.bundle_folders import models_folder as models_folder
from melanoma.model.bundle_layout import (
    CLASS_CONDITIONAL,
    FIRST_FORMAT,
    PLACES,
    grouped,
    of_the_first_format,
    ungrouped,
)
from melanoma.model.in_distribution import References, load_references
from melanoma.model.log_odds import Calibration
from melanoma.model.neighbours import KnownLesions, load_known_lesions
from melanoma.model.prediction_sets import in_sets
from melanoma.phrases import Sentence

if TYPE_CHECKING:  # it takes 0.3 s to import, and an answer needs none
    import pandas as pd

FORMAT = 2
"""Format 1 was a flat list of fields without a checksum, and had no backbone field."""
_READ = (1, FORMAT)
NETWORK = "model.keras"
LITERT = "model.tflite"
"""The same network for LiteRT (`litert_pass`). Where it is absent or unsound, Keras answers."""
FINGERPRINTS = "fingerprints.parquet"
KNOWN_LESIONS = "neighbours.npz"


@dataclass(frozen=True)
class Bundle:
    """The content of `bundle.json`, and its folder. All lists are in the order of `codes`."""

    name: str
    codes: tuple[str, ...]
    image_size: int
    """Side of the network's input, pixels."""
    framing: str
    prior: tuple[float, ...]
    """The prior: the mix of diagnoses that the probabilities assume."""
    temperature: float
    alert_threshold: float
    """Alert when the probability of melanoma is at least this."""
    alert_sensitivity: float
    """The share of melanomas that the threshold was chosen to find, the other one of malignant lesions."""
    conformal_coverage: float
    conformal_quantiles: tuple[float, ...]
    """The limit of each diagnosis for `prediction_sets.in_sets`."""
    distance_threshold: float
    """Largest distance to the training features that still counts as in distribution."""
    recipe: dict[str, Any]
    data_fingerprint: str
    versions: dict[str, str]
    created: str
    backbone: str | None = "mobilenet"
    """Name in `melanoma.model.backbones`; None for a network without one."""
    conformal_method: str = CLASS_CONDITIONAL
    """How prediction sets are made, one of `bundle_layout.SET_METHODS`."""
    alert_confidence: float | None = None
    """Confidence with which the bounds below hold; None for the first bundles, which had none."""
    alert_bound: float | None = None
    """At least this share of melanomas like those that the threshold was set on alerts."""
    alert_lesions: int | None = None
    """How many melanomas that was set on."""
    malignancy_threshold: float | None = None
    """Alert when the malignant diagnoses together reach this probability; None: no such alert."""
    malignancy_bound: float | None = None
    malignancy_lesions: int | None = None
    """Both as for melanoma, of all malignant lesions."""
    least_coverage: float | None = None
    """Coverage aimed at for each diagnosis but melanoma; None: the same as `conformal_coverage`."""
    recalibrated: dict[str, Any] | None = None
    """Source and time of the last recalibration (`training.recalibration`); None if there was none."""
    figures: dict[str, Any] = field(default_factory=dict)
    """The results of `evaluate` on the held-out lesions."""
    files: dict[str, str] = field(default_factory=dict)
    """SHA-256 of every other file, by name."""
    path: Path = Path()

    @property
    def version(self) -> str:
        """Short hash that changes with any file of the bundle, and with any of the fields `DECIDING`."""
        return _digest({name: getattr(self, name) for name in (*DECIDING, "files")})[:12]

    @property
    def calibration(self) -> Calibration:
        """How the network's logits become probabilities."""
        return Calibration(self.temperature, self.prior)

    def in_sets(self, probabilities: np.ndarray) -> np.ndarray:
        """Return which diagnoses are in the prediction set, bool (…, classes), for probabilities."""
        return in_sets(probabilities, np.array(self.conformal_quantiles), self.conformal_method)

    @property
    def malignant(self) -> list[int]:
        """The indices of the malignant diagnoses, and of those that can become so."""
        return [index for index, malignant in enumerate(is_malignant(self.codes)) if malignant]

    def load_network(self) -> Any:
        """Return the Keras model: uint8 (n, S, S, 3) -> logits (n, classes)."""
        import keras  # TensorFlow takes seconds to import, and the page frame should show first

        return keras.saving.load_model(self._sound(NETWORK), compile=False, safe_mode=True)

    def load_litert(self) -> bytes | None:
        """Return the network's LiteRT file, None in a bundle without; raises UserError if it is unsound."""
        if LITERT not in self.files:
            return None
        content = self._sound(LITERT).read_bytes()
        if hashlib.sha256(content).hexdigest() != self.files[LITERT]:  # of what is used, whatever changes
            raise _changed(f"{self.path.name}/{LITERT}")
        return content

    def load_references(self) -> References:
        """Return the features that the in-distribution check compares with.

        Raises UserError if the bundle's threshold cannot be one for them: no distance lies below 0, and only
        where close-ups are known too is it a difference of distances.
        """
        references = load_references(self._sound("features.npz"))
        if references.close_ups is None and self.distance_threshold <= 0:
            raise unsound(
                self.path / DESCRIPTION,
                PLACES["distance_threshold"],
                self.distance_threshold,
                Sentence("a number above 0"),
            )
        return references

    def load_predictions(self) -> "pd.DataFrame":
        """Return true diagnosis, probabilities, age group, sex, site and source of the held-out images."""
        return _read_table(self._sound("predictions.parquet"))

    def load_split(self) -> "pd.DataFrame":
        """Return `image_id`, `lesion_id` and `split` of every image of the training run."""
        return _read_table(self._sound("split.parquet"))

    def load_fingerprints(self) -> "pd.DataFrame | None":
        """Return the fingerprints of the pictures that it was fitted to or calibrated on.

        None in a bundle without them.
        """
        return _read_table(self._sound(FINGERPRINTS)) if FINGERPRINTS in self.files else None

    def load_known_lesions(self) -> KnownLesions | None:
        """Return the public lesions that photos are compared with, None in a bundle without them."""
        return load_known_lesions(self._sound(KNOWN_LESIONS)) if KNOWN_LESIONS in self.files else None

    def _sound(self, name: str) -> Path:
        """Return a file of the bundle after checking its hash again: it may have changed meanwhile."""
        _check(self.path, name, self.files.get(name), self.path.name)
        return self.path / name


def load_bundle(path: str | Path = DEFAULT) -> Bundle:
    """Return a bundle whose files all match their hashes; raises UserError otherwise."""
    path = Path(path)
    description = path / DESCRIPTION
    if not description.is_file() and path == DEFAULT and not (CHECKOUT / "train.py").is_file():
        raise UserError(
            "This installation holds no model: the network has terms of its own, so it does not come with "
            "the program. Copy the folder models/{name} of the project's repository, and name it with "
            "--model.",
            name=DEFAULT.name,
        )
    if not description.is_file():
        raise UserError(
            "{path} is not a model: it holds no {file}. Give a folder that train.py made.",
            path=path,
            file=DESCRIPTION,
        )
    try:
        content = json.loads(description.read_text(encoding="utf-8"))
        form = content.pop("format")
        if form not in _READ:
            raise UserError("{path} was made by another version of this project. Train it again.", path=path)
        if form != 1 and content.pop("checksum") != _digest(content):
            raise UserError(
                "{file} does not match its checksum, so it is not used. Copy the model again.",
                file=description,
            )
        content = of_the_first_format(content) if form == 1 else ungrouped(content, description)
        require_sound(content, description, FIRST_FORMAT if form == 1 else PLACES)
        # Format 1 named no backbone: it was MobileNet, and the tutorial's networks had none.
        if form == 1 and str(content["recipe"].get("name", "")).startswith("tutorial-"):
            content.setdefault("backbone", None)
        lists = {name: tuple(content[name]) for name in ("codes", "prior", "conformal_quantiles")}
        bundle = Bundle(**(content | lists), path=path)
    except (ValueError, TypeError, KeyError, AttributeError):
        raise UserError(
            "{file} is damaged. Copy the model again, or train it again.", file=description
        ) from None
    except OSError as error:
        raise UserError(
            "{path} cannot be read ({reason}).", path=description, reason=error.strerror
        ) from None
    if NETWORK not in bundle.files:
        raise UserError(
            "{file} names no model.keras. Copy the model again, or train it again.", file=description
        )
    for name, expected in bundle.files.items():
        if name != LITERT:  # without which Keras answers: it is checked when it is loaded
            _check(path, name, expected, str(path))
    return bundle


def _read_table(file: Path) -> "pd.DataFrame":
    import pandas as pd

    return pd.read_parquet(file)


def _check(folder: Path, name: str, expected: str | None, called: str) -> None:
    """Raise UserError, with the bundle's name `called`, if a file does not have the expected SHA-256."""
    file = folder / name
    if expected is None or not file.is_file():
        raise UserError(
            "{path} is incomplete: {file} is missing. Copy the model again.", path=called, file=name
        )
    try:
        sound = sha256(file) == expected
    except OSError as error:
        raise UserError(
            "{path} cannot be read ({reason}).", path=f"{called}/{name}", reason=error.strerror
        ) from None
    if not sound:
        raise _changed(f"{called}/{name}")


def _changed(file: str) -> UserError:
    return UserError(
        "{file} does not match its checksum, so it is not used. Copy the model again.", file=file
    )


@contextmanager
def new_bundle(target: Path) -> Iterator[Path]:
    """Give an empty folder to fill, which is renamed to `target` at the end of the block.

    If the block raises, it is removed, and a bundle that was at `target` stays. (`files.atomic_write` is for
    single files: a folder cannot be replaced by one rename.)
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    unfinished = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    try:
        yield unfinished
        unfinished.chmod(0o755)
        if target.exists():
            replaced = unfinished.with_name(unfinished.name + "-replaced")
            os.replace(target, replaced)
            os.replace(unfinished, target)
            shutil.rmtree(replaced)
        else:
            os.replace(unfinished, target)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def describe(folder: Path, bundle: Bundle) -> Bundle:
    """Write `bundle.json` with the hashes of the files now in the folder; returns the bundle with them."""
    files = {
        file.name: sha256(file)
        for file in sorted(folder.iterdir())  # pictures in folders below name their own network
        if file.is_file() and file.name != DESCRIPTION
    }
    fields = asdict(bundle) | {"files": files}
    del fields["path"]
    content = grouped(fields)
    content = {"format": FORMAT, "checksum": _digest(content)} | content
    (folder / DESCRIPTION).write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    return load_bundle(folder)


def _digest(content: dict[str, Any]) -> str:
    """Return the SHA-256 of a description, independent of the order of its fields."""
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def sha256(file: Path) -> str:
    """Return the SHA-256 of a file's content, in hexadecimal."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
