"""What a network asks of another process that holds its Keras model."""

from typing import Any, Protocol


class KerasProcess(Protocol):
    """Another process that holds the Keras model of one network."""

    @property
    def running(self) -> bool:
        """True if it answers without being started first."""

    def compute(self, task: str, arguments: tuple[Any, ...]) -> Any:
        """Return what the task of this name, `module:function`, makes of the network and the arguments.

        Raises UserError as the function does, and if the process died or took too long.
        """
