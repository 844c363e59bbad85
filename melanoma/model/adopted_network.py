"""A Keras image classifier of one's own as a network of this project: one flat graph from uint8 to logits.

Nested models are dissolved, softmax is taken off, and the layers that the rest of the project asks for get
their names. The weights stay what they are, and so do the answers.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
from scipy.special import softmax

from melanoma.errors import UserError
from melanoma.model.layer_names import FEATURES, HEAD, POOLING
from melanoma.model.network import maps_on_the_only_way

PREPROCESSING = ("0-255", "0-1", "-1-1", "imagenet")
"""What becomes of the pixels before the model sees them: as they are, divided by 255, scaled to -1..1, or
divided by 255 and normalised by ImageNet's mean and deviation, as PyTorch's models expect it."""
MOST_CLASSES = 100
_MEAN, _DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # torchvision's, of RGB in 0..1
_REASON = 160  # characters of Keras' reason that a sentence repeats
_PASSED = (keras.layers.Dropout, keras.layers.GaussianDropout, keras.layers.GaussianNoise)
"""Layers between pooling and head that do nothing to an answer."""
_CONVOLUTIONS = (keras.layers.Conv2D, keras.layers.DepthwiseConv2D, keras.layers.SeparableConv2D)


@dataclass(frozen=True)
class AdoptedNetwork:
    """A model in this project's form, and what it was."""

    network: keras.Model
    """uint8 (n, S, S, 3) -> logits (n, classes); ends in global average pooling and one dense layer if the
    model did, and then has an evidence map."""
    model: keras.Model
    """The model as it was loaded."""
    preprocessing: str
    """One of `PREPROCESSING`."""

    @property
    def additive(self) -> bool:
        """True if the evidence of regions adds up to the logits."""
        return POOLING in {layer.name for layer in self.network.layers}

    def answers_of_model(self, pixels: np.ndarray) -> np.ndarray:
        """Return what the model itself answers to uint8 (n, S, S, 3), as probabilities (n, classes)."""
        shown = prepared(pixels.astype(np.float32), self.preprocessing)
        answers = np.asarray(self.model.predict(shown, verbose=0), dtype=float)
        if _activation_of(self.model) == "sigmoid":
            return np.concatenate([1 - answers, answers], axis=1)
        return answers if _activation_of(self.model) == "softmax" else softmax(answers, axis=1)

    def difference(self, pixels: np.ndarray) -> float:
        """Return the largest difference of a probability between the model and the network."""
        logits = np.asarray(self.network.predict(pixels, verbose=0), dtype=float)
        return float(np.abs(softmax(logits, axis=1) - self.answers_of_model(pixels)).max())


def load_own_model(file: Path) -> keras.Model:
    """Return a model that Keras 3 saved, without running code of it.

    Raises UserError, with Keras' reason, if there is no such file, or it is of another kind, or needs code
    that the file brings (Lambda layers) or that is not there (custom layers).
    """
    if not file.is_file():
        raise UserError(f"There is no file {file}. Name the model that Keras saved, such as model.keras.")
    if file.suffix != ".keras":
        raise UserError(f"{file.name} is no .keras file. Save the model anew with model.save('model.keras').")
    try:
        return keras.saving.load_model(file, compile=False, safe_mode=True)
    except (ValueError, TypeError, KeyError, OSError, AttributeError, ImportError) as error:
        reason = " ".join(str(error).split())[:_REASON]
        raise UserError(
            f"{file.name} cannot be used as it is: Keras says “{reason}”. It has to be of Keras' own layers, "
            "without Lambda or custom ones, and saved by Keras 3."
        ) from None


