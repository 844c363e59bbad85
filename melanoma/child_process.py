"""A process of its own that answers one request at a time over its pipes, with a time limit.

It is started when it is first needed, replaced when it died, and may be ended after a while without requests:
so what a library takes of memory goes back to the system. Whoever asks gets an answer or an exception, never
the answer to another request: a process whose answer was not read to its end is killed.
"""

import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

from melanoma.errors import UserError
from melanoma.phrases import Sentence

_LONGEST_HEADER = 1 << 20
"""Bytes: a hijacked process could send a line without end."""
_TEMPLATE = re.compile(r"(?:[^{}]|\{\w+\})*")
"""Valid templates of error sentences. A hijacked process could send a format string such as {0:9999999999},
which would fill this process's memory."""
_ORDERLY = 5.0
"""Seconds that a process has to end by itself once its input is closed."""
UNUSABLE = (EOFError, OSError, ValueError, KeyError, TypeError)
"""What is raised where a process died, or what it says is no answer."""


class ChildProcess:
    """The process, seen from the one that asks. Thread-safe: requests take turns."""

    def __init__(
        self,
        command: Sequence[str],
        most_seconds: float,
        busy: Sentence,
        environment: Mapping[str, str] | None = None,
        idle_seconds: float | None = None,
        quiet: bool = False,
    ) -> None:
        """Start no process yet.

        A request may take `most_seconds`, and wait as long for its turn; `busy` is said to who waited longer.
        `environment` is added to this process's. After `idle_seconds` without a request the process is ended;
        None keeps it. With `quiet`, what it writes to standard error goes nowhere.
        """
        self._command, self._most_seconds, self._busy = list(command), most_seconds, busy
        self._environment, self._idle_seconds = dict(environment or {}), idle_seconds
        self._stderr = subprocess.DEVNULL if quiet else None
        self._lock = threading.Lock()
        self._needed, self._counting = 0, threading.Lock()
        self._idle: threading.Timer | None = None
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """The process's number, None if it has not been started or has ended."""
        process = self._process
        return process.pid if process is not None and process.poll() is None else None

    @contextmanager
    def request(self) -> Iterator[tuple[IO[bytes], IO[bytes]]]:
        """Give the process's input and output for one request and its answer.

        A block that raises anything but a UserError, which stands for an answer, ends the process: what comes
        next of its output would be read as the answer to the next request. Raises UserError, `busy`, after
        too long a wait for other requests, or if no process can be started.
        """
        if not self._lock.acquire(timeout=self._most_seconds):
            raise UserError(self._busy)
        try:
            process = self._running()
            assert process.stdin is not None and process.stdout is not None
            guard = threading.Timer(self._most_seconds, process.kill)
            guard.daemon = True
            guard.start()
            try:
                yield process.stdin, process.stdout
            except UserError:
                raise
            except BaseException:
                self._end()
                raise
            finally:
                guard.cancel()
        finally:
            self._end_when_idle()
            self._lock.release()

    @contextmanager
    def needed(self) -> Iterator[None]:
        """Keep the process in the block, also where that asks nothing for long."""
        with self._counting:
            self._needed += 1
        try:
            yield
        finally:
            with self._counting:
                self._needed -= 1

    def start(self) -> None:
        """Start the process, if it is not running and nobody is asking, so that the first request waits less.

        Raises UserError, `busy`, if no process can be started.
        """
        if self._lock.acquire(blocking=False):
            try:
                self._running()
                self._end_when_idle()
            finally:
                self._lock.release()

    def close(self) -> None:
        """End the process, in the midst of a request if that takes seconds; the next one starts another."""
        if not self._lock.acquire(timeout=_ORDERLY):
            if (process := self._process) is not None:
                process.kill()  # who waits for its answer ends the rest
            return
        try:
            if self._idle is not None:
                self._idle.cancel()
            self._end(orderly=True)
        finally:
            self._lock.release()

    def _end_when_idle(self) -> None:
        """Count the time without requests anew; the lock is held."""
        if self._idle is not None:
            self._idle.cancel()
            self._idle = None
        if self._process is not None and self._idle_seconds is not None:
            self._idle = threading.Timer(self._idle_seconds, self._end_idle)
            self._idle.daemon = True  # the end of this process is that of the other
            self._idle.start()

    def _end_idle(self) -> None:
        with self._lock:
            if self._idle is not threading.current_thread():  # a request came in between
                return
            if self._needed:
                self._end_when_idle()
            else:
                self._end(orderly=True)

    def _running(self) -> "subprocess.Popen[bytes]":
        if self._process is not None and self._process.poll() is not None:
            self._end()
        if self._process is None:
            try:
                self._process = subprocess.Popen(
                    self._command,
                    bufsize=0,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=self._stderr,
                    cwd=Path(__file__).resolve().parents[1],
                    env=os.environ | self._environment,
                )
            except OSError:  # no memory or no process is left
                raise UserError(self._busy) from None
        return self._process

    def _end(self, orderly: bool = False) -> None:
        """End the process, if there is one, and close the pipes to it; the lock is held.

        An `orderly` one may tidy up, such as files that its libraries made.
        """
        process, self._process = self._process, None
        if process is None:
            return
        assert process.stdin is not None and process.stdout is not None
        process.stdin.close()
        if orderly:
            with suppress(subprocess.TimeoutExpired):  # then it is killed
                process.wait(_ORDERLY)
        process.kill()
        process.wait()
        process.stdout.close()


def send(stream: IO[bytes], header: dict[str, Any], *bodies: memoryview) -> None:
    """Write a header, a line of JSON, and after it the bytes of the bodies."""
    rest = memoryview(json.dumps(header).encode() + b"\n")
    for part in (rest, *bodies):
        while part:
            part = part[stream.write(part) :]


def receive(stream: IO[bytes]) -> dict[str, Any]:
    """Read what `send` wrote of the header; raises EOFError at the end, ValueError if it is no JSON."""
    line = stream.readline(_LONGEST_HEADER)
    if not line.endswith(b"\n"):
        raise EOFError
    return json.loads(line)


def fill(stream: IO[bytes], room: memoryview) -> None:
    """Read as many bytes as there is room for; raises EOFError if they are not there."""
    while room:
        count = stream.readinto(room)  # type: ignore[attr-defined]
        if not count:
            raise EOFError
        room = room[count:]


def packed(sentence: Sentence) -> dict[str, object]:
    """Return a sentence for JSON: the receiver translates it."""
    return {
        "template": sentence.template,
        "values": {
            name: packed(value) if isinstance(value, Sentence) else _plain(value)
            for name, value in sentence.values.items()
        },
    }


def unpacked(sentence: dict[str, Any]) -> Sentence:
    """Return the sentence of `packed`; raises EOFError for an invalid template."""
    if not _TEMPLATE.fullmatch(sentence["template"]):
        raise EOFError
    values = sentence["values"].items()
    return Sentence(
        sentence["template"],
        **{name: unpacked(value) if isinstance(value, dict) else value for name, value in values},
    )


def _plain(value: object) -> object:
    return value if isinstance(value, str | int | float | None) else str(value)


@contextmanager
def standard_pipes() -> Iterator[tuple[IO[bytes], IO[bytes]]]:
    """Give the started process's own input and output, unbuffered.

    What anything else prints goes to standard error, so that it is not read as an answer.
    """
    with (
        open(os.dup(sys.stdin.fileno()), "rb", buffering=0) as source,
        open(os.dup(sys.stdout.fileno()), "wb", buffering=0) as target,
    ):
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
        yield source, target
