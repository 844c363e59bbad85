"""Where the photos of a worklist come from: files in memory, and zip archives that nobody vouches for."""

import io
import zipfile
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from melanoma.errors import UserError
from melanoma.images import EXTENSIONS, MAX_BYTES, read_bytes

MOST_FILES = 2000
"""In one archive: an hour's work for a reader, and a bound for memory."""
MOST_PACKED = 500 * 1024**2
"""Bytes of an archive, which is held in memory."""
MOST_UNPACKED = 2 * 1024**3
"""Bytes of all files of an archive together."""
MOST_RATIO = 200
"""Of unpacked to packed size: JPEG and PNG hardly shrink, a bomb shrinks by thousands."""
_NO_PHOTOS = ("__macosx/", ".ds_store", "thumbs.db", "desktop.ini")  # what operating systems add to archives
_DIRECTORY_MARK = b"PK\x01\x02"  # of each entry in an archive's directory


@dataclass(frozen=True)
class Source:
    """One photo that has not been read yet."""

    name: str
    """As its owner calls it; shown, never opened."""
    read: Callable[[], bytes]
    """Returns the file's content; raises UserError where that is refused or fails."""


def in_memory(name: str, content: bytes) -> Source:
    """Return a source for a file that is already in memory."""
    return Source(name, lambda: content)


def find_images(paths: Iterable[Path]) -> list[Path]:
    """Return the files named, and for each folder the files below it that are called like images, sorted.

    Raises UserError for a folder without any. A file that does not exist is kept: it gets its own error
    later.
    """
    found: list[Path] = []
    for path in paths:
        if not path.is_dir():
            found.append(path)
            continue
        inside = sorted(
            file for file in path.rglob("*") if file.suffix.lower() in EXTENSIONS and file.is_file()
        )
        if not inside:
            raise UserError(f"{path} holds no image files ({', '.join(EXTENSIONS)}).")
        found += inside
    return found


def from_paths(paths: Iterable[Path]) -> list[Source]:
    """Return the photos that files, folders and zip archives name, in that order.

    Raises UserError for a folder or an archive without photos; a file that cannot be read is named when it is
    its turn.
    """
    found: list[Source] = []
    for path in find_images(paths):
        if path.suffix.lower() == ".zip":
            found += photos_in_zip(_read_archive(path), str(path))
        else:
            found.append(Source(str(path), partial(read_bytes, path)))
    return found


def is_zip(content: bytes) -> bool:
    """Return True if this is a zip archive, whatever its name says."""
    return zipfile.is_zipfile(io.BytesIO(content))


def photos_in_zip(content: bytes, name: str, most: int | None = None) -> list[Source]:
    """Return the photos of an archive in the order of their names; nothing is written to disk.

    Files that are no photos by their name are left out, folders and what operating systems add silently,
    others as sources whose reading raises UserError; so do an archive within the archive, an encrypted file,
    and one that unpacks to more than a photo may hold. Raises UserError for an archive that is damaged, has
    no photo, or would unpack to too many files (more than `most`, by default `MOST_FILES`) or bytes.
    """
    most = MOST_FILES if most is None else most
    if content.count(_DIRECTORY_MARK) > 4 * most:  # before its directory is read into memory
        raise _too_many(name, most)
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
        entries = [entry for entry in archive.infolist() if not entry.is_dir()]
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError, EOFError):
        raise UserError(f"{name} is a damaged zip archive. Pack it again.") from None
    wanted = sorted(
        (entry for entry in entries if not _added_by_system(entry.filename)), key=lambda entry: entry.filename
    )
    if len(wanted) > most:
        raise _too_many(name, most)
    if sum(entry.file_size for entry in wanted) > MOST_UNPACKED:
        raise UserError(f"{name} would unpack to more than {MOST_UNPACKED // 1024**3} GB. Pack fewer photos.")
    if not any(entry.filename.lower().endswith(EXTENSIONS) for entry in wanted):
        raise UserError(f"{name} holds no photos ({', '.join(EXTENSIONS)}).")
    return [Source(entry.filename, partial(_unpack, archive, entry)) for entry in wanted]


def _read_archive(path: Path) -> bytes:
    try:
        if path.stat().st_size > MOST_PACKED:
            raise UserError(
                f"{path} is larger than {MOST_PACKED // 1024**2} MB. Unpack it, and give the folder."
            )
        return path.read_bytes()
    except OSError as error:
        raise UserError(f"{path} cannot be read ({error.strerror}).") from None


def _unpack(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    """Return the content of a file; never more than a photo may hold, whatever the directory claims."""
    name = entry.filename
    if name.lower().endswith((".zip", ".7z", ".rar", ".tar", ".gz")):
        raise UserError(f"{name} is an archive within the archive. Unpack it, and pack the photos alone.")
    if not name.lower().endswith(EXTENSIONS):
        raise UserError(f"{name} is not a photo by its name ({', '.join(EXTENSIONS)}).")
    if entry.flag_bits & 1:
        raise UserError(f"{name} is encrypted. Pack it without a password.")
    if entry.file_size > MAX_BYTES or entry.file_size > MOST_RATIO * max(entry.compress_size, 1):
        raise UserError(f"{name} unpacks to far more than a photo of this kind holds, so it was not opened.")
    try:
        with archive.open(entry) as file:
            content = file.read(MAX_BYTES + 1)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, OSError, EOFError, ValueError):
        raise UserError(f"{name} is damaged in the archive. Pack it again.") from None
    if len(content) > MAX_BYTES:
        raise UserError(f"{name} unpacks to far more than it says, so it was not read.")
    return content


def _added_by_system(filename: str) -> bool:
    folded = filename.lower()
    return folded.startswith(_NO_PHOTOS[0]) or folded.rsplit("/", 1)[-1] in _NO_PHOTOS[1:]


def _too_many(name: str, most: int) -> UserError:
    return UserError(f"{name} holds more than {most} files. Pack fewer photos, in several archives.")