def adopt_network(model: keras.Model, preprocessing: str = PREPROCESSING[0]) -> AdoptedNetwork:
    """Return a Functional or Sequential classifier in this project's form.

    The layers of the model get other names where two have the same. Its last layer is dense, with softmax,
    with a sigmoid for two classes, or with none; or softmax is a layer behind it. Raises UserError if it is
    no such model: if it has several inputs or outputs, is not for square colour pictures of one size, or has
    no feature map.
    """
    _require_classifier(model)
    side = int(model.input_shape[1])
    _rename_apart(model)
    pixels = keras.Input((side, side, 3), dtype="uint8", name="pixels")
    shared = keras.Model([pixels], _flattened(model, prepared(pixels, preprocessing)))
    flat = keras.models.clone_model(shared)  # layers that are in one graph alone
    flat.set_weights(shared.get_weights())
    head, before = _head_of(flat)
    pixels = flat.inputs[0]
    logits = _linear(head)(before)
    features, pooling = _last_maps(keras.Model([pixels], before))
    features.name = FEATURES
    if pooling is not None:
        pooling.name = POOLING
    network = keras.Model([pixels], logits, name="adopted")
    return AdoptedNetwork(network, model, preprocessing)


def prepared(pixels: Any, preprocessing: str) -> Any:
    """Return pixels 0..255, an array or a Keras tensor, as a model expects them."""
    if isinstance(pixels, np.ndarray):
        return np.asarray(_preprocessing_layer(preprocessing)(pixels))
    return _preprocessing_layer(preprocessing)(pixels)


def _preprocessing_layer(preprocessing: str) -> keras.layers.Layer:
    if preprocessing == "imagenet":
        deviation = np.array(_DEVIATION)
        scale, offset = 1 / (255 * deviation), -np.array(_MEAN) / deviation
        return keras.layers.Rescaling(scale.tolist(), offset.tolist(), name="preprocessing")
    scales = {"0-255": (1.0, 0.0), "0-1": (1 / 255, 0.0), "-1-1": (1 / 127.5, -1.0)}
    if preprocessing not in scales:
        raise UserError(
            f"There is no preprocessing “{preprocessing}”. Choose one of {', '.join(PREPROCESSING)}."
        )
    return keras.layers.Rescaling(*scales[preprocessing], name="preprocessing")


def _require_classifier(model: keras.Model) -> None:
    if not isinstance(model, keras.Sequential) and not hasattr(model, "operations"):
        raise UserError("The model is neither Functional nor Sequential, so its layers cannot be told apart.")
    if isinstance(model, keras.Sequential) and not model.built:
        raise UserError("The model was never built: it does not know its input. Call it once and save again.")
    for what, tensors in (("inputs", model.inputs), ("outputs", model.outputs)):
        if len(tensors) != 1:
            raise UserError(
                f"The model has {len(tensors)} {what}. It has to have one, a picture and classes."
            )
    shape, answers = model.inputs[0].shape, model.outputs[0].shape
    if len(shape) != 4 or shape[1] is None or shape[1] != shape[2] or shape[3] != 3:
        raise UserError(
            f"The model's input is {_as_words(shape)}. It has to be square colour pictures of one size, such "
            "as 224 x 224 x 3, with the channels last."
        )
    if len(answers) != 2 or answers[1] is None or answers[1] > MOST_CLASSES:
        raise UserError(
            f"The model's output is {_as_words(answers)}. It has to be one number a class, of at most "
            f"{MOST_CLASSES} classes."
        )


def _as_words(shape: tuple[int | None, ...]) -> str:
    return " x ".join("any" if side is None else str(side) for side in shape[1:]) or "a single number"


def _rename_apart(model: keras.Model) -> None:
    """Give every layer, those of nested models too, a name of its own."""
    taken = {FEATURES, POOLING, HEAD, "pixels", "preprocessing"}
    for operation in _all_operations(model):
        name, number = operation.name, 1
        while operation.name in taken:
            number += 1
            operation.name = f"{name}_{number}"
        taken.add(operation.name)


def _all_operations(model: keras.Model) -> Iterator[Any]:
    seen: set[int] = set()

    def within(outer: keras.Model) -> Iterator[Any]:
        for operation in outer.layers if isinstance(outer, keras.Sequential) else outer.operations:
            if id(operation) not in seen:
                seen.add(id(operation))
                yield operation
                if isinstance(operation, keras.Model):
                    yield from within(operation)

    return within(model)


