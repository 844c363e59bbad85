"""Where the photos of a batch come from: files, folders, patterns, archives, CSV files, object stores.

All is listed while it is read, so that a list of any length needs no more memory than its longest folder.
"""

import csv
import glob
import os
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path

from melanoma.batch.object_store import is_address, photos_at
from melanoma.batch.source import Source
from melanoma.batch.zips import photos_in_zip_file
from melanoma.data.catalogue import ID_COLUMNS, default_images
from melanoma.dicom import ENDINGS as DICOM_ENDINGS
from melanoma.dicom import MARK, MARK_AT, MOST_BYTES
from melanoma.errors import UserError
from melanoma.images import EXTENSIONS, MAX_BYTES, read_bytes

PHOTOS = (*EXTENSIONS, *DICOM_ENDINGS)
_PATTERN = frozenset("*?[")


def list_sources(paths: Iterable[str | Path], images: Path | None = None) -> Iterator[Source]:
    """Yield the photos that files, folders, patterns (`**` too), zip archives and CSV files name, in order.

    Of a folder, and of those below it, what is called like a photo or is DICOM by its content, sorted by
    name. A CSV has an id or path column as labels do, and its files lie in `images`, by default where those
    of labels lie. A file that is named and does not exist is kept: reading it raises the error. Raises
    UserError for a folder, a pattern, an archive or a CSV without photos.
    """
    for given in paths:
        if is_address(str(given)):
            yield from photos_at(str(given))
            continue
        path = Path(given)
        if _PATTERN & set(str(given)) and not path.exists():
            yield from _matching(str(given), images)
        else:
            yield from _listed(path, images)


def printable(path: str | Path) -> str:
    """Return a path as text that can be written as UTF-8, whatever bytes a file system holds."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def _matching(pattern: str, images: Path | None) -> Iterator[Source]:
    found = sorted(glob.iglob(pattern, recursive=True))
    wanted = [Path(name) for name in found if os.path.isfile(name)]
    if not wanted:
        raise UserError(f"No file matches {printable(pattern)}. Check the pattern, or quote it less.")
    for path in wanted:
        yield from _listed(path, images)


def _listed(path: Path, images: Path | None) -> Iterator[Source]:
    suffix = path.suffix.lower()
    if path.is_dir():
        yield from _in_folder(path)
    elif suffix == ".zip":
        yield from photos_in_zip_file(path, printable(path))
    elif suffix == ".csv":
        yield from _in_csv(path, images)
    else:
        yield of_file(path)


def of_file(path: Path) -> Source:
    """Return the source of one file."""
    return Source(printable(path), partial(_read, path))


def is_photo(path: Path) -> bool:
    """Return True if a file is called like a photo, or is DICOM by its content and has no other ending.

    Archives of DICOM call their files by numbers, with dots or without.
    """
    suffix = path.suffix.lower()
    if suffix in PHOTOS:
        return True
    if suffix and not suffix[1:].isdigit():
        return False
    try:
        with path.open("rb") as file:
            return file.read(MARK_AT + len(MARK))[MARK_AT:] == MARK
    except OSError:
        return False  # nobody named this file, and its name says nothing


def _in_folder(folder: Path) -> Iterator[Source]:
    empty = True
    for path in walk(folder):
        if is_photo(path):
            empty = False
            yield of_file(path)
    if empty:
        raise UserError(f"{printable(folder)} holds no image files ({', '.join(PHOTOS)}).")


def walk(folder: Path) -> Iterator[Path]:
    """Yield the files below a folder, each folder sorted by name; links to folders are not followed."""
    try:
        with os.scandir(folder) as entries:
            inside = sorted((entry.name, entry.is_dir(follow_symlinks=False)) for entry in entries)
    except OSError as error:
        raise UserError(f"{printable(folder)} cannot be read ({error.strerror}).") from None
    for name, is_folder in inside:
        if is_folder:
            yield from walk(folder / name)
        elif (folder / name).is_file():
            yield folder / name


def _in_csv(labels: Path, images: Path | None) -> Iterator[Source]:
    name = printable(labels)
    folder = images or default_images(labels)
    empty = True
    try:
        with labels.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.DictReader(file)
            columns = {(column or "").strip(): column for column in rows.fieldnames or ()}
            column = next((columns[known] for known in ID_COLUMNS if known in columns), None)
            if column is None:
                raise UserError(
                    f"{name} needs a column that names the image: one of {', '.join(ID_COLUMNS)}."
                )
            for row in rows:
                written = (row[column] or "").strip()
                if not written:
                    raise UserError(f"{name}: line {rows.line_num} names no image.")
                empty = False
                yield of_file(_file_of(folder, written))
    except FileNotFoundError:
        raise UserError(f"{name} does not exist. Check the path.") from None
    except (UnicodeDecodeError, csv.Error):
        raise UserError(f"{name} is not a CSV file with a header line.") from None
    except OSError as error:
        raise UserError(f"{name} cannot be read ({error.strerror}).") from None
    if empty:
        raise UserError(f"{name} has a header line and no rows.")


def _file_of(folder: Path, written: str) -> Path:
    """Return where the image named in a row lies: by its path as written, else with a photo's ending."""
    path = folder / written
    if path.suffix.lower() in PHOTOS or path.is_file():
        return path
    endings = (path.with_name(path.name + ending) for ending in PHOTOS)
    return next((found for found in endings if found.is_file()), path)


def _read(path: Path) -> bytes:
    """Return a file's content; a DICOM file may be larger than a photo, since many are not compressed."""
    most = MAX_BYTES if path.suffix.lower() in EXTENSIONS else MOST_BYTES
    return read_bytes(path, printable(path.name), most)
