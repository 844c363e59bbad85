"""The worker's process with a network of nothing: it starts in half a second, for all that needs no numbers.

What imports, loads and computes is stood for; requests, steps, errors and ends are the worker's own.
"""

import sys
import time
from pathlib import Path
from types import ModuleType, SimpleNamespace

import numpy as np

from melanoma.app import keras_worker
from melanoma.child_process import standard_pipes
from melanoma.model.keras_task import keras_task, load_keras  # noqa: F401 - the worker's own first task
from melanoma.pause_points import in_steps

# By its path: tf-keras-vis installs a package `tests` of its own.
_BY_PATH = "import runpy, sys; runpy.run_path(sys.argv[1], run_name='__main__')"
COMMAND = (sys.executable, "-c", _BY_PATH, str(Path(__file__).resolve()))


@keras_task
def doubled(network, numbers: np.ndarray) -> np.ndarray:
    """Return twice the numbers."""
    return 2 * numbers


@keras_task
def in_turns(network, steps: int, seconds: float) -> int:
    """Return the number of steps, each as long as asked for."""
    for _ in in_steps(range(steps)):
        time.sleep(seconds)
    return steps


@keras_task
def still(network, seconds: float) -> None:
    """Return after so long."""
    time.sleep(seconds)


def _named(place: str) -> object:
    name = place.partition(":")[2]
    return globals()[name]


if __name__ == "__main__":
    sys.modules["keras"], tensorflow = ModuleType("keras"), ModuleType("tensorflow")
    tensorflow.errors = SimpleNamespace(ResourceExhaustedError=MemoryError)  # type: ignore[attr-defined]
    sys.modules["tensorflow"] = tensorflow
    keras_worker.named = _named  # type: ignore[attr-defined]
    keras_worker._network = lambda *_: SimpleNamespace(keras_process=None, network=None)  # type: ignore
    with standard_pipes() as (given, answers):
        keras_worker._serve(given, answers)
