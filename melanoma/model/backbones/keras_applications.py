"""Backbones of `keras.applications`: rebuilt with a few changed layers, with downloaded weights."""

import re
from collections.abc import Callable, Mapping
from typing import Any

import keras

from melanoma.errors import UserError
from melanoma.model.backbones.base import FEATURES

Application = Callable[..., keras.Model]
"""Such as `keras.applications.MobileNet`."""
_UNNAMED = re.compile(r"(activation|re_lu)(_\d+)?")


def rebuild(
    application: Application,
    pixels: Any,
    *,
    synchronized: bool,
    changed: Mapping[str, Mapping[str, Any]],
    **options: Any,
) -> Any:
    """Return the application's last feature map of pixels uint8 (n, H, W, 3), scaled to -1..1 for it.

    Its last layer is named `FEATURES`. `changed` holds changed configuration entries by layer, `options` are
    passed to the application. Unnamed activations are called act_1, act_2 … from first to last, since Keras'
    own numbers continue from one build to the next.
    """
    inputs = keras.Input(pixels.shape[1:], dtype="uint8", name="pixels")
    scaled = keras.layers.Rescaling(1 / 127.5, offset=-1.0, name="scaled")(inputs)
    original = application(include_top=False, weights=None, input_tensor=scaled, **options)
    unnamed = [layer.name for layer in original.layers if _UNNAMED.fullmatch(layer.name)]
    names = {name: f"act_{number}" for number, name in enumerate(unnamed, start=1)}
    names[original.layers[-1].name] = FEATURES

    def adapted(layer: keras.layers.Layer) -> keras.layers.Layer:
        config = layer.get_config() | changed.get(layer.name, {})
        config["name"] = names.get(layer.name, layer.name)
        if isinstance(layer, keras.layers.BatchNormalization):
            config["synchronized"] = synchronized
        return layer.__class__.from_config(config)

    copy = keras.models.clone_model(original, input_tensors=[pixels], clone_function=adapted)
    copy.set_weights(original.get_weights())
    return copy.output


def load_fetched(application: Application, features: keras.Model, **options: Any) -> None:
    """Load the ImageNet weights that Keras downloads; raises UserError if that fails."""
    try:
        complete = application(include_top=False, weights="imagenet", input_shape=(224, 224, 3), **options)
    except Exception as error:
        # Keras raises a bare Exception when a download fails, whatever the reason.
        raise UserError(
            "Keras could not fetch the ImageNet weights. "
            "Check the connection, or give a file with --backbone-weights."
        ) from error
    features.set_weights(complete.get_weights())
