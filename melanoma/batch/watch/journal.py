"""An append-only file of JSON lines that stays readable after a kill at any moment."""

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from melanoma.errors import UserError
from melanoma.files import user_error_if_unwritable

Line = dict[str, Any]


class Journal:
    """Lines on disk. Lines that are appended together are all there, or none of them is."""

    def __init__(self, file: Path) -> None:
        """Open the file, or create it; an incomplete group of lines at its end is truncated.

        Raises UserError for a file that is not such a journal, that cannot be written, or that another
        process has open: the lines of two would lie within each other.
        """
        self.file = file
        with user_error_if_unwritable(file):
            file.touch()
            self._held = file.open("rb")  # as long as this journal lives; the system lets it go after a kill
            _lock(self._held, file)
            with file.open("rb") as lines:
                whole = sum(length for _, length in self._groups(lines))
            if whole < file.stat().st_size:
                os.truncate(file, whole)

    def close(self) -> None:
        """Let other processes write the file."""
        self._held.close()

    def append(self, lines: list[Line]) -> None:
        """Write lines as one group; they are on the disk (fsync) when this returns."""
        content = b"".join(_encoded(line | {"together": len(lines)}) for line in lines)
        with user_error_if_unwritable(self.file), self.file.open("ab") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())

    def __iter__(self) -> Iterator[Line]:
        """Yield all lines."""
        with self.file.open("rb") as lines:
            for group, _ in self._groups(lines):
                yield from group

    def _groups(self, lines: Iterator[bytes]) -> Iterator[tuple[list[Line], int]]:
        """Yield each group of lines with its length in bytes; stops before an incomplete group."""
        group: list[Line] = []
        length = 0
        for line in lines:
            if not line.endswith(b"\n"):
                return
            length += len(line)
            try:
                group.append(json.loads(line))
                complete = len(group) == group[0]["together"]
            except (ValueError, KeyError, TypeError):
                raise UserError(
                    f"{self.file} holds something else than this program's lines. Choose another name."
                ) from None
            if complete:
                yield group, length
                group, length = [], 0


def _lock(held: BinaryIO, file: Path) -> None:
    """Raise UserError if another process holds this file. Windows has no such locks, and is not asked."""
    if sys.platform == "win32":
        return
    import fcntl

    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise UserError(
            f"{file} is being written by another run. Stop that one, or choose another name."
        ) from None


def _encoded(line: Line) -> bytes:
    """Return a line as JSON in UTF-8; a name of other bytes, which Python keeps as surrogates, is escaped."""
    try:
        return json.dumps(line, ensure_ascii=False).encode() + b"\n"
    except UnicodeEncodeError:
        return json.dumps(line).encode() + b"\n"
