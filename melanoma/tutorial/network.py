"""The tutorial's network: two convolutions, a flattened feature map and two dense layers."""

import keras

from melanoma.model.layer_names import FEATURES, HEAD
from melanoma.tutorial.experiment import Experiment

FIRST = "conv_1"


def build_tutorial_network(recipe: Experiment, classes: int, fitting: bool = False) -> keras.Model:
    """Return the network, uint8 (n, 180, 180, 3) -> logits (n, classes).

    With `fitting` it has the recipe's precision and its augmentation layers. These have no weights, and
    weights are float32 in any precision, so that the weights of both networks are interchangeable.
    """
    policy = recipe.precision.value if fitting else None
    pixels = keras.Input((recipe.image_size, recipe.image_size, 3), dtype="uint8", name="pixels")
    x = keras.layers.Rescaling(1 / 255, name="scaled")(pixels)
    if fitting and recipe.changed:
        x = keras.layers.RandomFlip("horizontal", seed=0, name="flip")(x)
        x = keras.layers.RandomRotation(0.1, seed=0, name="rotation")(x)
        x = keras.layers.RandomZoom(0.1, seed=0, name="zoom")(x)
    x = keras.layers.Conv2D(64, 3, activation="relu", name=FIRST, dtype=policy)(x)
    x = keras.layers.MaxPooling2D(name="pool_1", dtype=policy)(x)
    x = keras.layers.Conv2D(128, 3, activation="relu", name=FEATURES, dtype=policy)(x)
    x = keras.layers.MaxPooling2D(name="pool_2", dtype=policy)(x)
    x = keras.layers.Dropout(recipe.dropout, seed=0, name="dropout", dtype=policy)(x)
    x = keras.layers.Flatten(name="flat", dtype=policy)(x)
    x = keras.layers.Dense(256, activation="relu", name="dense", dtype=policy)(x)
    return keras.Model([pixels], keras.layers.Dense(classes, name=HEAD, dtype="float32")(x), name="tutorial")


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
