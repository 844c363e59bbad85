"""Untrusted zip archives: their photos, unpacked with limits, one at a time and never to disk."""

import io
import os
import zipfile
import zlib
from collections import Counter
from functools import lru_cache, partial
from pathlib import Path, PurePosixPath

from melanoma.batch.source import Source
from melanoma.errors import UserError
from melanoma.photos.formats import KIND_NAMES
from melanoma.photos.reading import MAX_BYTES
from melanoma.photos.recognition import HEAD, PassedOver, is_photo

MOST_FILES = 2000
"""In one archive: a worklist that takes a reader an hour, and a bound for memory."""
MOST_PACKED = 500 * 1024**2
"""Bytes of an archive: a page holds it in memory."""
MOST_UNPACKED = 2 * 1024**3
"""Bytes of all files of an archive together."""
MOST_RATIO = 200
"""Of unpacked to packed size: JPEG and PNG hardly compress, a zip bomb does by thousands."""
_ARCHIVES = (".zip", ".7z", ".rar", ".tar", ".gz")
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""How a photo may be packed: `zipfile` unpacks these in pieces, and others whole, to any size."""
_DIRECTORY_MARK = b"PK\x01\x02"  # of each entry in an archive's directory
_BLOCK = 1024 * 1024
_DAMAGED = (zipfile.BadZipFile, ValueError, NotImplementedError, EOFError)


def is_zip(content: bytes) -> bool:
    """Return True if this is a zip archive, by content and not by name."""
    return zipfile.is_zipfile(io.BytesIO(content))


def photos_in_zip(
    content: bytes, name: str, most: int = MOST_FILES, passed_over: PassedOver | None = None
) -> list[Source]:
    """Return the photos of an archive in memory, in the order of their names.

    What is no photo (`photos.recognition`) is added to `passed_over`; files of one name are told apart by a
    number. Reading raises UserError for an archive within the archive, an encrypted file, one packed in
    another way than stored or deflated, and one that unpacks to more than a photo may hold. Raises UserError
    for an archive that is damaged, has no photo, or would unpack to too many files (more than `most`) or
    bytes.
    """
    _refuse_long_directory(io.BytesIO(content), name, most)
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
        wanted = _wanted(archive, name, most, passed_over or PassedOver())
    except (*_DAMAGED, OSError):
        raise _damaged(name) from None
    names = _distinct_names(wanted)
    return [
        Source(own, partial(_unpack, archive, entry), _stamp(entry))
        for own, entry in zip(names, wanted, strict=True)
    ]


def photos_in_zip_file(path: Path, name: str, passed_over: PassedOver | None = None) -> list[Source]:
    """Return the same for an archive on disk, without loading it into memory.

    The name of a photo is the archive's and its own, and its source can be sent to another process.
    """
    try:
        if path.stat().st_size > MOST_PACKED:
            raise UserError(
                "{name} is larger than {most} MB. Unpack it, and give the folder.",
                name=name,
                most=MOST_PACKED // 1024**2,
            )
        with path.open("rb") as file:
            _refuse_long_directory(file, name, MOST_FILES)
            with zipfile.ZipFile(file) as archive:
                wanted = _wanted(archive, name, MOST_FILES, passed_over or PassedOver())
    except _DAMAGED:
        raise _damaged(name) from None
    except OSError as error:
        raise UserError("{name} cannot be read ({reason}).", name=name, reason=error.strerror) from None
    return [
        Source(
            f"{name}/{own}",
            partial(_unpack_from, path, name, entry.filename, entry.header_offset),
            _stamp(entry),
        )
        for own, entry in zip(_distinct_names(wanted), wanted, strict=True)
    ]


def _distinct_names(entries: list[zipfile.ZipInfo]) -> list[str]:
    """Return the entries' names, with a number at those that come again: a zip may hold one name twice."""
    taken = {entry.filename for entry in entries}
    again: Counter[str] = Counter()
    names = []
    for entry in entries:
        name = entry.filename
        again[name] += 1
        if again[name] > 1:
            stem, ending = os.path.splitext(name)
            while (name := f"{stem} [{again[entry.filename]}]{ending}") in taken:
                again[entry.filename] += 1
            taken.add(name)
        names.append(name)
    return names


