"""Functions that need a network's Keras model, computed where that is: in this process, or in another.

The page has it in a process of its own, which gives its memory back when it ends; commands and training have
it in theirs. A caller does not see which.
"""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar

from melanoma.model.classifier import CompiledNetwork

P = ParamSpec("P")
T = TypeVar("T")

_MARK = "is_keras_task"


def keras_task(
    function: Callable[Concatenate[CompiledNetwork, P], T],
) -> Callable[Concatenate[CompiledNetwork, P], T]:
    """Let a function of a network and of what `value_encoding` can send be computed where Keras is.

    Its module is imported in both processes, so it imports TensorFlow within functions.
    """
    name = f"{function.__module__}:{function.__qualname__}"

    @wraps(function)
    def wherever(network: CompiledNetwork, /, *arguments: P.args, **options: P.kwargs) -> T:
        if network.keras_process is None:
            return function(network, *arguments, **options)
        assert not options, "arguments of a task are given by place"
        return network.keras_process.compute(name, arguments)

    setattr(wherever, _MARK, True)
    return wherever


def is_keras_task(found: object) -> bool:
    """Return True for what `keras_task` made."""
    return getattr(found, _MARK, False) is True


@keras_task
def load_keras(network: CompiledNetwork) -> None:
    """Load the Keras model where it is, which takes seconds the first time."""
    _ = network.network
