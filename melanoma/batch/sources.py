"""The photos of a batch: from files, folders, patterns, archives, CSV files and object stores.

Sources are generated lazily, so that a list of any length needs no more memory than its longest folder.
"""

import glob
import os
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path

import numpy as np

from melanoma.batch.source import Source
from melanoma.batch.zips import photos_in_zip_file
from melanoma.data.labels.columns import ID_COLUMNS, require_id_column
from melanoma.data.labels.dialect import open_table
from melanoma.data.labels.images import ImageFolder, default_images, several_files
from melanoma.data.labels.layouts import RowFault
from melanoma.data.labels.records import named_image
from melanoma.errors import UserError
from melanoma.files import printable
from melanoma.photos.dicom import MOST_BYTES, read_dicom
from melanoma.photos.formats import KIND_NAMES
from melanoma.photos.reading import MAX_BYTES, read_bytes, read_image
from melanoma.photos.recognition import PassedOver, head_of, is_dicom, is_photo_file

TABLES = (".csv", ".tsv")
_PATTERN = frozenset("*?[")


def list_sources(
    paths: Iterable[str | Path], images: Path | None = None, passed_over: PassedOver | None = None
) -> Iterator[Source]:
    """Yield the photos that files, folders, patterns (`**` too), zip archives and CSV files name, in order.

    Of a folder, and of those below it, the photos sorted by name; what is none (`photos.recognition`) is
    added to `passed_over`, as it is of patterns, archives and stores. A CSV has an id or path column as
    labels do, and its files lie in `images` or below, by default where those of labels lie. A file that is
    named and does not exist is yielded too: reading it raises the error.
    Raises UserError for a folder, a pattern, an archive or a CSV without photos.
    """
    passed_over = PassedOver() if passed_over is None else passed_over
    for given in paths:
        if "://" in str(given):
            from melanoma.batch.object_store import photos_at  # imports pyarrow.fs only where it is needed

            yield from photos_at(str(given), passed_over)
            continue
        path = Path(given)
        if _PATTERN & set(str(given)) and not path.exists():
            yield from _matching(str(given), images, passed_over)
        else:
            yield from _listed(path, images, passed_over)


def _matching(pattern: str, images: Path | None, passed_over: PassedOver) -> Iterator[Source]:
    found = sorted(glob.iglob(pattern, recursive=True))
    wanted = [Path(name) for name in found if os.path.isfile(name)]
    if not wanted:
        raise UserError(f"No file matches {printable(pattern)}. Check the pattern, or quote it less.")
    for path in wanted:
        if path.suffix.lower() in (".zip", *TABLES) or is_photo_file(path):
            yield from _listed(path, images, passed_over)
        else:
            passed_over.add(path)


def _listed(path: Path, images: Path | None, passed_over: PassedOver) -> Iterator[Source]:
    suffix = path.suffix.lower()
    if os.path.isdir(path):  # Path.is_dir raises for names that no file system accepts
        yield from _in_folder(path, passed_over)
    elif suffix == ".zip":
        yield from photos_in_zip_file(path, printable(path), passed_over)
    elif suffix in TABLES:
        yield from _in_csv(path, images)
    else:
        yield of_file(path, pipes=True)


def of_file(path: Path, pipes: bool = False) -> Source:
    """Return the source of one file; `pipes` as in `read_bytes`."""
    return Source(printable(path), partial(_read, path, pipes), stamp_of(path))


def read_one(path: Path, frame: int | None = None) -> tuple[np.ndarray, int | None]:
    """Return a photo as uint8 (H, W, 3) sRGB, and of how many frames in a DICOM object, None for other files.

    `frame` is counted from 1, the first by default. Raises UserError where there is none.
    """
    name = printable(path.name)
    content = _read(path, pipes=True)
    if not is_dicom(content, path.name):
        if frame is not None:
            raise UserError(f"{name} is no DICOM object, so it has no frames. Leave --frame out.")
        return read_image(content, name), None
    photo = read_dicom(content, name)
    if (frame or 1) > photo.frames:
        raise UserError(f"{name} has {photo.frames} frames, so there is no frame {frame}.")
    return photo.frame((frame or 1) - 1), photo.frames


def stamp_of(path: Path) -> str:
    """Return a file's size and the time of its last change (ns); empty if it cannot be asked."""
    try:
        status = path.stat()
    except (OSError, ValueError):  # a name that no file system accepts
        return ""
    return f"{status.st_size} bytes, changed {status.st_mtime_ns}"


def _in_folder(folder: Path, passed_over: PassedOver) -> Iterator[Source]:
    empty = True
    for path in walk(folder):
        if is_photo_file(path):
            empty = False
            yield of_file(path)
        else:
            passed_over.add(path)
    if empty:
        raise UserError(f"{printable(folder)} holds no image files ({KIND_NAMES} or DICOM).")


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
    table = open_table(labels)
    require_id_column(table.columns, table.name)
    identifiers = [column for column in ID_COLUMNS if column in table.columns]
    folder = ImageFolder(images or default_images(labels), dicom=True)
    empty = True
    for row in table.rows():
        try:
            written = named_image(row, identifiers)
        except RowFault as fault:
            raise UserError("{labels}: {fault}", labels=table.name, fault=fault.sentence) from None
        empty = False
        yield of_file(_file_of(folder, written, table.name))
    if empty:
        raise UserError("{labels} has a header line and no rows.", labels=table.name)


def _file_of(folder: ImageFolder, written: str, labels: str) -> Path:
    """Return the path of the image named in a row; if none, as written: reading it fails."""
    found = folder.find(written)
    if len(found) > 1:
        raise several_files(written, found, labels)
    return found[0] if found else folder.folder / written


def _read(path: Path, pipes: bool) -> bytes:
    """Return a file's content; DICOM has a larger limit, since its pixels are often not compressed."""
    try:  # what is read of a pipe is gone
        large = not path.is_file() or is_dicom(head_of(path), path.name)
    except (OSError, ValueError):
        large = False  # the reading below says why
    return read_bytes(path, printable(path.name), MOST_BYTES if large else MAX_BYTES, pipes)
