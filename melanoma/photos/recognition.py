"""Which files are photos: by their content, and by their names where the content says nothing.

One rule for folders, patterns, archives, object stores, watched folders, class folders and the page. What is
no photo is passed over, counted and named.
"""

from collections.abc import Callable
from pathlib import Path, PurePath

from melanoma.files import printable
from melanoma.photos.formats import ALL_EXTENSIONS, DICOM_EXTENSIONS, EXTENSIONS
from melanoma.phrases import Sentence

HEAD = 192
"""Bytes at the beginning of a file that tell what it is."""
DICOM = "DICOM"
_DICOM_MAGIC, _DICOM_OFFSET = b"DICM", 128
_MAGIC = {
    b"\xff\xd8\xff": "JPEG",
    b"\x89PNG\r\n\x1a\n": "PNG",
    b"II*\0": "TIFF",
    b"MM\0*": "TIFF",
    b"II+\0": "TIFF",  # with addresses of 64 bits
    b"MM\0+": "TIFF",
}
_BRANDS = {  # ISO/IEC 23008-12, annex B, and the AVIF specification
    **dict.fromkeys((b"avif", b"avis"), "AVIF"),
    **dict.fromkeys((b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"), "HEIC"),
}
_BMP_HEADERS = (12, 16, 40, 52, 56, 64, 108, 124)  # bytes of the known information headers
_APPLE_DOUBLE = (b"\0\5\x16\7", b"\0\5\x16\0")  # what macOS puts beside a file on other systems' disks
_OF_SYSTEMS = (".ds_store", "thumbs.db", "desktop.ini")
_UNFINISHED = (".part", ".partial", ".filepart", ".crdownload", ".download", ".tmp", ".unfinished")
_MACOS_FOLDER = "__macosx"
_NAMED = 1000  # names kept of what is passed over; all are counted


def kind_of(head: bytes) -> str | None:
    """Return the kind of photo that the first `HEAD` bytes of a file begin, or None."""
    if head[_DICOM_OFFSET : _DICOM_OFFSET + 4] == _DICOM_MAGIC:
        return DICOM
    for magic, kind in _MAGIC.items():
        if head.startswith(magic):
            return kind
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "WebP"
    if head[:2] == b"BM" and int.from_bytes(head[14:18], "little") in _BMP_HEADERS:
        return "BMP"
    if head[4:8] == b"ftyp":
        end = min(int.from_bytes(head[:4], "big"), len(head))
        brands = [head[8:12], *(head[at : at + 4] for at in range(16, end - 3, 4))]
        return next((_BRANDS[brand] for brand in brands if brand in _BRANDS), None)
    return None


def is_dicom(content: bytes, name: str = "") -> bool:
    """Return True for DICOM content, or a name of DICOM whose content is no other kind of photo."""
    kind = kind_of(content[:HEAD])
    return kind == DICOM or (kind is None and name.lower().endswith(DICOM_EXTENSIONS))


def is_photo(name: PurePath, head: Callable[[], bytes], dicom: bool = True) -> bool:
    """Return whether a file is a photo; `head` returns its first `HEAD` bytes and may raise OSError.

    Content decides. A file that is named like a photo and has other content counts as one too, so that it
    gets a sentence and is not missing. Not so what systems add: `._x.jpg`, all in `__MACOSX`, `Thumbs.db`;
    nor files of copies under way, such as `x.jpg.part`. Without `dicom`, DICOM is no photo.
    """
    base = name.name.lower()
    if is_system_file(name):
        return False
    beside = base.startswith("._")  # of macOS, unless it is a photo by its content
    named = name.suffix.lower() in (ALL_EXTENSIONS if dicom else EXTENSIONS) and not beside
    if named:
        return True
    if (base.startswith(".") and not beside) or base.endswith(_UNFINISHED):
        return False
    try:
        first = head()
    except OSError:
        return False  # nothing says that it is a photo, so it is no error that it cannot be read
    if is_system_file(name, first):
        return False
    kind = kind_of(first)
    return kind is not None and (dicom or kind != DICOM)


def is_system_file(name: PurePath, head: bytes = b"") -> bool:
    """Return True for what operating systems put beside photos, by name and by content."""
    in_macos_folder = _MACOS_FOLDER in (part.lower() for part in name.parts[:-1])
    return in_macos_folder or name.name.lower() in _OF_SYSTEMS or head.startswith(_APPLE_DOUBLE)


def is_photo_file(path: Path, dicom: bool = True) -> bool:
    """Return the same for a file on disk."""
    return is_photo(path, lambda: head_of(path), dicom)


def head_of(path: Path) -> bytes:
    """Return the first `HEAD` bytes of a file; raises OSError."""
    with path.open("rb") as file:
        return file.read(HEAD)


class PassedOver:
    """The files of a run that are no photos."""

    def __init__(self) -> None:
        """Begin with none."""
        self.count = 0
        self.names: list[str] = []
        """The first of them, at most a thousand."""

    def add(self, name: str | PurePath) -> None:
        """Count a file."""
        self.count += 1
        if len(self.names) < _NAMED:
            self.names.append(printable(str(name)))

    def sentence(self, most: int = 12) -> Sentence | None:
        """Return how many there are, with the names of the first `most`; None without any."""
        if not self.count:
            return None
        names = ", ".join(self.names[:most])
        if self.count > most:
            return Sentence(
                "{count} files were passed over, since they are no photos: {names} and {more} more.",
                count=self.count,
                names=names,
                more=self.count - most,
            )
        if self.count == 1:
            return Sentence("One file was passed over, since it is no photo: {names}.", names=names)
        return Sentence(
            "{count} files were passed over, since they are no photos: {names}.",
            count=self.count,
            names=names,
        )
