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
from typing import Any


class OutputError(Exception):
    """Standard output cannot be written: a closed pipe, a full disk. The text says why."""


@contextmanager
def checked_output() -> Iterator[None]:
    """Let standard output take any letter, and write all of it before the block ends.

    Raises OutputError if it cannot be written, also where the block ends with another exception.
    """
    output = sys.stdout
    for stream in (output, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        yield
    finally:
        if output is not None:
            _write_all(output)


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


def _write_all(output: Any) -> None:
    try:
        output.flush()
    except OSError as error:
        # What is left would be tried again at the end of Python, which would then print a traceback.
        with open(os.devnull, "wb") as nowhere:
            os.dup2(nowhere.fileno(), output.fileno())
        raise OutputError(error.strerror) from None
