"""Decoding in a separate process with limits, so that a malicious or damaged file cannot harm this one.

Decoders are C code that parses untrusted files. In the sandbox a decoder cannot crash the page, keep memory,
run for ever, or write a file: processor time and memory are limited, and a process that was killed is
replaced when the next photo comes. The pixels are the same as those of `read_image` in this process.
"""

import signal
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from queue import LifoQueue
from types import TracebackType
from typing import IO, Any, Self

import numpy as np

from melanoma.child_process import (
    UNUSABLE,
    ChildProcess,
    fill,
    packed,
    receive,
    send,
    standard_pipes,
    unpacked,
)
from melanoma.errors import UserError
from melanoma.photos.dicom import read_dicom
from melanoma.photos.facts import FileFacts, file_facts
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
MOST_WASTED = 60.0
"""Seconds that a pool spends on files that cannot be opened within the limits, before it opens no more."""
_BUSY = Sentence("Too many photos are being opened at this moment. Try again in a minute.")


class Decoder:
    """A process that decodes one photo at a time. Thread-safe."""

    def __init__(
        self,
        command: Sequence[str] = _COMMAND,
        most_cpu: float = MOST_CPU,
        most_seconds: float = MOST_SECONDS,
    ) -> None:
        """Start no process yet. `command`, which tests replace, gets `most_cpu` as its last argument."""
        self._process = ChildProcess(
            [*command, str(most_cpu)],
            most_seconds,
            _BUSY,
            _LOW_MEMORY,
            quiet=True,  # of decoders' warnings
        )

    def read(self, content: bytes, name: str) -> np.ndarray:
        """Return what `read_image` does, uint8 (H, W, 3).

        This method and the next two raise UserError for an unusable photo, for one that takes too much time
        or memory, and after a timeout while waiting for other photos.
        """
        return self._ask(content, name, "photo")[1]

    def facts(self, content: bytes, name: str) -> FileFacts:
        """Return what `file_facts` does."""
        return FileFacts(**self._ask(content, name, "facts")[0]["found"])

    def dicom(self, content: bytes, name: str) -> "SandboxedDicom":
        """Return what `read_dicom` does; each frame is decoded when it is asked for."""
        found = self._ask(content, name, "dicom")[0]["found"]
        return SandboxedDicom(
            self, content, name, found["frames"], found["sop_instance_uid"], tuple(found["identifying"])
        )

    def frame(self, content: bytes, name: str, number: int) -> np.ndarray:
        """Return a photo of a DICOM object, counted from 0, uint8 (H, W, 3)."""
        return self._ask(content, name, "frame", number)[1]

    def _ask(
        self, content: bytes, name: str, what: str, number: int = 0
    ) -> tuple[dict[str, Any], np.ndarray]:
        """Return the process's answer and the pixels, which are empty if none were asked for."""
        try:
            with self._process.request() as (stdin, stdout):
                send(
                    stdin,
                    {"name": name, "what": what, "number": number, "bytes": len(content)},
                    memoryview(content),
                )
                answer = receive(stdout)
                if "error" in answer:
                    raise UserError(unpacked(answer["error"]))
                pixels = np.empty((answer["height"], answer["width"], 3), np.uint8)
                if pixels.size:
                    fill(stdout, pixels.data.cast("B"))
                return answer, pixels
        except UNUSABLE:
            raise TooMuchWork(
                "{name} took too long or too much memory to open, or is damaged. "
                "Save it as a plain JPEG and try again.",
                name=name,
            ) from None

    def close(self) -> None:
        """End the process; the next photo starts another one."""
        self._process.close()


class TooMuchWork(UserError):
    """A file was given up: it took too much time or memory, or ended its process."""


