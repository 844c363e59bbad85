"""Seven Keras classifiers adopted: how far their answers change, and which methods explain them.

    python -m benchmarks.adopted_architectures

Five architectures of `keras.applications` with random weights, a model nested as the Keras guide on transfer
learning builds it, and the tutorial's network as a Sequential. Each is saved, loaded and adopted as
`melanoma adopt` does; the answers are compared on random pictures, and every offered method explains one.
"""

import tempfile
from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np

from melanoma.explain.base import ExplanationRequest
from melanoma.explain.registry import METHODS, offered_methods
from melanoma.model.adopted_network import adopt_network, load_own_model
from melanoma.model.classifier import CompiledNetwork
from melanoma.model.log_odds import Calibration
from melanoma.model.prediction import Prediction
from melanoma.photos.framing import frame

CODES = ("MEL", "NV", "BKL")
FEW = {"smoothgrad": {"copies": 2}, "score-cam": {"channels": 8}, "integrated-gradients": {"steps": 8}}
"""The settings of methods that take long."""
SIDE, PICTURES = 96, 16
L = keras.layers


def application(name: str) -> Callable[[], keras.Model]:
    """Return what builds one of Keras' architectures for our classes."""
    return lambda: getattr(keras.applications, name)(
        input_shape=(SIDE, SIDE, 3), weights=None, classes=len(CODES)
    )


def transfer_learning() -> keras.Model:
    """Return a model as https://keras.io/guides/transfer_learning builds it."""
    base = keras.applications.MobileNetV2(input_shape=(SIDE, SIDE, 3), include_top=False, weights=None)
    inputs = keras.Input((SIDE, SIDE, 3))
    x = keras.Sequential([L.RandomFlip("horizontal"), L.RandomRotation(0.1)])(inputs)
    x = base(L.Rescaling(1 / 127.5, offset=-1)(x), training=False)
    x = L.Dropout(0.2)(L.GlobalAveragePooling2D()(x))
    return keras.Model(inputs, L.Dense(len(CODES), activation="softmax")(x))


def tutorial() -> keras.Model:
    """Return the tutorial's network as its readers write it."""
    layers = [L.Rescaling(1 / 255), L.Conv2D(64, 3, activation="relu"), L.MaxPooling2D()]
    layers += [L.Conv2D(128, 3, activation="relu"), L.MaxPooling2D(), L.Dropout(0.2), L.Flatten()]
    layers += [L.Dense(256, activation="relu"), L.Dense(len(CODES), activation="softmax")]
    return keras.Sequential([keras.Input((SIDE, SIDE, 3)), *layers])


MODELS: dict[str, Callable[[], keras.Model]] = {
    **{
        name: application(name)
        for name in ("MobileNetV2", "ResNet50", "EfficientNetB0", "DenseNet121", "VGG16")
    },
    "transfer learning, nested": transfer_learning,
    "the tutorial's, Sequential": tutorial,
}


def predict(network: CompiledNetwork, pixels: np.ndarray, codes: tuple[str, ...] = CODES) -> Prediction:
    """Return what a network of equally likely diagnoses, `codes`, says of uint8 (S, S, 3)."""
    outputs = network.run(pixels[None])
    return Prediction(
        codes=codes,
        logits=outputs.logits[0],
        calibration=Calibration(1.0, (1 / len(codes),) * len(codes)),
        class_maps=outputs.class_maps_of(0),
        bias=network.bias,
        melanoma_alert=False,
        prediction_set=codes,
        in_distribution=True,
        novelty=0.0,
        quality=(),
        pixels=pixels,
        geometry=frame(pixels, len(pixels))[1],
    )


def main() -> None:
    """Print a line a model; fail if one answers otherwise or a method does not explain it."""
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (PICTURES, SIDE, SIDE, 3)).astype(np.uint8)
    print("| model | largest difference of a probability | evidence map | methods that explain it |")
    print("|---|---|---|---|")
    for name, build in MODELS.items():
        keras.utils.clear_session()
        keras.utils.set_random_seed(1)
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "own.keras"
            build().save(file)
            adopted = adopt_network(load_own_model(file))
            difference = adopted.difference(pixels)
            adopted.network.save(file)
            network = CompiledNetwork(keras.saving.load_model(file, compile=False))
        prediction = predict(network, pixels[0])
        offered = offered_methods(network)
        for method in offered:
            request = ExplanationRequest(network, prediction, FEW.get(method, {}), ("MEL",))
            assert np.isfinite(METHODS[method].explain(request)).all(), (name, method)
        assert difference < 1e-5, (name, difference)
        additive = "yes" if network.additive else "no"
        print(f"| {name} | {difference:.0e} | {additive} | {len(offered)} of {len(METHODS)} |", flush=True)


if __name__ == "__main__":
    main()
