"""The first layer of a network, read where its Keras model is."""

from melanoma.explain.lesson.first_layer import FirstLayer
from melanoma.model.classifier import CompiledNetwork
from melanoma.model.keras_task import keras_task


@keras_task
def first_layer_of(network: CompiledNetwork) -> FirstLayer:
    """Return the first layer of a network; raises UserError as `reading_first_layer.first_layer`."""
    from melanoma.explain.lesson.reading_first_layer import first_layer

    return first_layer(network.network)
