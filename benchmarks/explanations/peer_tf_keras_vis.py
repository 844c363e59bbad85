"""tf-keras-vis' Grad-CAM, called as its documentation does, for `benchmarks.explanations.speed`."""

import os
import sys
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
from tf_keras_vis.gradcam import Gradcam

from benchmarks.explanations.timing import measured, peak_megabytes, report, serve
from melanoma.explain.target import log_odds_target
from melanoma.model.bundle import load_bundle
from melanoma.model.network import FEATURES


def main(model: str, exchange: str, served: bool) -> None:
    """Measure and print; or, `served`, measure what is asked for."""
    bundle = load_bundle(Path(model))
    network, calibration = bundle.load_network(), bundle.calibration
    batch = np.load(exchange)["pixels"].astype(np.float32)
    # It differentiates by the input, and whole numbers have no derivative: a copy with float input.
    floats = keras.models.clone_model(network, input_tensors=[keras.Input(network.input_shape[1:])])
    floats.set_weights(network.get_weights())
    cam = Gradcam(floats)
    photo, classes = batch[:1], network.output_shape[1]
    logits = np.asarray(floats(photo))[0].tolist()
    loaded = peak_megabytes()

    def maps(index: int, pixels: np.ndarray) -> np.ndarray:
        # The score that this project explains, so that both compute the same.
        target = log_odds_target(calibration, [index] * len(pixels))
        return cam(target, pixels, penultimate_layer=FEATURES)

    tasks = {
        "forward": lambda: floats(photo),
        "one class": lambda: maps(0, photo),
        "all classes": lambda: [maps(index, photo) for index in range(classes)],
        "batch of 32": lambda: maps(0, batch),
    }
    if served:
        return serve(tasks)
    report({"logits": logits, "loaded_mb": loaded, "tasks": measured(tasks)})


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], "--serve" in sys.argv)
