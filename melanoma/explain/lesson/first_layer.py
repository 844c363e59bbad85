"""The first layer of a network as numbers to compute with: its filters, what they make, what follows.

Batch normalisation is an affine function of each filter's answer once a network is fitted, so it is
multiplied into the weights here: the same answers, but for rounding (Jacob et al. 2018, arXiv:1712.05877).
"""

from collections.abc import Iterator
from dataclasses import dataclass

import keras
import numpy as np

from melanoma.errors import UserError

CHANNELS = 3
_PASSED = (
    keras.layers.Dropout,
    keras.layers.SpatialDropout2D,
    keras.layers.GaussianDropout,
    keras.layers.GaussianNoise,
)
"""Layers that do nothing to an answer."""


@dataclass(frozen=True)
class Rectifier:
    """x where it lies between 0 and the ceiling, the ceiling above, and x times the slope below 0."""

    slope: float
    ceiling: float | None
    """None if there is none."""

    def __call__(self, values: np.ndarray) -> np.ndarray:
        """Return what becomes of an array of any shape."""
        ceiling = np.inf if self.ceiling is None else self.ceiling
        return np.minimum(np.where(values < 0, self.slope * values, values), ceiling)


@dataclass(frozen=True)
class Pooling:
    """The largest, or the mean, of the cells in a window that moves by its stride; rows before columns."""

    largest: bool
    """False for the mean."""
    window: tuple[int, int]
    stride: tuple[int, int]
    before: tuple[int, int]
    """Cells of the first window above and left of the map; they count for nothing."""
    shape: tuple[int, int]
    """Of the pooled map."""


@dataclass(frozen=True)
class FirstLayer:
    """A network's first convolution; rows before columns everywhere."""

    kernels: np.ndarray
    """float32 (h, w, 3, filters), batch normalisation included."""
    biases: np.ndarray
    """float32 (filters,)."""
    scale: np.ndarray
    """float64 (3,): what the layer is given of a pixel 0..255 is scale times pixel plus offset."""
    offset: np.ndarray
    stride: tuple[int, int]
    dilation: tuple[int, int]
    before: tuple[int, int]
    """Rows and columns of zeros above and left of the picture."""
    shape: tuple[int, int]
    """Of a filter's map."""
    normalised: bool
    """True if batch normalisation follows the convolution, and is in the numbers above."""
    rectifier: Rectifier | None
    """None if something else follows, or nothing."""
    output: str
    """The layer whose output `maps` is."""
    pooling: Pooling | None
    """None if no pooling comes next."""

    def sums(self, pixels: np.ndarray) -> np.ndarray:
        """Return all filters' answers to uint8 (S, S, 3) before the rectifier, float64 (*shape, filters)."""
        height, width = self.kernels.shape[:2]
        spans = [(side - 1) * step + 1 for side, step in zip((height, width), self.dilation, strict=True)]
        after = [
            max(0, (cells - 1) * stride + span - before - size)
            for cells, stride, span, before, size in zip(
                self.shape, self.stride, spans, self.before, pixels.shape, strict=False
            )
        ]
        given = pixels * self.scale + self.offset
        padded = np.pad(given, [*zip(self.before, after, strict=True), (0, 0)])
        patches = np.lib.stride_tricks.sliding_window_view(padded, spans, axis=(0, 1))
        patches = patches[:: self.stride[0], :: self.stride[1], :, :: self.dilation[0], :: self.dilation[1]]
        patches = patches[: self.shape[0], : self.shape[1]]
        return (
            np.tensordot(patches, self.kernels.astype(np.float64), axes=((3, 4, 2), (0, 1, 2))) + self.biases
        )

    def maps(self, pixels: np.ndarray) -> np.ndarray:
        """Return the output of `output` for uint8 (S, S, 3), float64 (*shape, filters)."""
        return self.rectified(self.sums(pixels))

    def rectified(self, sums: np.ndarray) -> np.ndarray:
        """Return what the rectifier, if there is one, makes of `sums`, of the same shape."""
        return sums if self.rectifier is None else self.rectifier(sums)


def first_layer(network: keras.Model) -> FirstLayer:
    """Return the first layer of a network for uint8 (n, S, S, 3).

    Raises UserError if the network does not begin with a plain convolution: if anything but scaling and
    padding comes before it, if it convolves each channel by itself or in groups, or if there are several ways
    from the pixels.
    """
    layers = _only_way(network)
    scale, offset = np.ones(CHANNELS), np.zeros(CHANNELS)
    padded = (0, 0)
    convolution = next(layers, None)
    while not isinstance(convolution, keras.layers.Conv2D):
        affine = _affine(convolution)
        if affine is not None and padded == (0, 0):
            scale, offset = scale * affine[0], offset * affine[0] + affine[1]
        elif isinstance(convolution, keras.layers.ZeroPadding2D):
            padded = (padded[0] + convolution.padding[0][0], padded[1] + convolution.padding[1][0])
        else:
            raise _not_plain(convolution)
        convolution = next(layers, None)
    if convolution.groups != 1 or convolution.kernel.shape[2] != CHANNELS:
        raise _not_plain(convolution)
    kernels, biases = (keras.ops.convert_to_numpy(part).astype(np.float64) for part in _weights(convolution))
    output, normalised, following = convolution, False, next(layers, None)
    linear = convolution.activation is keras.activations.linear
    if linear and isinstance(following, keras.layers.BatchNormalization):
        factor, shift = _normalisation(following)
        kernels, biases = kernels * factor, biases * factor + shift
        output, normalised, following = following, True, next(layers, None)
    rectifier = None if linear else _rectifier(convolution)
    if linear and (rectifier := _rectifier(following)) is not None:
        output, following = following, next(layers, None)
    return FirstLayer(
        kernels=kernels.astype(np.float32),
        biases=biases.astype(np.float32),
        scale=scale,
        offset=offset,
        stride=tuple(convolution.strides),
        dilation=tuple(convolution.dilation_rate),
        before=_before(convolution, padded),
        shape=tuple(convolution.output.shape[1:3]),
        normalised=normalised,
        rectifier=rectifier,
        output=output.name,
        pooling=_pooling(following) if rectifier is not None else None,
    )


