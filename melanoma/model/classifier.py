"""Images in, predictions out: one compiled pass gives logits and the class maps of all diagnoses."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import keras
import numpy as np
import tensorflow as tf
from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

from melanoma.batches import sliced
from melanoma.errors import UserError
from melanoma.lesion.framing import frame_photo
from melanoma.model.backbones.base import Backbone
from melanoma.model.backbones.registry import backbone_named
from melanoma.model.bundle import Bundle
from melanoma.model.decision import decide
from melanoma.model.network import FEATURES, HEAD, POOLING
from melanoma.model.prediction import Prediction
from melanoma.photos.framing import Geometry
from melanoma.photos.quality import quality_flags

T = TypeVar("T")


@dataclass(frozen=True)
class Outputs:
    """What the compiled pass returns for n images."""

    logits: np.ndarray
    """float32 (n, classes)."""
    class_maps: np.ndarray | None
    """float32 (n, h, w, classes), logit units: their sum over (h, w) plus the bias is the logit. None if the
    network is not additive."""
    features: np.ndarray
    """float32 (n, channels), the mean maps of the backbone's layer for the in-distribution check."""
    last_features: np.ndarray
    """float32 (n, channels), the means of the last feature map: what the head sees, where pooling comes
    before it."""

    def class_maps_of(self, row: int) -> np.ndarray | None:
        """Return one image's class maps (h, w, classes), or None."""
        return None if self.class_maps is None else self.class_maps[row]


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
    """A network of this project, with one compiled pass. Safe to call from several threads."""

    def __init__(self, network: keras.Model, backbone: Backbone | None = None) -> None:
        """Trace the pass once for any number of images.

        `backbone` is None for a network of its own kind, whose last feature map serves the in-distribution
        check.
        """
        self.network, self.backbone = network, backbone
        self.size = int(network.input_shape[1])
        head = network.get_layer(HEAD)
        self.bias: np.ndarray = keras.ops.convert_to_numpy(head.bias)
        self.additive = POOLING in {layer.name for layer in network.layers}
        """True if the logits are sums over the regions of the last feature map."""
        self.grid: tuple[int, int] = tuple(network.get_layer(FEATURES).output.shape[1:3])
        """Rows and columns of the last feature map."""
        self.channels = int(network.get_layer(FEATURES).output.shape[-1])
        """How many maps it has."""
        self.convolutions = sum(
            isinstance(layer, keras.layers.Conv2D | keras.layers.DepthwiseConv2D) for layer in network.layers
        )
        """How many layers convolve."""
        known = network.get_layer(backbone.in_distribution if backbone else FEATURES)
        known_maps = keras.layers.GlobalAveragePooling2D()(known.output)
        parts = [network.get_layer(FEATURES).output, known_maps, network.output]
        inner = keras.Model(network.inputs, parts)

        @tf.function(input_signature=[tf.TensorSpec((None, self.size, self.size, 3), tf.uint8)])
        def forward(pixels: tf.Tensor) -> tuple[tf.Tensor, ...]:
            maps, pooled, logits = inner(pixels, training=False)
            last = tf.reduce_mean(maps, axis=(1, 2))
            if not self.additive:
                return logits, pooled, last
            cells = tf.cast(tf.shape(maps)[1] * tf.shape(maps)[2], maps.dtype)
            # Pooling is a mean and the head is linear, so the head can be applied to each cell before the
            # mean: CAM (Zhou et al. 2016, arXiv:1512.04150), scaled so that cells add up to the logit.
            class_maps = tf.einsum("nhwc,ck->nhwk", maps, tf.cast(head.kernel, maps.dtype)) / cells
            return logits, pooled, last, class_maps

        self._forward = forward
        self._built: dict[Any, Any] = {}
        self._lock = threading.Lock()

    def freeze(self) -> None:
        """Make the weights constants of the pass, so that normalisation is folded into the convolutions.

        It takes an eighth less time from then on, and logits change by some 1e-5 (docs/scale.md). Later
        changes of the network's weights no longer reach this object.
        """
        self._forward = convert_variables_to_constants_v2(self._forward.get_concrete_function())

    def run(self, pixels: np.ndarray) -> Outputs:
        """Return the outputs for uint8 (n, S, S, 3)."""
        parts = self._forward(tf.constant(pixels, tf.uint8))
        logits, features, last, *class_maps = (part.numpy().astype(np.float32) for part in parts)
        return Outputs(logits, class_maps[0] if class_maps else None, features, last)

    def logits(self, pixels: np.ndarray, batch: int) -> np.ndarray:
        """Return the logits, float32 (n, classes), for uint8 (n, S, S, 3), `batch` images at a time."""
        return np.concatenate([self.run(some).logits for some in sliced(pixels, batch)])

    def built_once(self, key: Any, build: Callable[[], T]) -> T:
        """Return `build()`, called once for all threads and kept under `key` with this network."""
        with self._lock:
            if key not in self._built:
                self._built[key] = build()
            return self._built[key]


def load_compiled(bundle: Bundle) -> CompiledNetwork:
    """Return a bundle's network with its backbone; raises UserError if there is no such backbone."""
    return CompiledNetwork(
        bundle.load_network(), backbone_named(bundle.backbone) if bundle.backbone else None
    )


class Classifier:
    """A bundle at work. Safe to share between threads: it keeps nothing of the images it sees."""

    def __init__(self, bundle: Bundle, for_many: bool = False) -> None:
        """Load and compile the network, and run it once so that the first visitor does not wait.

        `for_many` photos it is worth a longer start: see `CompiledNetwork.freeze`.
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