def _wanted(archive: zipfile.ZipFile, name: str, most: int, passed_over: PassedOver) -> list[zipfile.ZipInfo]:
    """Return the entries to read; raises UserError for one without photos, or beyond the limits."""
    files = [entry for entry in archive.infolist() if not entry.is_dir()]
    if len(files) > 4 * most:
        raise _too_many(name, most)
    wanted = []
    for entry in sorted(files, key=lambda entry: (entry.filename, entry.header_offset)):
        if _is_photo(archive, entry) or entry.filename.lower().endswith(_ARCHIVES):
            wanted.append(entry)
        else:
            passed_over.add(f"{name}/{entry.filename}")
    if len(wanted) > most:
        raise _too_many(name, most)
    if sum(entry.file_size for entry in wanted) > MOST_UNPACKED:
        raise UserError(
            "{name} would unpack to more than {most} GB. Pack fewer photos.",
            name=name,
            most=MOST_UNPACKED // 1024**3,
        )
    if all(entry.filename.lower().endswith(_ARCHIVES) for entry in wanted):
        raise UserError("{name} holds no photos ({endings}).", name=name, endings=f"{KIND_NAMES}, DICOM")
    return wanted


def _stamp(entry: zipfile.ZipInfo) -> str:
    return f"{entry.file_size} bytes, CRC {entry.CRC:08x}"


def _is_photo(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bool:
    """Return whether an entry is a photo; also if its beginning cannot be read, since reading says why."""

    def head() -> bytes:
        with archive.open(entry) as file:
            return file.read(HEAD)

    place = PurePosixPath(entry.filename.replace("\\", "/"))
    if entry.flag_bits & 1 or entry.compress_type not in _METHODS:
        return is_photo(place, lambda: b"\xff\xd8\xff")
    try:
        return is_photo(place, head)
    except (*_DAMAGED, zlib.error, RuntimeError):
        return True


def _refuse_long_directory(file: io.BufferedIOBase, name: str, most: int) -> None:
    """Raise UserError before a directory of too many entries is read into memory."""
    entries = 0
    while block := file.read(_BLOCK):
        entries += block.count(_DIRECTORY_MARK)
        if entries > 4 * most:
            raise _too_many(name, most)
    file.seek(0)


@lru_cache(maxsize=4)
def _opened(path: Path) -> tuple[zipfile.ZipFile, dict[tuple[str, int], zipfile.ZipInfo]]:
    """Return the open archive and its entries by name and place.

    Cached, so that its directory is not read again for every photo.
    """
    archive = zipfile.ZipFile(path)
    return archive, {(entry.filename, entry.header_offset): entry for entry in archive.infolist()}


def _unpack_from(path: Path, name: str, member: str, offset: int) -> bytes:
    """Return the content of the entry of this name that begins at `offset`."""
    try:
        archive, entries = _opened(path)
        entry = entries[member, offset]
    except _DAMAGED:
        raise _damaged(name) from None
    except KeyError:
        raise UserError(
            "{member} has gone from {name} since the archive was listed.", member=member, name=name
        ) from None
    except OSError as error:
        raise UserError("{name} cannot be read ({reason}).", name=name, reason=error.strerror) from None
    return _unpack(archive, entry)


def _unpack(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    """Return the content of a file; at most what a photo may hold, whatever size the directory states."""
    name = entry.filename
    if name.lower().endswith(_ARCHIVES):
        raise UserError(
            "{name} is an archive within the archive. Unpack it, and pack the photos alone.", name=name
        )
    if entry.flag_bits & 1:
        raise UserError("{name} is encrypted. Pack it without a password.", name=name)
    if entry.compress_type not in _METHODS:
        raise UserError(
            "{name} is packed in a way that is not opened. Pack it again as an ordinary zip.", name=name
        )
    if entry.file_size > MAX_BYTES or entry.file_size > MOST_RATIO * max(entry.compress_size, 1):
        raise UserError(
            "{name} unpacks to far more than a photo of this kind holds, so it was not opened.", name=name
        )
    try:
        with archive.open(entry) as file:
            content = file.read(MAX_BYTES + 1)
    except (*_DAMAGED, zlib.error, RuntimeError, OSError):
        raise UserError("{name} is damaged in the archive. Pack it again.", name=name) from None
    if len(content) > MAX_BYTES:
        raise UserError("{name} unpacks to far more than it says, so it was not read.", name=name)
    return content


def _too_many(name: str, most: int) -> UserError:
    return UserError(
        "{name} holds more than {most} files. Pack fewer photos, and give them in parts.",
        name=name,
        most=most,
    )


def _damaged(name: str) -> UserError:
    return UserError("{name} is a damaged zip archive. Pack it again.", name=name)
