"""This project's maps or its batch, and Keras beside them, measured when asked (`sides.Worker`).

python -m benchmarks.performance.own maps EXCHANGE.npz
python -m benchmarks.performance.own bare EXCHANGE.npz
python -m benchmarks.performance.own files FOLDER
python -m benchmarks.performance.own arrays FOLDER

It runs in the folder of any checkout, whose `melanoma` it measures.
"""

import os
import sys
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np

from benchmarks.explanations.timing import serve
from melanoma.batch import predicting
from melanoma.batch.heatmaps import BatchOptions, predict_files_with_heatmaps
from melanoma.batch.sources import list_sources
from melanoma.model.bundle import load_bundle
from melanoma.model.classifier import Classifier

Tasks = dict[str, Callable[[], object]]


def maps(exchange: str) -> Tasks:
    """Return the evidence maps of all diagnoses with their probabilities, and Grad-CAM of one."""
    from melanoma.explain.base import ExplanationRequest
    from melanoma.explain.registry import METHODS

    classifier = Classifier(load_bundle())
    photo = classifier.prepare(np.load(exchange)["pixels"][0])
    prediction = classifier.judge([photo])[0]
    request = ExplanationRequest(classifier.compiled, prediction).only(classifier.bundle.codes[0])

    def evidence() -> None:
        found = classifier.judge([photo])[0]
        assert found.evidence is not None and found.scores.size  # both are computed when first asked for

    return {"all": evidence, "grad-cam": lambda: METHODS["grad-cam"].explain(request)}


def bare(exchange: str) -> Tasks:
    """Return the network alone, logits only: compiled by Keras, and converted to LiteRT."""
    import tensorflow as tf

    pixels = np.load(exchange)["pixels"][:1]
    network = load_bundle().load_network()

    @tf.function(input_signature=[tf.TensorSpec(pixels.shape, tf.uint8)])
    def logits(given: tf.Tensor) -> tf.Tensor:
        return network(given, training=False)

    tasks: Tasks = {"keras": lambda: logits(tf.constant(pixels)).numpy()}
    try:
        from ai_edge_litert.interpreter import Interpreter

        from melanoma.model.litert_pass import threads
    except ImportError:
        return tasks
    converter = tf.lite.TFLiteConverter.from_concrete_functions([logits.get_concrete_function()], network)
    interpreter = Interpreter(model_content=converter.convert(), num_threads=threads())
    interpreter.allocate_tensors()
    (given,), (wanted,) = interpreter.get_input_details(), interpreter.get_output_details()

    def litert() -> np.ndarray:
        interpreter.set_tensor(given["index"], pixels)
        interpreter.invoke()
        return interpreter.get_tensor(wanted["index"])

    if np.abs(litert() - logits(tf.constant(pixels)).numpy()).max() > 1e-3:
        raise RuntimeError("the converted network answers otherwise than Keras")
    return tasks | {"litert": litert}


def files(folder: str) -> Tasks:
    """Return the answers to all files of a folder, as `predict` gives them."""
    sources = list(list_sources([Path(folder)]))
    classifier = Classifier(load_bundle(), for_many=True)
    return {"files": lambda: sum(1 for _ in predict_files_with_heatmaps(classifier, sources, BatchOptions()))}


def arrays(folder: str) -> Tasks:
    """Return Keras' `model.predict` of the same pictures, decoded and framed beforehand."""
    from melanoma.photos.framing import frame
    from melanoma.photos.reading import read_image

    network = load_bundle().load_network()
    sources = list_sources([Path(folder)])
    pictures = np.stack([frame(read_image(source.read()), network.input_shape[1])[0] for source in sources])
    return {"arrays": lambda: network.predict(pictures, batch_size=predicting.BATCH, verbose=0)}


if __name__ == "__main__":
    serve({"maps": maps, "bare": bare, "files": files, "arrays": arrays}[sys.argv[1]](sys.argv[2]))
