"""What training minimises: the right diagnosis, for what lies in the lesion, whatever surrounds it."""

from typing import Any

import keras
from keras import ops

from melanoma.model.layer_names import FEATURES, HEAD


class LesionTrainer(keras.Model):
    """A network with its loss, for `fit`. The network itself is what is saved in the end.

    The loss of a batch is the cross-entropy in the mix of each image's source, plus `outside_weight` times
    the mean share of the positive evidence for the true class, against the others, that lies outside the
    widened outline, and, while `paired` is set, plus `consistency_weight` times the symmetric
    Kullback-Leibler divergence between the answers to the two copies of an image (as Liang et al. 2021,
    arXiv:2106.14448, have it between two dropouts).

    The logarithms of the shares in which a source's diagnoses are drawn are added to the logits before the
    softmax (Menon et al. 2021, arXiv:2007.07314). So what a source's look says of its mix need not be
    learned, and the logits by themselves assume an even mix.

    `averaged` is a second network, the running mean of the fitted one (Izmailov et al. 2018,
    arXiv:1803.05407; along the whole run, as Cha et al. 2021, arXiv:2102.08604, have it for data from other
    places than those that were fitted).
    """

    def __init__(
        self,
        network: keras.Model,
        label_smoothing: float,
        outside_weight: float,
        consistency_weight: float,
        workers: int = 1,
    ) -> None:
        """`network` comes from `network.build_network`, and shares its weights.

        Where several workers fit it together, each sees its part of a batch, and their gradients are added.
        """
        super().__init__(name="lesion_trainer")
        self.network, self.label_smoothing = network, label_smoothing
        self.averaged = keras.models.clone_model(network)
        self.averaged.set_weights(network.get_weights())
        self.averaged.trainable = False
        self.outside_weight, self.consistency_weight = outside_weight, consistency_weight
        self.paired = False  # read when the training step is traced, once a stage
        self.workers = workers
        self.inner = keras.Model(network.inputs, [network.output, network.get_layer(FEATURES).output])
        self.head = network.get_layer(HEAD)
        self.parts = {
            name: keras.metrics.Mean(name=name) for name in ("cross_entropy", "outside", "disagreement")
        }
        self.accuracy = keras.metrics.CategoricalAccuracy(name="accuracy")
        self.built = True  # all weights are the network's, so a checkpoint can be loaded before any batch

    def call(self, pixels: Any, training: bool | None = None) -> dict[str, Any]:
        """Return `logits` (n, classes) and `class_maps` (n, h, w, classes), whose mean and the bias are the
        logits.
        """
        logits, maps = self.inner(pixels, training=training)
        return {"logits": logits, "class_maps": ops.matmul(maps, self.head.kernel)}

    def compute_loss(
        self,
        x: Any = None,
        y: Any = None,
        y_pred: Any = None,
        sample_weight: Any = None,
        training: bool = True,
    ) -> Any:
        """Return the loss; `y` is what `data.pipeline.Sampler.batches` yields."""
        parts = {
            "cross_entropy": ops.mean(
                cross_entropy(y_pred["logits"], y["target"], y["log_shares"], self.label_smoothing)
            ),
            "outside": ops.mean(
                outside_share(evidence_for(y_pred["class_maps"], y_pred["logits"], y["label"]), y["outside"])
            ),
        }
        total = parts["cross_entropy"] + self.outside_weight * parts["outside"]
        if self.paired:
            parts["disagreement"] = ops.mean(disagreement(y_pred["logits"]))
            total += self.consistency_weight * parts["disagreement"]
        for name, value in parts.items():
            self.parts[name].update_state(value)
        self.accuracy.update_state(y["label"], y_pred["logits"])
        return total / self.workers

    def average(self, decay: float) -> None:
        """Move `averaged` towards the fitted weights: `decay` of the old mean stays, 0..1.

        The statistics of batch normalisation are averaged with the weights.
        """
        for mean, now in zip(self.averaged.weights, self.network.weights, strict=True):
            if mean.dtype == "float32":  # the seeds of dropout are integers
                mean.assign(decay * mean + (1 - decay) * now)


def cross_entropy(logits: Any, target: Any, log_shares: Any, smoothing: float) -> Any:
    """Return the cross-entropy of each image in its source's mix, (n,), nats; all arguments (n, classes).

    `smoothing` of the target is spread by the source's shares rather than evenly, which leaves the mix as it
    is: `log_shares` are the logarithms of these, and -20 or less for a diagnosis that the source has not.
    """
    smoothed = (1 - smoothing) * target + smoothing * ops.softmax(log_shares, axis=-1)
    return -ops.sum(smoothed * ops.log_softmax(logits + log_shares, axis=-1), axis=-1)


def evidence_for(class_maps: Any, logits: Any, label: Any) -> Any:
    """Return what each cell adds to the log-odds of the true class against the others, (n, h, w).

    Its class map less those of the others, each weighed by its share of what they have together: what is
    added to the maps of all classes alike changes nothing, so no such map can be learned to please the loss
    (`model.log_odds`). The shares are those in an even mix, at temperature 1, and no gradient goes
    through them. `class_maps` is (n, h, w, classes), `logits`
    (n, classes), `label` one-hot (n, classes).
    """
    others = ops.softmax(ops.where(label > 0.5, -1e9, logits), axis=-1)
    return ops.einsum("nhwk,nk->nhw", class_maps, label - ops.stop_gradient(others))


def outside_share(evidence: Any, outside: Any) -> Any:
    """Return the share of the positive evidence (n, h, w) outside the outline, (n,), 0 where it has none.

    `outside` is (n, h, w) with the share of each cell that lies outside.
    """
    positive = ops.relu(evidence)
    return ops.sum(positive * outside, axis=(1, 2)) / (ops.sum(positive, axis=(1, 2)) + 1e-6)


def disagreement(logits: Any) -> Any:
    """Return the symmetric divergence between rows 2k and 2k + 1 of logits (2n, classes), (n,), nats."""
    pairs = ops.reshape(logits, (-1, 2, logits.shape[-1]))
    logs = ops.log_softmax(pairs, axis=-1)
    gap = logs[:, 0] - logs[:, 1]
    return ops.sum((ops.exp(logs[:, 0]) - ops.exp(logs[:, 1])) * gap, axis=-1) / 2