def _only_way(network: keras.Model) -> Iterator[keras.Operation]:
    """Yield the operations from the pixels up, as long as each has one successor alone."""
    tensor = network.inputs[0]
    while True:
        successors = [
            operation
            for operation in network.operations
            if not isinstance(operation, keras.layers.InputLayer)
            and any(taken is tensor for taken in keras.tree.flatten(operation.input))
        ]
        if len(successors) != 1:
            return
        tensor = successors[0].output
        if not isinstance(successors[0], _PASSED):
            yield successors[0]


def _affine(layer: keras.Operation | None) -> tuple[np.ndarray, np.ndarray] | None:
    """Return scale and offset, (3,), of a layer that scales each colour by itself; None for another one."""
    if isinstance(layer, keras.layers.Rescaling):
        scale, offset = np.asarray(layer.scale, float), np.asarray(layer.offset, float)
    elif isinstance(layer, keras.layers.Normalization) and not layer.invert:
        mean, variance = (keras.ops.convert_to_numpy(part) for part in (layer.mean, layer.variance))
        scale = 1 / np.maximum(np.sqrt(variance.astype(float)), keras.config.epsilon())
        offset = -mean * scale
    else:
        return None
    if scale.size not in (1, CHANNELS) or offset.size not in (1, CHANNELS):
        return None
    return np.broadcast_to(scale.ravel(), CHANNELS), np.broadcast_to(offset.ravel(), CHANNELS)


def _weights(convolution: keras.layers.Conv2D) -> tuple[object, object]:
    bias = convolution.bias if convolution.use_bias else np.zeros(convolution.filters)
    return convolution.kernel, bias


def _normalisation(layer: keras.layers.BatchNormalization) -> tuple[np.ndarray, np.ndarray]:
    """Return factor and shift of each channel, float64 (channels,)."""
    mean, variance = (
        keras.ops.convert_to_numpy(part).astype(np.float64)
        for part in (layer.moving_mean, layer.moving_variance)
    )
    factor = 1 / np.sqrt(variance + layer.epsilon)
    if layer.scale:
        factor = factor * keras.ops.convert_to_numpy(layer.gamma)
    shift = -mean * factor
    return factor, shift + keras.ops.convert_to_numpy(layer.beta) if layer.center else shift


def _rectifier(layer: keras.Operation | None) -> Rectifier | None:
    if isinstance(layer, keras.layers.ReLU) and not layer.threshold:
        ceiling = None if layer.max_value is None else float(layer.max_value)
        return Rectifier(float(layer.negative_slope or 0), ceiling)
    if isinstance(layer, keras.layers.LeakyReLU):
        return Rectifier(float(layer.negative_slope), None)
    activation = getattr(layer, "activation", None)
    ceilings = {keras.activations.relu: None, keras.activations.relu6: 6.0}
    return Rectifier(0.0, ceilings[activation]) if activation in ceilings else None


def _before(convolution: keras.layers.Conv2D, padded: tuple[int, int]) -> tuple[int, int]:
    """Return the rows and columns of zeros before the picture: those of a layer before, and its own."""
    if convolution.padding != "same":
        return padded
    spans = [
        (side - 1) * step + 1
        for side, step in zip(convolution.kernel_size, convolution.dilation_rate, strict=True)
    ]
    own = _same(convolution.input.shape[1:3], spans, convolution.strides)
    return padded[0] + own[0], padded[1] + own[1]


def _same(sizes: tuple[int, ...], spans: list[int], strides: tuple[int, ...]) -> tuple[int, int]:
    """Return what TensorFlow's padding `same` puts before each axis: the smaller half of what is lacking."""
    rows, columns = (
        max((-(-size // stride) - 1) * stride + span - size, 0) // 2
        for size, span, stride in zip(sizes, spans, strides, strict=True)
    )
    return rows, columns


def _pooling(layer: keras.Operation | None) -> Pooling | None:
    if not isinstance(layer, keras.layers.MaxPooling2D | keras.layers.AveragePooling2D):
        return None
    same = layer.padding == "same"
    return Pooling(
        largest=isinstance(layer, keras.layers.MaxPooling2D),
        window=tuple(layer.pool_size),
        stride=tuple(layer.strides),
        before=_same(layer.input.shape[1:3], list(layer.pool_size), layer.strides) if same else (0, 0),
        shape=tuple(layer.output.shape[1:3]),
    )


def _not_plain(layer: keras.Operation | None) -> UserError:
    if layer is None:
        return UserError(
            "This network looks at the photo in several ways at once, so there is no first filter."
        )
    return UserError(
        "This network does not begin with a plain convolution: there is {layer} at its beginning, so no "
        "single filter of it can be watched on the photo.",
        layer=type(layer).__name__,
    )
