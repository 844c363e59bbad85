"""The accepted kinds of photo: their names for people, file extensions and Pillow formats.

Uploader, batch, audit and error messages all use this list. A new kind is a row and, if Pillow cannot read
it, a module such as `heic` that registers a decoder.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class PhotoKind:
    """One kind of photo file."""

    name: str
    """Name for people."""
    formats: tuple[str, ...]
    """Pillow's formats; with the first one allowed, the others are opened too."""
    endings: tuple[str, ...]
    """Of file names, lower case, with the full stop."""


KINDS = (
    # MPO: a JPEG that holds another one
    PhotoKind("JPEG", ("JPEG", "MPO"), (".jpg", ".jpeg", ".jpe", ".jfif", ".jif", ".pjpeg", ".pjp", ".mpo")),
    PhotoKind("PNG", ("PNG",), (".png", ".apng")),
    PhotoKind("TIFF", ("TIFF",), (".tif", ".tiff")),
    PhotoKind("WebP", ("WEBP",), (".webp",)),
    PhotoKind("BMP", ("BMP",), (".bmp", ".dib")),
    PhotoKind("HEIC", ("HEIF",), (".heic", ".heif", ".hif")),
    PhotoKind("AVIF", ("AVIF",), (".avif",)),
)
FORMATS = tuple(kind.formats[0] for kind in KINDS)
"""The formats that Pillow may open."""
KIND_NAMES = ", ".join(kind.name for kind in KINDS)
"""The names of all kinds, apart from DICOM's."""
EXTENSIONS = tuple(ending for kind in KINDS for ending in kind.endings)
"""The endings of photos, apart from DICOM's."""
DICOM_EXTENSIONS = (".dcm", ".dicom")
"""Extensions of DICOM files, which only the commands accept."""
ALL_EXTENSIONS = (*EXTENSIONS, *DICOM_EXTENSIONS)
"""The extensions that the commands accept."""


def endings_of(pillow_format: str) -> tuple[str, ...]:
    """Return the extensions of a Pillow format; none for a format that is not accepted."""
    return next((kind.endings for kind in KINDS if pillow_format in kind.formats), ())
