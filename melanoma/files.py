"""Atomic writes, and text that is safe to print, to use as a file name, or to open in a spreadsheet."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path, PurePath

from melanoma.errors import UserError

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")  # with which a formula may begin in a spreadsheet


def require_folder(file: Path) -> None:
    """Raise UserError if the folder that a file is to be written to does not exist."""
    if not file.resolve().parent.is_dir():
        raise UserError(f"{file.parent} does not exist. Make the folder first.")


def make_folder(folder: Path) -> None:
    """Make a folder, and those above it, if it is not there; raises UserError where that cannot be."""
    with user_error_if_unwritable(folder):
        folder.mkdir(parents=True, exist_ok=True)


@contextmanager
def user_error_if_unwritable(file: Path) -> Iterator[None]:
    """Turn a full disk, a read-only folder and their like within the block into a UserError."""
    try:
        yield
    except OSError as error:
        why = error.strerror or str(error).splitlines()[0]
        raise UserError(
            f"{file} cannot be written ({why}). What was written before is whole: mend that, and run the "
            "same command again."
        ) from None


@contextmanager
def atomic_write(file: Path, ending: str = "") -> Iterator[Path]:
    """Give a temporary path beside a file, to be written in the block and renamed to the file at its end.

    So the file is always a whole one, the old or the new, also after a kill. If the block raises, the old
    file stays and the temporary one is removed; what a kill left of it is removed by the next attempt. One
    writer at a time: two of one file would take each other's temporary file. `ending` is that of the
    temporary name, for libraries that accept one ending only. Raises OSError where the rename fails; close
    the temporary file first, which Windows asks for.
    """
    unfinished = file.with_name(f".{file.name}.unfinished{ending}")
    unfinished.unlink(missing_ok=True)
    try:
        yield unfinished
        os.replace(unfinished, file)
    except BaseException:
        with suppress(OSError):  # on Windows, where what raised may still hold the file open
            unfinished.unlink(missing_ok=True)
        raise


def write_whole(file: Path, content: str | bytes) -> None:
    """Write text as UTF-8, or bytes, by `atomic_write`; raises UserError where nothing can be written."""
    with user_error_if_unwritable(file), atomic_write(file) as unfinished:
        unfinished.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)


def spreadsheet_text(value: str) -> str:
    """Return the value, with an apostrophe in front if a spreadsheet would run it as a formula."""
    return f"'{value}" if value.lstrip(" ").startswith(_FORMULA) else value


def printable(path: str | Path) -> str:
    """Return a path as text that can be encoded as UTF-8; other bytes are backslash-escaped."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def one_line(text: str) -> str:
    """Return the text with its control characters escaped, so that a line feed in a name starts no line."""
    return json.dumps(text, ensure_ascii=False)[1:-1]


def safe_stem(name: str, most: int = 60) -> str:
    """Return a file's name without folders and extension, in characters that every file system accepts."""
    stem = PurePath(name).stem[:most]
    return "".join(letter if letter.isalnum() or letter in " ._-" else "_" for letter in stem)
