"""The kinds of photo that are taken: their names for people, their file names' endings, Pillow's formats.

The one list: uploader, batch, audit and the sentence about other files take it from here. A new kind is a
row and, if Pillow does not read it by itself, a module such as `heic` that teaches it.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class PhotoKind:
    """One kind of photo file."""

    name: str
    """What people call it."""
    formats: tuple[str, ...]
    """What Pillow calls it; those beside the first need not be asked for to be opened."""
    endings: tuple[str, ...]
    """Of file names, lower case, with the full stop."""


KINDS = (
    PhotoKind("JPEG", ("JPEG", "MPO"), (".jpg", ".jpeg")),  # MPO: a JPEG that holds another one
    PhotoKind("PNG", ("PNG",), (".png",)),
    PhotoKind("TIFF", ("TIFF",), (".tif", ".tiff")),
    PhotoKind("WebP", ("WEBP",), (".webp",)),
    PhotoKind("BMP", ("BMP",), (".bmp",)),
    PhotoKind("HEIC", ("HEIF",), (".heic", ".heif")),
)
FORMATS = tuple(kind.formats[0] for kind in KINDS)
"""The formats that Pillow may open."""
EXTENSIONS = tuple(ending for kind in KINDS for ending in kind.endings)
"""The endings of photos, apart from DICOM's."""
DICOM_EXTENSIONS = (".dcm", ".dicom")
"""Of what `dicom` reads, which no page takes."""
ALL_EXTENSIONS = (*EXTENSIONS, *DICOM_EXTENSIONS)
"""The endings of what the commands take."""


def endings_of(pillow_format: str) -> tuple[str, ...]:
    """Return the endings that fit what Pillow calls a file; none for a format that is not taken."""
    return next((kind.endings for kind in KINDS if pillow_format in kind.formats), ())
