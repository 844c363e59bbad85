"""Images in, predictions out: one pass gives logits and the class maps of all diagnoses."""

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from melanoma.batches import sliced
from melanoma.errors import UserError
from melanoma.lesion.framing import frame_photo
from melanoma.model.bundle import LITERT, NETWORK, Bundle
from melanoma.model.decision import decide
from melanoma.model.forward_pass import ForwardPass, Outputs
from melanoma.model.litert_pass import LiteRtPass
from melanoma.model.prediction import Prediction
from melanoma.pause_points import in_steps
from melanoma.photos.framing import Geometry
from melanoma.photos.quality import quality_flags

if TYPE_CHECKING:  # TensorFlow takes seconds to import, and most answers need none
    import keras

    from melanoma.model.backbones.base import Backbone
    from melanoma.model.remote_keras import KerasProcess

    KerasParts = tuple[keras.Model, Backbone | None]

_LOG = logging.getLogger(__name__)
T = TypeVar("T")


@dataclass(frozen=True)
class Prepared:
    """What remains of a photo once it is framed: some hundred kilobytes, whatever the photo's size."""

    pixels: np.ndarray
    """uint8 (S, S, 3), what the network sees."""
    geometry: Geometry
    quality: tuple[str, ...]
    lesion_not_seen: float | None
    """Both as in `Prediction`."""


class CompiledNetwork:
    """A network of this project: its forward pass, and the Keras model for all that differentiates.

    Safe to call from several threads.
    """

    forward: ForwardPass
    keras_process: "KerasProcess | None" = None
    """The process in which the functions of `keras_task` compute; None for this one."""
    _parts: "KerasParts | None" = None

    def __init__(self, network: "keras.Model", backbone: "Backbone | None" = None) -> None:
        """Compile the pass of a Keras model.

        `backbone` is None for a network of its own kind, whose last feature map serves the in-distribution
        check.
        """
        from melanoma.model.keras_pass import KerasPass

        self._set(KerasPass(network, backbone), lambda: (network, backbone))
        self._parts = network, backbone

    @classmethod
    def with_pass(cls, forward: ForwardPass, load: "Callable[[], KerasParts]") -> "CompiledNetwork":
        """Return a network whose pass is at hand; `load` is called when the Keras model is first needed."""
        made = cls.__new__(cls)
        made._set(forward, load)
        return made

    def with_keras_in(self, process: "KerasProcess") -> "CompiledNetwork":
        """Return the same network, whose Keras model is in another process and never in this one."""

        def refuse() -> "KerasParts":
            raise RuntimeError("the Keras model of this network is in another process: use a keras_task")

        made = CompiledNetwork.with_pass(self.forward, refuse)
        made.keras_process = process
        return made

    def _set(self, forward: ForwardPass, load: "Callable[[], KerasParts]") -> None:
        self.forward, self._load = forward, load
        facts = forward.facts
        self.size, self.bias, self.additive, self.grid = facts.size, facts.bias, facts.additive, facts.grid
        self.channels, self.convolutions, self.layers = facts.channels, facts.convolutions, facts.layers
        self._built: dict[Any, Any] = {}
        self._lock = threading.RLock()  # what is built may ask for the Keras model

    @property
    def network(self) -> "keras.Model":
        """The Keras model, loaded when it is first asked for."""
        return self._keras_parts[0]

    @property
    def backbone(self) -> "Backbone | None":
        """None for a network of its own kind."""
        return self._keras_parts[1]

    @property
    def _keras_parts(self) -> "KerasParts":
        with self._lock:
            if self._parts is None:
                self._parts = self._load()
            return self._parts

    def freeze(self) -> None:
        """Make the weights constants of the pass: quicker, and deaf to later changes of the Keras model."""
        self.forward.freeze()

    def run(self, pixels: np.ndarray) -> Outputs:
        """Return the outputs for uint8 (n, S, S, 3)."""
        return self.forward.run(pixels)

    def logits(self, pixels: np.ndarray, batch: int) -> np.ndarray:
        """Return the logits, float32 (n, classes), for uint8 (n, S, S, 3), `batch` images at a time.

        With a pause point after each batch.
        """
        return np.concatenate([self.run(some).logits for some in in_steps(list(sliced(pixels, batch)))])

    def built_once(self, key: Any, build: Callable[[], T]) -> T:
        """Return `build()`, called once for all threads and kept under `key` with this network."""
        with self._lock:
            if key not in self._built:
                self._built[key] = build()
            return self._built[key]


