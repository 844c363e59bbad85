"""This project's evidence maps, Grad-CAM and other methods, for `benchmarks.explanations.speed`."""

import os
import sys
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import tensorflow as tf

from benchmarks.explanations.timing import measured, milliseconds, peak_megabytes, report
from melanoma.explain.base import ExplanationRequest
from melanoma.explain.registry import METHODS
from melanoma.model.bundle import load_bundle
from melanoma.model.classifier import Classifier

MANY = 300


def resident_megabytes() -> float:
    """Return the memory that this process holds now (resident, MB; Linux)."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1024**2


def main(model: str, exchange: str) -> None:
    """Measure and print."""
    classifier = Classifier(load_bundle(Path(model)))
    network = classifier.compiled
    batch = np.load(exchange)["pixels"]
    photo, codes = batch[:1], classifier.bundle.codes
    prediction = classifier([photo[0]])[0]
    every = ExplanationRequest(network, prediction)
    one = every.only(codes[0])
    logits = prediction.logits.tolist()
    loaded = peak_megabytes()

    # The network alone, compiled in the same way: what a prediction costs without any map.
    inner = network.network
    spec = tf.TensorSpec((None, *inner.input_shape[1:]), tf.uint8)
    bare = tf.function(lambda pixels: inner(pixels, training=False), input_signature=[spec])

    tasks = {
        "forward": lambda: bare(tf.constant(photo)).numpy(),
        "logits and all evidence maps": lambda: network.run(photo),
        "one class": lambda: network.run(photo),  # the maps of all classes come in one pass
        "all classes": lambda: network.run(photo),
        "batch of 32": lambda: network.run(batch),
        "forward, batch of 32": lambda: bare(tf.constant(batch)).numpy(),
    }
    results = {"logits": logits, "loaded_mb": loaded, "tasks": measured(tasks)}
    results["methods"] = {
        name: {
            "one": milliseconds(lambda method=method: method.explain(one)),
            "all": milliseconds(lambda method=method: method.explain(every)),
        }
        for name, method in METHODS.items()
    }
    shuffled = np.random.default_rng(0).permutation(MANY) % len(batch)
    held = []
    for number, row in enumerate(shuffled):
        answer = classifier([batch[row]])[0]
        for name in ("evidence", "grad-cam", "layer-cam"):
            METHODS[name].explain(ExplanationRequest(network, answer))
        if number + 1 in (50, MANY):
            held.append(resident_megabytes())
    report(results | {"resident_after_50_mb": held[0], f"resident_after_{MANY}_mb": held[1]})


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
