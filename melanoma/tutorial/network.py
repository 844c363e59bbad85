"""The tutorial's network: two convolutions, a flattened feature map and two dense layers."""

import keras

from melanoma.model.layer_names import FEATURES, HEAD
from melanoma.tutorial.experiment import Experiment


def build_tutorial_network(recipe: Experiment, classes: int, fitting: bool = False) -> keras.Model:
    """Return the network, uint8 (n, 180, 180, 3) -> logits (n, classes).

    With `fitting` it has the recipe's precision, its augmentation layers and its L2 penalty. Neither layers
    nor penalty have weights, and weights are float32 in any precision, so that the weights of both networks
    are interchangeable. What is returned is the functional graph of the `Sequential`, as bundles hold it.
    """
    network = keras.Sequential(
        [
            keras.Input((recipe.image_size, recipe.image_size, 3), dtype="uint8", name="pixels"),
            keras.layers.Rescaling(1 / 255, name="scaled"),
            *(_random_layers() if fitting and recipe.changed else ()),
            *_convolutions(recipe, fitting),
            *_dense_layers(recipe, classes, fitting),
        ],
        name="tutorial",
    )
    return keras.Model(network.inputs, network.outputs[0], name="tutorial")


def _random_layers() -> list[keras.layers.Layer]:
    return [
        keras.layers.RandomFlip("horizontal", seed=0, name="flip"),
        keras.layers.RandomRotation(0.1, seed=0, name="rotation"),
        keras.layers.RandomZoom(0.1, seed=0, name="zoom"),
    ]


def _convolutions(recipe: Experiment, fitting: bool) -> list[keras.layers.Layer]:
    """Return each convolution with its pooling; the last one's output is the feature map."""
    policy = _policy(recipe, fitting)
    last = len(recipe.channels)
    layers: list[keras.layers.Layer] = []
    for number, channels in enumerate(recipe.channels, start=1):
        name = FEATURES if number == last else f"conv_{number}"
        convolution = keras.layers.Conv2D(
            channels, 3, activation="relu", name=name, kernel_regularizer=_penalty(recipe, fitting), **policy
        )
        layers += [convolution, keras.layers.MaxPooling2D(name=f"pool_{number}", **policy)]
    return layers


def _dense_layers(recipe: Experiment, classes: int, fitting: bool) -> list[keras.layers.Layer]:
    policy = _policy(recipe, fitting)
    penalty = _penalty(recipe, fitting)
    return [
        keras.layers.Dropout(recipe.dropout, seed=0, name="dropout", **policy),
        keras.layers.Flatten(name="flat", **policy),
        keras.layers.Dense(
            recipe.dense, activation="relu", name="dense", kernel_regularizer=penalty, **policy
        ),
        keras.layers.Dense(classes, name=HEAD, dtype="float32"),
    ]


def _policy(recipe: Experiment, fitting: bool) -> dict[str, str]:
    """Return the precision of a fitted layer, or nothing for the finished network's float32."""
    return {"dtype": recipe.precision.value} if fitting else {}


def _penalty(recipe: Experiment, fitting: bool) -> keras.regularizers.Regularizer | None:
    return keras.regularizers.L2(recipe.l2) if fitting and recipe.l2 else None


def compiled_tutorial(network: keras.Model, recipe: Experiment) -> keras.Model:
    """Return the network with the tutorial's loss and Adam, whose state is built so that it can be loaded."""
    network.compile(
        keras.optimizers.Adam(recipe.learning_rate),
        keras.losses.CategoricalCrossentropy(from_logits=True),
        metrics=[keras.metrics.CategoricalAccuracy(name="accuracy")],
        jit_compile=False,
    )
    network.optimizer.build(network.trainable_variables)
    return network