def _flattened(model: keras.Model, tensor: Any) -> Any:
    """Return the output of a model for a Keras tensor; its layers and those of nested models join the graph.

    `call` would compute and not add, and `clone_model` keeps nested models: what it is made of is used.
    """
    if isinstance(model, keras.Sequential):
        for layer in model.layers:
            tensor = _added(layer)(tensor)
        return tensor
    outputs = model._run_through_graph([tensor], operation_fn=_added)
    return keras.tree.flatten(outputs)[0]


def _added(operation: Any) -> Callable[..., Any]:
    if isinstance(operation, keras.Model):
        return lambda tensor, **_: _flattened(operation, tensor)
    return lambda *inputs, **options: operation(*inputs, **options)


def _head_of(model: keras.Model) -> tuple[keras.layers.Dense, Any]:
    """Return the last dense layer of a flat model and the tensor that it takes."""
    operation = _maker_of(model.outputs[0])
    if isinstance(operation, keras.layers.Softmax) or _is_activation(operation, "softmax"):
        operation = _maker_of(operation.input)
    if not isinstance(operation, keras.layers.Dense):
        raise UserError(
            f"The model ends in {type(operation).__name__} “{operation.name}”. It has to end in a dense "
            "layer of one number a class, with softmax or without."
        )
    name = keras.activations.serialize(operation.activation)
    if name not in ("linear", "softmax") and not (name == "sigmoid" and operation.units == 1):
        raise UserError(
            f"The model's last layer has the activation {name}. It has to be softmax, or a sigmoid for two "
            "classes, or none, so that its classes exclude each other."
        )
    if operation.units == 1 and name != "sigmoid":
        raise UserError("The model has a single output without a sigmoid, which says nothing of classes.")
    return operation, operation.input


def _maker_of(tensor: Any) -> Any:
    return tensor._keras_history.operation


def _is_activation(operation: Any, name: str) -> bool:
    return isinstance(operation, keras.layers.Activation) and (
        keras.activations.serialize(operation.activation) == name
    )


def _activation_of(model: keras.Model) -> str:
    """Return "softmax", "sigmoid" or "linear", the end of a model as it was loaded."""
    last = model.layers[-1]
    while isinstance(last, keras.Model):
        last = last.layers[-1]
    if isinstance(last, keras.layers.Softmax):
        return "softmax"
    return str(keras.activations.serialize(last.activation))


def _linear(head: keras.layers.Dense) -> keras.layers.Dense:
    """Return a dense layer that gives the logits of another; a sigmoid's two classes get one each."""
    kernel, *bias = head.get_weights()
    offset = bias[0] if bias else np.zeros(kernel.shape[1], kernel.dtype)
    if head.units == 1:
        kernel, offset = np.pad(kernel, ((0, 0), (1, 0))), np.pad(offset, (1, 0))
    layer = keras.layers.Dense(kernel.shape[1], name=HEAD, dtype="float32")
    layer.build((None, kernel.shape[0]))
    layer.set_weights([kernel, offset])
    return layer


def _last_maps(model: keras.Model) -> tuple[keras.layers.Layer, keras.layers.Layer | None]:
    """Return the last layer of maps past which nothing goes, and the pooling that is all that follows it."""
    maps = [layer for layer in maps_on_the_only_way(model) if layer.output.shape[1] > 1]
    operations = model.operations
    place = operations.index(maps[-1])
    if not any(isinstance(layer, _CONVOLUTIONS) for layer in operations[: place + 1]):
        raise UserError("The model has no feature map: no convolution comes before its dense layers.")
    found, (pooling, *rest) = maps[-1], operations[place + 1 :] or [None]
    alone = isinstance(pooling, keras.layers.GlobalAveragePooling2D) and not pooling.keepdims
    return found, pooling if alone and all(isinstance(layer, _PASSED) for layer in rest) else None
