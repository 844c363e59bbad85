"""One network in four states: as built and as reloaded, in float32 and in mixed precision."""

from pathlib import Path

import keras
import pytest

from melanoma.model.classifier import CompiledNetwork
from melanoma.model.network import build_network
from tests.explain.subjects import CODES, SIZE, STATES, Subject, drawings, lively_network, predict
from tests.tiny_backbone import TINY


@pytest.fixture(scope="session")
def subjects(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Subject]:
    folder: Path = tmp_path_factory.mktemp("networks")
    built = lively_network()
    before = keras.mixed_precision.dtype_policy()
    keras.mixed_precision.set_dtype_policy("mixed_float16")
    try:
        mixed = build_network(TINY, SIZE, len(CODES))
    finally:
        keras.mixed_precision.set_dtype_policy(before)
    mixed.set_weights(built.get_weights())
    networks = {"built": built, "built-mixed": mixed}
    for name in ("built", "built-mixed"):
        networks[name].save(folder / f"{name}.keras")
        networks[name.replace("built", "reloaded")] = keras.saving.load_model(
            folder / f"{name}.keras", compile=False
        )
    found = {}
    for name in STATES:
        compiled = CompiledNetwork(networks[name], TINY)
        first, second = (predict(compiled, pixels) for pixels in drawings())
        found[name] = Subject(compiled, (first, second))
    return found


@pytest.fixture(scope="session")
def subject(subjects: dict[str, Subject]) -> Subject:
    return subjects["built"]
