"""Decoding in a process of its own: what a stranger's file does there ends with it.

A decoder is C code that reads what somebody else wrote. Here it cannot take the page down with it, keep its
memory, run for ever, or write a file: the process may use so much and no more, and the next one is started
when it is needed. `read_image` does the work, and makes the same pixels in this process.
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
"""Seconds of the processor for one photo: twice what the slowest takes that has not too many pixels."""
MOST_SECONDS = 30.0
"""Until a photo is given up, however busy the machine is."""
MOST_MEMORY = 400
"""MB beside what the process holds at rest: a third more than the largest photo takes."""
_COMMAND = (sys.executable, "-m", "melanoma.photos.sandbox")
# One thread, and large blocks given back at once: the process rests for hours beside the page.
_FRUGAL = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MALLOC_MMAP_THRESHOLD_": str(1024**2)}
_BUSY = Sentence("Too many photos are being opened at this moment. Try again in a minute.")
_TEMPLATE = re.compile(r"(?:[^{}]|\{\w+\})*")
"""What a refusal looks like. The process has read a stranger's file, and a template of that file's making,
such as {0:9999999999}, would fill this process' memory."""


class Decoder:
    """One process that decodes one photo at a time. Safe for any number of threads."""

    def __init__(
        self,
        command: Sequence[str] = _COMMAND,
        most_cpu: float = MOST_CPU,
        most_seconds: float = MOST_SECONDS,
    ) -> None:
        """Start nothing yet. `command`, another one for tests, is told `most_cpu` as its last argument."""
        self._command, self._most_seconds = [*command, str(most_cpu)], most_seconds
        self._turn = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None

    def read(self, content: bytes, name: str) -> np.ndarray:
        """Return what `read_image` does, uint8 (H, W, 3).

        Raises UserError for what is not a usable photo, for one that takes too much time or memory, and if
        so many wait that its turn does not come.
        """
        if not self._turn.acquire(timeout=self._most_seconds):
            raise UserError(_BUSY)
        try:
            process = self._running()
            guard = threading.Timer(self._most_seconds, process.kill)
            guard.start()
            try:
                return _ask(process, content, name)
            except (EOFError, OSError):
                _end(process)
                raise UserError(
                    "{name} took too long or too much memory to open, or is damaged. "
                    "Save it as a plain JPEG and try again.",
                    name=name,
                ) from None
            except MemoryError:  # of this process: what the other one has still to say would be in the way
                _end(process)
                raise
            finally:
                guard.cancel()
        finally:
            self._turn.release()

    def close(self) -> None:
        """End the process; the next photo starts another one."""
        with self._turn:
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
                    stderr=subprocess.DEVNULL,  # decoders write there what they find in a file
                    cwd=Path(__file__).resolve().parents[2],
                    env=os.environ | _FRUGAL,
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


def _ask(process: "subprocess.Popen[bytes]", content: bytes, name: str) -> np.ndarray:
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
    """Return a sentence as JSON can hold it: to be said in this process' language, whatever that is then."""
    return {
        "template": sentence.template,
        "values": {
            name: _packed(value) if isinstance(value, Sentence) else value
            for name, value in sentence.values.items()
        },
    }


def _unpacked(packed: dict) -> Sentence:
    """Return the sentence that was packed; raises EOFError for one that this project does not write."""
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
    """Take from this process what decoding does not need. Windows has no such limits."""
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


def _watch(seconds: float) -> None:
    """Let the system end this process after so many seconds of the processor; 0 calls that off."""
    if sys.platform != "win32":
        signal.setitimer(signal.ITIMER_PROF, seconds)


def _serve(stdin: IO[bytes], stdout: IO[bytes], most_cpu: float) -> None:
    """Decode what comes, until nothing comes any more."""
    while True:
        try:
            asked = _receive(stdin)
        except EOFError:
            return
        content = bytearray(asked["bytes"])
        _fill(stdin, memoryview(content))
        answer, pixels = _decode(content, asked["name"], most_cpu)
        _send(stdout, answer, pixels.data.cast("B"))
        del content, pixels  # the process rests without a photo


def _decode(content: bytearray, name: str, most_cpu: float) -> tuple[dict[str, object], np.ndarray]:
    """Return what to answer, and the pixels, none where the photo is refused; empties `content`."""
    photo = bytes(content)
    content.clear()
    _watch(most_cpu)
    try:
        pixels = read_image(photo, name)
        return {"height": pixels.shape[0], "width": pixels.shape[1]}, pixels
    except UserError as error:
        return {"error": _packed(error.sentence)}, np.empty(0, np.uint8)
    finally:
        _watch(0)


if __name__ == "__main__":
    with (
        open(sys.stdin.fileno(), "rb", buffering=0, closefd=False) as source,
        open(sys.stdout.fileno(), "wb", buffering=0, closefd=False) as target,
    ):
        _limit()
        _serve(source, target, float(sys.argv[1]))
