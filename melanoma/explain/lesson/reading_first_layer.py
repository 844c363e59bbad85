"""Reads a network's first convolution, and what stands before and after it, from the Keras model."""

from collections.abc import Iterator

import keras
import numpy as np

from melanoma.errors import UserError
from melanoma.explain.lesson.first_layer import CHANNELS, FirstLayer, Pooling, Rectifier

_PASSED = (
    keras.layers.Dropout,
    keras.layers.SpatialDropout2D,
    keras.layers.GaussianDropout,
    keras.layers.GaussianNoise,
)
"""Layers that do nothing to an answer."""


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
