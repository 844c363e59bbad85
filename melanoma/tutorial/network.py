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
    policy = {"dtype": recipe.precision.value} if fitting else {}
    hidden = {"activation": "relu", "kernel_regularizer": _penalty(recipe) if fitting else None, **policy}
    side = recipe.image_size
    layers = [
        keras.Input((side, side, 3), dtype="uint8", name="pixels"),
        keras.layers.Rescaling(1 / 255, name="scaled"),
    ]
    if fitting and recipe.changed:
        layers += [
            keras.layers.RandomFlip("horizontal", seed=0, name="flip"),
            keras.layers.RandomRotation(0.1, seed=0, name="rotation"),
            keras.layers.RandomZoom(0.1, seed=0, name="zoom"),
        ]
    for number, channels in enumerate(recipe.channels, start=1):
        name = FEATURES if number == len(recipe.channels) else f"conv_{number}"
        layers += [
            keras.layers.Conv2D(channels, 3, name=name, **hidden),
            keras.layers.MaxPooling2D(name=f"pool_{number}", **policy),
        ]
    layers += [
        keras.layers.Dropout(recipe.dropout, seed=0, name="dropout", **policy),
        keras.layers.Flatten(name="flat", **policy),
        keras.layers.Dense(recipe.dense, name="dense", **hidden),
        keras.layers.Dense(classes, name=HEAD, dtype="float32"),
    ]
    # At once: each `add` would call all layers anew, and a layer's first call would not be the network's.
    network = keras.Sequential(layers, name="tutorial")
    return keras.Model(network.inputs, network.outputs[0], name="tutorial")


def _penalty(recipe: Experiment) -> keras.regularizers.Regularizer | None:
    return keras.regularizers.L2(recipe.l2) if recipe.l2 else None


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
