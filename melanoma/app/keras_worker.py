"""A process for all that needs TensorFlow, so that the server never holds it.

TensorFlow takes half a gigabyte and gives it back only when its process ends. This one is started when a
gradient, feature maps or shuffled weights are first asked for, and ends a minute after the last request, and
with the server, also if that is killed. It opens a bundle by its folder, and computes for it only if it is
the version that the page shows; photos come as pixels through the pipe and lie in memory alone.

A request is one step of a task, up to a pause point: the server's thread pauses there too, and others may ask
in between.
"""

import itertools
import os
import queue
import sys
import threading
import time
import traceback
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from melanoma.child_process import UNUSABLE, ChildProcess, packed, send, standard_pipes, unpacked
from melanoma.errors import UserError
from melanoma.pause_points import pause
from melanoma.phrases import Sentence
from melanoma.stepped_call import SteppedCall
from melanoma.value_encoding import encoded, named, receive_value, send_value

if TYPE_CHECKING:  # the server has them when it needs them, and the worker after it has said so
    from melanoma.model.bundle import Bundle
    from melanoma.model.classifier import CompiledNetwork

MOST_SECONDS = 300.0
"""Wall-clock limit of one step: also a host that lends a fifth of a core imports TensorFlow in it."""
_STEP = 0.2
"""Seconds. A step ends at the first pause point after them."""
IDLE_SECONDS = 60.0
"""After so long without a request the process ends. Who compares maps asks more often; a new start costs
eight seconds of a processor, and meanwhile the process holds more memory than the server."""
_MOST_NETWORKS = 2  # as the page has at once
_GRACE = 3.0  # seconds to finish and tidy up once the server is gone
_COMMAND = (sys.executable, "-m", "melanoma.app.keras_worker")
_ONE_HEAP = {"MALLOC_ARENA_MAX": "1"}
"""TensorFlow's threads each keep a heap of freed memory otherwise (mallopt(3)): 70 MB after SmoothGrad."""
_NOT_NEEDED = ("pandas", "sklearn", "matplotlib")
"""Keras imports them where they are installed, for functions that are not called here: 150 MB and half of the
seconds of its import."""
_BUSY = Sentence("Other maps are being computed at this moment. Try again in a minute.")
_DIED = Sentence(
    "Computing this took too long or too much memory and was stopped. Ask again, or choose another method."
)

_Request = tuple[dict[str, Any], list[memoryview]]
"""What `encoded` returns."""


class KerasWorker:
    """The process, seen from the server. Thread-safe: requests take turns."""

    def __init__(
        self,
        command: Sequence[str] = _COMMAND,
        most_seconds: float = MOST_SECONDS,
        idle_seconds: float = IDLE_SECONDS,
    ) -> None:
        """Start no process yet. Tests replace the arguments."""
        self._process = ChildProcess(command, most_seconds, _BUSY, _ONE_HEAP, idle_seconds=idle_seconds)
        self._numbers = itertools.count()
        self._loading: threading.Thread | None = None
        self._loading_changes = threading.Lock()
        self._loaded_in: int | None = None

    @property
    def pid(self) -> int | None:
        """The process's number, None if there is none."""
        return self._process.pid

    def take_over(self, network: "CompiledNetwork", bundle: "Bundle") -> "CompiledNetwork":
        """Return a bundle's network with its Keras model in the process.

        A network whose forward pass is Keras' stays as it is: this process has TensorFlow then.
        """
        from melanoma.model.litert_pass import LiteRtPass

        if not isinstance(network.forward, LiteRtPass):
            return network
        return network.with_keras_in(_NetworkThere(self, bundle))

    def start(self) -> None:
        """Start the process, so that a request that will come soon waits less."""
        with suppress(UserError):  # the request will say it
            self._process.start()

    def compute(self, bundle: "Bundle", task: str, arguments: tuple[Any, ...]) -> Any:
        """Return what a task makes of a bundle's network and the arguments; see `model.keras_task`.

        Where the task has pause points, so has this. Raises UserError as the task does, if the process died
        or took too long, and after a timeout while waiting for other requests; MemoryError if the process had
        too little memory; RuntimeError, with the traceback, for a defect.
        """
        call = next(self._numbers)
        request = self._request(bundle, call, task, arguments)
        self._wait_until_loaded(bundle)
        answer = self._ask(request)
        if "done" in answer:
            with self._process.needed():
                answer = self._go_on(call, answer)
        if "defect" in answer:
            raise (MemoryError if answer["memory"] else RuntimeError)(answer["defect"])
        return answer["value"]

    def _wait_until_loaded(self, bundle: "Bundle") -> None:
        """Wait, with pause points, until the process has imported TensorFlow and loaded a bundle's network.

        That takes seconds and cannot pause itself, so a thread asks for it, which nobody waits for.
        """
        with self._loading_changes:
            if self.pid is not None and self.pid == self._loaded_in:
                return
            if self._loading is None or not self._loading.is_alive():
                self._loading = threading.Thread(target=self._load, args=(bundle,), daemon=True)
                self._loading.start()
            loading = self._loading
        while loading.is_alive():
            loading.join(_STEP)
            pause(0.0)

    def _load(self, bundle: "Bundle") -> None:
        with suppress(UserError):  # the request that waits for it will say it
            self._ask(self._request(bundle, next(self._numbers), "melanoma.model.keras_task:load_keras", ()))
            self._loaded_in = self.pid

    def _request(self, bundle: "Bundle", call: int, task: str, arguments: tuple[Any, ...]) -> _Request:
        asked = {"folder": str(bundle.path.resolve()), "version": bundle.version}
        return encoded(asked | {"call": call, "task": task, "arguments": arguments})

    def _go_on(self, call: int, answer: dict[str, Any]) -> dict[str, Any]:
        """Return the answer after the last step of a task that paused."""
        while "done" in answer:
            try:
                pause(answer["done"])
            except BaseException:  # nobody wants the rest
                with suppress(UserError):  # it lies there, then, until the process ends
                    if self.pid is not None:
                        self._ask(encoded({"call": call, "drop": True}))
                raise
            answer = self._ask(encoded({"call": call}))
        return answer

    def _ask(self, request: _Request) -> dict[str, Any]:
        header, bodies = request
        try:
            with self._process.request() as (stdin, stdout):
                send(stdin, header, *bodies)
                answer = receive_value(stdout)
                if "sentence" in answer:
                    raise UserError(unpacked(answer["sentence"]))
        except UNUSABLE:
            raise UserError(_DIED) from None
        return answer

    def close(self) -> None:
        """End the process; the next request starts another."""
        self._process.close()


