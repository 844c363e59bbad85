"""Decoding in a separate process with limits, so that a malicious or damaged file cannot harm this one.

Decoders are C code that parses untrusted files. In the sandbox a decoder cannot crash the page, keep memory,
run for ever, or write a file: processor time and memory are limited, and a process that was killed is
replaced when the next photo comes. The pixels are the same as those of `read_image` in this process.
"""

import json
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import IO

import numpy as np

from melanoma.errors import UserError
from melanoma.photos.reading import read_image
from melanoma.phrases import Sentence

MOST_CPU = 4.0
"""Processor seconds for one photo: twice those of the slowest photo within the limits."""
MOST_SECONDS = 30.0
"""Wall-clock timeout for one photo."""
MOST_MEMORY = 400
"""MB in addition to the memory of the idle process: a third more than the largest photo takes."""
_COMMAND = (sys.executable, "-m", "melanoma.photos.sandbox")
# One thread, and large blocks are returned to the system at once: the process is mostly idle.
_LOW_MEMORY = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MALLOC_MMAP_THRESHOLD_": str(1024**2)}
_BUSY = Sentence("Too many photos are being opened at this moment. Try again in a minute.")
_TEMPLATE = re.compile(r"(?:[^{}]|\{\w+\})*")
"""Valid templates of error sentences. A hijacked process could send a format string such as {0:9999999999},
which would fill this process's memory."""


class Decoder:
    """A process that decodes one photo at a time. Thread-safe."""

    def __init__(
        self,
        command: Sequence[str] = _COMMAND,
        most_cpu: float = MOST_CPU,
        most_seconds: float = MOST_SECONDS,
    ) -> None:
        """Start no process yet. `command`, which tests replace, gets `most_cpu` as its last argument."""
        self._command, self._most_seconds = [*command, str(most_cpu)], most_seconds
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None

    def read(self, content: bytes, name: str) -> np.ndarray:
        """Return what `read_image` does, uint8 (H, W, 3).

        Raises UserError for an unusable photo, for one that takes too much time or memory, and after a
        timeout while waiting for other photos.
        """
        if not self._lock.acquire(timeout=self._most_seconds):
            raise UserError(_BUSY)
        try:
            process = self._running()
            guard = threading.Timer(self._most_seconds, process.kill)
            guard.start()
            try:
                return _request(process, content, name)
            except (EOFError, OSError):
                _end(process)
                raise UserError(
                    "{name} took too long or too much memory to open, or is damaged. "
                    "Save it as a plain JPEG and try again.",
                    name=name,
                ) from None
            except MemoryError:  # of this process: the rest of the answer would be read as the next one
                _end(process)
                raise
            finally:
                guard.cancel()
        finally:
            self._lock.release()

    def close(self) -> None:
        """End the process; the next photo starts another one."""
        with self._lock:
            if self._process is not None:
                _end(self._process)
                self._process = None

    def _running(self) -> "subprocess.Popen[bytes]":
        if self._process is not None and self._process.poll() is not None:
            _end(self._process)
            self._process = None
        if self._process is None:
            try:
                self._process = subprocess.Popen(
                    self._command,
                    bufsize=0,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.DEVNULL,  # of the decoders' warnings
                    cwd=Path(__file__).resolve().parents[2],
                    env=os.environ | _LOW_MEMORY,
                )
            except OSError:  # no memory or no process is left
                raise UserError(_BUSY) from None
        return self._process


def _end(process: "subprocess.Popen[bytes]") -> None:
    """End a process, if it has not ended, and close the pipes to it."""
    process.kill()
    process.wait()
    for pipe in (process.stdin, process.stdout):
        assert pipe is not None
        pipe.close()


