"""What commands print: text and JSON for any terminal, pipe or file.

A terminal or pipe may not know all letters (`PYTHONIOENCODING=ascii`, an old locale, Windows): text is
printed with the others escaped, JSON with JSON's own escapes.
"""

import io
import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TextIO


class OutputError(Exception):
    """Standard output cannot be written: a closed pipe, a full disk. The text says why."""


@contextmanager
def checked_output() -> Iterator[None]:
    """Let standard output take any letter, and write all of it before the block ends.

    Raises OutputError as soon as it cannot be written, and at the end of the block for what was buffered.
    """
    stdout = sys.stdout
    for stream in (stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    if stdout is None:  # closed by whoever started this process
        yield
        return
    sys.stdout = checked = _Checked(stdout)
    try:
        yield
    finally:
        sys.stdout = stdout
        checked.flush()


def json_text(content: Any) -> str:
    """Return JSON in one line, in letters that standard output can encode."""
    text = json.dumps(content, ensure_ascii=False)
    try:
        text.encode(getattr(sys.stdout, "encoding", None) or "utf-8")
    except UnicodeEncodeError:
        return json.dumps(content)
    return text


def print_json(content: Any, flush: bool = False) -> None:
    """Print JSON in one line."""
    print(json_text(content), flush=flush)


class _Checked:
    """A stream whose errors are an OutputError: the command line's library would pass over some."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def __getattr__(self, name: str) -> Any:
        """Return what the stream has."""
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        """Write text."""
        try:
            return self._stream.write(text)
        except OSError as error:
            raise self._given_up(error) from None

    def flush(self) -> None:
        """Write what is buffered."""
        try:
            self._stream.flush()
        except OSError as error:
            raise self._given_up(error) from None

    def _given_up(self, error: OSError) -> OutputError:
        # What is left would be tried again at the end of Python, which would then print a traceback.
        with open(os.devnull, "wb") as nowhere:
            os.dup2(nowhere.fileno(), self._stream.fileno())
        return OutputError(error.strerror)
