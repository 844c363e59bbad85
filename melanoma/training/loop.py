"""The training loop: the same for one worker and for several that share each batch."""

from typing import Any, Protocol

import keras
import tensorflow as tf

_REPORT_EVERY = 10
"""Steps between two readings of the loss: all workers have to synchronise for it."""


class Callback(Protocol):
    """Called by `fit` before and after epochs and after steps, which count from 0."""

    def begin_epoch(self, epoch: int) -> None:
        """Called before the first step of an epoch."""

    def end_step(self, step: int, figures: dict[str, float]) -> None:
        """Called after each step, with the mean figures of the epoch so far."""

    def end_epoch(self, epoch: int, figures: dict[str, float]) -> None:
        """Called after the last step of an epoch, with its mean figures."""


def fit(
    model: keras.Model,
    batches: tf.data.Dataset,
    epochs: range,
    steps: int,
    callback: Callback,
    strategy: tf.distribute.Strategy,
) -> None:
    """Fit a compiled model to `steps` batches an epoch, which `batches` holds on end.

    Under a strategy with several workers each calls this with its own part of each batch: gradients are
    added, and the figures are those of all. Keras' own `fit` cannot do that under
    MultiWorkerMirroredStrategy, whose PerReplica values reach a Keras operation (keras issue 20585).
    """

    # Traced for this image size alone, as in a run that is resumed here: a graph that was traced for several
    # sizes rounds differently, and the differences grow.
    @tf.function
    def step(batch: Any) -> None:
        strategy.run(model.train_step, args=(batch,))

    def figures() -> dict[str, float]:
        return {name: float(value) for name, value in model.get_metrics_result().items()}

    waiting = iter(strategy.distribute_datasets_from_function(lambda _: batches))
    for epoch in epochs:
        model.reset_metrics()
        callback.begin_epoch(epoch)
        shown: dict[str, float] = {}
        for number in range(steps):
            step(next(waiting))
            if number % _REPORT_EVERY == 0:
                shown = figures()
            callback.end_step(number, shown)
        callback.end_epoch(epoch, figures())
