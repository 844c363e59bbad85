"""An append-only file of JSON lines that stays readable after a kill at any moment."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from melanoma.errors import UserError
from melanoma.files import user_error_if_unwritable

Line = dict[str, Any]


class Journal:
    """Lines on disk. Lines that are appended together are all there, or none of them is."""

    def __init__(self, file: Path) -> None:
        """Open the file, or create it; an incomplete group of lines at its end is truncated.

        Raises UserError for a file that is not such a journal, or that cannot be written.
        """
        self.file = file
        with user_error_if_unwritable(file):
            file.touch()
            with file.open("rb") as lines:
                whole = sum(length for _, length in self._groups(lines))
            if whole < file.stat().st_size:
                os.truncate(file, whole)

    def append(self, lines: list[Line]) -> None:
        """Write lines as one group; they are on the disk (fsync) when this returns."""
        text = "".join(
            json.dumps(line | {"together": len(lines)}, ensure_ascii=False) + "\n" for line in lines
        )
        with user_error_if_unwritable(self.file), self.file.open("ab") as file:
            file.write(text.encode())
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