@dataclass(frozen=True)
class SandboxedDicom:
    """A DICOM object that is decoded in the other process, see `photos.dicom.DicomPhoto`."""

    decoder: "Decoder | DecoderPool"
    content: bytes
    name: str
    frames: int
    sop_instance_uid: str | None
    identifying: tuple[str, ...]

    def frame(self, number: int) -> np.ndarray:
        """Return a photo, counted from 0, uint8 (H, W, 3); raises UserError."""
        return self.decoder.frame(self.content, self.name, number)


class DecoderPool:
    """Several decoders for one list of photos, which end with it: `with DecoderPool() as decoders:`.

    Thread-safe. A list may be made of files that each take as long as the limits let them: after
    `most_wasted` seconds on such files no other is opened.
    """

    def __init__(self, size: int = 2, most_wasted: float = MOST_WASTED) -> None:
        """Start no process yet."""
        self._decoders = [Decoder() for _ in range(size)]
        self._free: LifoQueue[Decoder] = LifoQueue()  # the last first, so that few photos start one process
        for decoder in self._decoders:
            self._free.put(decoder)
        self._left = most_wasted

    def read(self, content: bytes, name: str) -> np.ndarray:
        """Return what `Decoder.read` does."""
        with self._one(name) as decoder:
            return decoder.read(content, name)

    def facts(self, content: bytes, name: str) -> FileFacts:
        """Return what `Decoder.facts` does."""
        with self._one(name) as decoder:
            return decoder.facts(content, name)

    def dicom(self, content: bytes, name: str) -> SandboxedDicom:
        """Return what `Decoder.dicom` does."""
        with self._one(name) as decoder:
            found = decoder.dicom(content, name)
        return SandboxedDicom(self, content, name, found.frames, found.sop_instance_uid, found.identifying)

    def frame(self, content: bytes, name: str, number: int) -> np.ndarray:
        """Return what `Decoder.frame` does."""
        with self._one(name) as decoder:
            return decoder.frame(content, name, number)

    def __enter__(self) -> Self:
        """Return the pool."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """End the processes."""
        for decoder in self._decoders:
            decoder.close()

    @contextmanager
    def _one(self, name: str) -> Iterator["Decoder"]:
        decoder = self._free.get()
        began = time.monotonic()
        try:
            if self._left <= 0:
                raise UserError(
                    "{name} was not opened: other files of this list took too long or too much memory.",
                    name=name,
                )
            yield decoder
        except TooMuchWork:
            self._left -= time.monotonic() - began
            raise
        finally:
            self._free.put(decoder)


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
            asked = receive(stdin)
        except EOFError:
            return
        content = bytearray(asked["bytes"])
        fill(stdin, memoryview(content))
        answer, pixels = _decode(content, asked, most_cpu)
        send(stdout, answer, pixels.data.cast("B") if pixels.size else memoryview(b""))
        del content, pixels  # an idle process holds no photo


def _decode(
    content: bytearray, asked: dict[str, Any], most_cpu: float
) -> tuple[dict[str, object], np.ndarray]:
    """Return the answer and the pixels, which are empty if there are none; clears `content`."""
    photo, name = bytes(content), asked["name"]
    content.clear()
    found: dict[str, object] = {}
    pixels = np.empty((0, 0, 3), np.uint8)
    _limit_cpu_time(most_cpu)
    try:
        match asked["what"]:
            case "photo":
                pixels = read_image(photo, name)
            case "frame":
                pixels = read_dicom(photo, name).frame(asked["number"])
            case "facts":
                found = asdict(file_facts(photo))
            case "dicom":
                dicom = read_dicom(photo, name)
                found = {"frames": dicom.frames, "sop_instance_uid": dicom.sop_instance_uid}
                found["identifying"] = dicom.identifying
        return {"height": pixels.shape[0], "width": pixels.shape[1], "found": found}, pixels
    except UserError as error:
        return {"error": packed(error.sentence)}, np.empty(0, np.uint8)
    finally:
        _limit_cpu_time(0)


if __name__ == "__main__":
    with standard_pipes() as (source, target):
        _limit()
        _serve(source, target, float(sys.argv[1]))