def _request(process: "subprocess.Popen[bytes]", content: bytes, name: str) -> np.ndarray:
    """Send a photo and return its pixels; raises EOFError or OSError if the process ends meanwhile."""
    stdin, stdout = process.stdin, process.stdout
    assert stdin is not None and stdout is not None
    _send(stdin, {"name": name, "bytes": len(content)}, memoryview(content))
    answer = _receive(stdout)
    if "error" in answer:
        raise UserError(_unpacked(answer["error"]))
    pixels = np.empty((answer["height"], answer["width"], 3), np.uint8)
    _fill(stdout, pixels.data.cast("B"))
    return pixels


def _packed(sentence: Sentence) -> dict[str, object]:
    """Return a sentence for JSON: the receiver translates it."""
    return {
        "template": sentence.template,
        "values": {
            name: _packed(value) if isinstance(value, Sentence) else value
            for name, value in sentence.values.items()
        },
    }


def _unpacked(packed: dict) -> Sentence:
    """Return the sentence of `_packed`; raises EOFError for an invalid template."""
    if not _TEMPLATE.fullmatch(packed["template"]):
        raise EOFError
    values = packed["values"].items()
    return Sentence(
        packed["template"],
        **{name: _unpacked(value) if isinstance(value, dict) else value for name, value in values},
    )


def _send(stream: IO[bytes], header: dict[str, object], body: memoryview) -> None:
    rest = memoryview(json.dumps(header).encode() + b"\n")
    for part in (rest, body):
        while part:
            part = part[stream.write(part) :]


def _receive(stream: IO[bytes]) -> dict:
    line = bytearray()
    while not line.endswith(b"\n"):
        byte = stream.read(1)
        if not byte:
            raise EOFError
        line += byte
    return json.loads(line)


def _fill(stream: IO[bytes], room: memoryview) -> None:
    while room:
        count = stream.readinto(room)  # type: ignore[attr-defined]
        if not count:
            raise EOFError
        room = room[count:]


def _limit() -> None:
    """Limit the resources of this process. Windows has no such limits."""
    if sys.platform == "win32":
        return
    import resource

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a core file would hold the photo
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    held = _private_bytes()
    if held is not None:
        most = held + MOST_MEMORY * 1024**2
        resource.setrlimit(resource.RLIMIT_DATA, (most, most))


def _private_bytes() -> int | None:
    """Return the memory that Linux counts for RLIMIT_DATA; None elsewhere."""
    status = Path("/proc/self/status")
    if not status.exists():
        return None
    line = next(line for line in status.read_text().splitlines() if line.startswith("VmData:"))
    return int(line.split()[1]) * 1024


def _limit_cpu_time(seconds: float) -> None:
    """Let the system kill this process after so many processor seconds; 0 cancels that."""
    if sys.platform != "win32":
        signal.setitimer(signal.ITIMER_PROF, seconds)


def _serve(stdin: IO[bytes], stdout: IO[bytes], most_cpu: float) -> None:
    """Decode photos until the input is closed."""
    while True:
        try:
            asked = _receive(stdin)
        except EOFError:
            return
        content = bytearray(asked["bytes"])
        _fill(stdin, memoryview(content))
        answer, pixels = _decode(content, asked["name"], most_cpu)
        _send(stdout, answer, pixels.data.cast("B"))
        del content, pixels  # an idle process holds no photo


def _decode(content: bytearray, name: str, most_cpu: float) -> tuple[dict[str, object], np.ndarray]:
    """Return the answer and the pixels, which are empty if the photo is refused; clears `content`."""
    photo = bytes(content)
    content.clear()
    _limit_cpu_time(most_cpu)
    try:
        pixels = read_image(photo, name)
        return {"height": pixels.shape[0], "width": pixels.shape[1]}, pixels
    except UserError as error:
        return {"error": _packed(error.sentence)}, np.empty(0, np.uint8)
    finally:
        _limit_cpu_time(0)


if __name__ == "__main__":
    with (
        open(sys.stdin.fileno(), "rb", buffering=0, closefd=False) as source,
        open(sys.stdout.fileno(), "wb", buffering=0, closefd=False) as target,
    ):
        _limit()
        _serve(source, target, float(sys.argv[1]))