def load_compiled(bundle: Bundle) -> CompiledNetwork:
    """Return a bundle's network, its pass by LiteRT where that gives Keras' numbers, else by Keras.

    Why it is Keras is logged. Raises UserError if there is no such backbone.
    """
    try:
        forward = litert_pass(bundle)
    except UserError as reason:
        # A bundle of an earlier version has none; any other reason is one to do something about.
        level = logging.INFO if LITERT not in bundle.files else logging.WARNING
        _LOG.log(level, "%s: Keras answers. %s", bundle.name, reason)
        compiled = CompiledNetwork(*_keras_parts(bundle))
        compiled.forward.instead = reason.sentence
        return compiled
    return CompiledNetwork.with_pass(forward, lambda: _keras_parts(bundle))


def litert_pass(bundle: Bundle) -> LiteRtPass:
    """Return the pass of a bundle's LiteRT file.

    Raises UserError, with the reason, if it has none that serves here.
    """
    content = bundle.load_litert()
    if content is None:
        raise UserError("The model has no LiteRT file.")
    return LiteRtPass(content, bundle.image_size, bundle.files[NETWORK])


def _keras_parts(bundle: Bundle) -> "KerasParts":
    from melanoma.model.backbones.registry import backbone_named

    return bundle.load_network(), backbone_named(bundle.backbone) if bundle.backbone else None


class Classifier:
    """A bundle at work. Safe to share between threads: it keeps nothing of the images it sees."""

    def __init__(self, bundle: Bundle, for_many: bool = False) -> None:
        """Load and compile the network, and run it once so that the first visitor does not wait.

        `for_many` photos it is worth a longer start: see `KerasPass.freeze`.
        """
        self.bundle = bundle
        self.compiled = load_compiled(bundle)
        self._require_fit()
        if for_many:
            self.compiled.freeze()
        self._references = bundle.load_references()
        self.compiled.run(np.zeros((1, bundle.image_size, bundle.image_size, 3), np.uint8))

    def __call__(self, photos: Sequence[np.ndarray]) -> list[Prediction]:
        """Return a prediction for each uint8 RGB photo (H, W, 3)."""
        return self.judge([self.prepare(photo) for photo in photos])

    def prepare(self, photo: np.ndarray) -> Prepared:
        """Return all that `judge` needs of a uint8 RGB photo (H, W, 3), which can then be let go."""
        framed = frame_photo(photo, self.bundle.image_size, self.bundle.framing)
        flags = (*quality_flags(photo), *framed.flags)
        return Prepared(framed.pixels, framed.geometry, flags, framed.lesion_not_seen)

    def judge(self, prepared: Sequence[Prepared]) -> list[Prediction]:
        """Return a prediction for each photo, all in one pass of the network.

        Raises UserError if the network's outputs are no finite numbers.
        """
        if not prepared:
            return []
        outputs = self.compiled.run(np.stack([photo.pixels for photo in prepared]))
        if not np.isfinite(outputs.logits).all():
            raise UserError(
                "The network of the model {name} answers with something that is no number. The model is not "
                "used. Copy it again, or train it again.",
                name=self.bundle.name,
            )
        novelty = self._references.novelty(outputs.features)
        return [
            self._decide(photo, outputs.logits[row], outputs.class_maps_of(row), float(novelty[row]))
            for row, photo in enumerate(prepared)
        ]

    def _require_fit(self) -> None:
        """Raise UserError if the network has not the input and the outputs that the bundle speaks of."""
        size, outputs = self.compiled.size, int(self.compiled.bias.size)
        if (size, outputs) != (self.bundle.image_size, len(self.bundle.codes)):
            raise UserError(
                "The network of the model {name} takes {size} x {size} pixels and has {outputs} outputs, and "
                "its description speaks of {wanted} x {wanted} and {classes} diagnoses. The model is not "
                "used. Copy it again, or train it again.",
                name=self.bundle.name,
                size=size,
                outputs=outputs,
                wanted=self.bundle.image_size,
                classes=len(self.bundle.codes),
            )

    def _decide(
        self, photo: Prepared, logits: np.ndarray, class_maps: np.ndarray | None, novelty: float
    ) -> Prediction:
        bundle = self.bundle
        decided = decide(bundle, bundle.calibration.probabilities(logits))
        return Prediction(
            codes=bundle.codes,
            logits=logits,
            calibration=bundle.calibration,
            class_maps=class_maps,
            bias=self.compiled.bias,
            melanoma_alert=decided.melanoma_alert,
            malignancy_alert=decided.malignancy_alert,
            prediction_set=decided.prediction_set,
            in_distribution=novelty <= bundle.distance_threshold,
            novelty=novelty,
            quality=photo.quality,
            pixels=photo.pixels,
            geometry=photo.geometry,
            lesion_not_seen=photo.lesion_not_seen,
        )
