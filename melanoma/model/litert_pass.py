"""The forward pass by LiteRT, from a file that `training.litert` made of the Keras network.

The file says of which network it was made and what that answers to one picture, so that another network's
file, or an interpreter that computes something else on this processor, is found before it answers anybody.
"""

import json
import os
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any, ClassVar

import numpy as np

from melanoma.errors import UserError
from melanoma.model.forward_pass import ForwardPass, NetworkFacts, Outputs

SIGNATURE = "forward"
"""The name of the pass within the file."""
TOLERANCE = 1e-4
"""By so much the numbers may differ from Keras'; the shipped network's differ by a third (docs/bundle.md)."""
_STDERR = threading.Lock()  # one thread at a time may put another file in its place
_GREETING = b"Created TensorFlow Lite XNNPACK delegate"


@dataclass(frozen=True)
class Origin:
    """What a LiteRT file says of itself, as JSON among its outputs."""

    network: str
    """SHA-256 of the file `model.keras` that it was made of."""
    facts: NetworkFacts
    trial_logits: tuple[float, ...]
    """What Keras answers to `trial_picture`."""

    def as_bytes(self) -> np.ndarray:
        """Return it as uint8 (n,)."""
        content = asdict(self)
        content["facts"]["bias"] = self.facts.bias.tolist()
        return np.frombuffer(json.dumps(content).encode(), np.uint8)

    @classmethod
    def of_bytes(cls, written: np.ndarray) -> "Origin":
        """Read what `as_bytes` wrote; raises ValueError, KeyError or TypeError for anything else."""
        content = json.loads(written.tobytes())
        facts = content["facts"]
        facts |= {"grid": tuple(facts["grid"]), "bias": np.array(facts["bias"], np.float32)}
        return cls(content["network"], NetworkFacts(**facts), tuple(content["trial_logits"]))


def trial_picture(size: int) -> np.ndarray:
    """Return the picture whose answer a file carries, uint8 (1, size, size, 3): three ramps."""
    rows, columns, colours = np.indices((size, size, 3))
    return ((3 * rows + 5 * columns + 80 * colours) % 256).astype(np.uint8)[None]


class LiteRtPass(ForwardPass):
    """A pass of one picture after the other, by one interpreter.

    An interpreter is not safe to share between threads, so they take turns, a picture a turn. Several
    pictures in one pass would take as long (`benchmarks/engines.py`) and more memory; and so a picture's
    numbers are the same to the last bit, whatever others it is judged with.
    """

    engine: ClassVar[str] = "LiteRT"

    def __init__(self, content: bytes, size: int, network: str) -> None:
        """Open a file's content, made of the Keras file of the SHA-256 `network` with this side of input.

        Raises UserError where LiteRT is not installed, or refuses the file or the processor, or answers
        otherwise than Keras did, and if the file was made of another network.
        """
        self._lock = threading.Lock()
        interpreter = _interpreter_class()
        try:
            with _without_greeting():
                opened = interpreter(model_content=content, num_threads=threads())
                self._ask = opened.get_signature_runner(SIGNATURE)
                answer = self._ask(pixels=trial_picture(size))
            origin = Origin.of_bytes(answer["origin"])
        except (ValueError, RuntimeError, OSError, KeyError, TypeError) as error:
            raise UserError("LiteRT cannot run the file here ({reason}).", reason=_reason(error)) from None
        if origin.network != network:
            raise UserError("The LiteRT file was made of another network.")
        difference = np.abs(answer["logits"][0] - np.array(origin.trial_logits))
        if not difference.max() <= TOLERANCE:  # also where it is no number
            raise UserError(
                "LiteRT computes other numbers here than Keras did (by {difference}).",
                difference=f"{difference.max():.2g}",
            )
        self.facts = origin.facts

    def run(self, pixels: np.ndarray) -> Outputs:
        """Return the outputs for uint8 (n, S, S, 3), n at least 1."""
        answers = []
        for picture in pixels:
            with self._lock:
                answers.append(self._ask(pixels=picture[None]))

        def joined(name: str) -> np.ndarray:
            return np.concatenate([answer[name] for answer in answers])

        maps = joined("class_maps") if self.facts.additive else None
        return Outputs(joined("logits"), maps, joined("features"), joined("last_features"))


def threads() -> int:
    """Return how many threads a pass uses: as many as TensorFlow would, one a core where it is not told."""
    told = os.environ.get("TF_NUM_INTRAOP_THREADS", "")
    if told.isdecimal() and int(told) > 0:
        return int(told)
    usable = getattr(os, "sched_getaffinity", None)  # Linux alone
    return len(usable(0)) if usable else os.cpu_count() or 1


def _interpreter_class() -> Any:
    try:
        from ai_edge_litert.interpreter import Interpreter
    except (ImportError, OSError) as error:
        raise UserError("LiteRT is not installed ({reason}).", reason=_reason(error)) from None
    return Interpreter


def _reason(error: Exception) -> str:
    return " ".join(str(error).split())[:160] or type(error).__name__


@contextmanager
def _without_greeting() -> Iterator[None]:
    """Leave out of standard error what LiteRT says on success; all else is written at the end of the block.

    It writes to the descriptor and has no setting for this.
    """
    with _STDERR, tempfile.TemporaryFile() as held:
        try:
            stderr = os.dup(2)
        except OSError:  # closed by whoever started this process
            yield
            return
        try:
            os.dup2(held.fileno(), 2)
            yield
        finally:
            os.dup2(stderr, 2)
            held.seek(0)
            for line in held:
                if _GREETING not in line:
                    os.write(stderr, line)
            os.close(stderr)