class _NetworkThere:
    """The Keras model of one bundle in the process: a `model.remote_keras.KerasProcess`."""

    def __init__(self, worker: KerasWorker, bundle: "Bundle") -> None:
        self._worker, self._bundle = worker, bundle

    @property
    def running(self) -> bool:
        return self._worker.pid is not None

    def compute(self, task: str, arguments: tuple[Any, ...]) -> Any:
        return self._worker.compute(self._bundle, task, arguments)


def _serve(source: IO[bytes], target: IO[bytes]) -> None:
    """Answer requests until the input is closed."""
    requests: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
    threading.Thread(target=_read, args=(source, requests), daemon=True).start()
    import keras  # noqa: F401 - while the first request is on its way

    networks: dict[tuple[str, str], CompiledNetwork] = {}
    calls: dict[int, SteppedCall[dict[str, Any]]] = {}
    while (asked := requests.get()) is not None:
        send_value(target, _step(asked, calls, networks))
        del asked  # an idle process holds no photo


def _step(
    asked: dict[str, Any],
    calls: dict[int, SteppedCall[dict[str, Any]]],
    networks: "dict[tuple[str, str], CompiledNetwork]",
) -> dict[str, Any]:
    """Return the answer to one request; `calls` are those that have paused."""
    call = asked["call"]
    if "task" in asked:
        calls[call] = SteppedCall(lambda: _answer(asked, networks), _STEP)
    if call not in calls:
        return {"sentence": packed(_DIED)}  # it was another process's
    if "drop" in asked:
        calls.pop(call).drop()
        return {}
    done = calls[call].advance()
    return {"done": done} if done is not None else calls.pop(call).result()


def _read(source: IO[bytes], requests: "queue.SimpleQueue[dict[str, Any] | None]") -> None:
    """Put requests into the queue; at the end of the input, end the process, whatever it computes."""
    with suppress(*UNUSABLE):
        while True:
            requests.put(receive_value(source))
    requests.put(None)
    time.sleep(_GRACE)
    os._exit(1)


def _answer(asked: dict[str, Any], networks: "dict[tuple[str, str], CompiledNetwork]") -> dict[str, Any]:
    import tensorflow as tf

    from melanoma.model.keras_task import is_keras_task

    try:
        network = _network(Path(asked["folder"]), asked["version"], networks)
        task = named(asked["task"])
        if not is_keras_task(task):
            raise ValueError(f"{asked['task']} is no task")
        return {"value": task(network, *asked["arguments"])}
    except UserError as error:
        sentence = error.sentence.renamed(asked["folder"], Path(asked["folder"]).name)
        return {"sentence": packed(sentence)}  # where the operator keeps a model is nobody's business
    except Exception as error:  # told to the server, which logs it
        memory = isinstance(error, MemoryError | tf.errors.ResourceExhaustedError)
        # Without its message: TensorFlow's hold the numbers of a photo, and this goes to a log.
        places = "".join(traceback.format_tb(error.__traceback__))
        return {"defect": f"{places}{type(error).__name__}", "memory": memory}


def _network(
    folder: Path, version: str, networks: "dict[tuple[str, str], CompiledNetwork]"
) -> "CompiledNetwork":
    from melanoma.model.bundle import load_bundle
    from melanoma.model.classifier import load_compiled

    key = (str(folder), version)
    if key not in networks:
        bundle = load_bundle(folder)
        if bundle.version != version:
            raise UserError(
                "The model {name} was replaced meanwhile. Load the page again.", name=bundle.path.name
            )
        while len(networks) >= _MOST_NETWORKS:
            del networks[next(iter(networks))]
        networks[key] = load_compiled(bundle)
    return networks[key]


def _limit() -> None:
    """Leave no photo on a disk, and be the one that Linux kills where memory ends, rather than the server."""
    if sys.platform != "win32":
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a core file would hold the photo
    with suppress(OSError):  # another system
        Path("/proc/self/oom_score_adj").write_text("900", encoding="ascii")


if __name__ == "__main__":
    for module in _NOT_NEEDED:
        sys.modules[module] = None  # type: ignore[assignment]
    _limit()
    with standard_pipes() as (given, answers):
        _serve(given, answers)
