"""What a photo's file says besides its pixels: for the audit."""

import io
from dataclasses import dataclass

from PIL import ExifTags, Image

from melanoma.photos.formats import FORMATS


@dataclass(frozen=True)
class FileFacts:
    """The facts of one file."""

    format: str
    """Pillow's name for it."""
    mode: str
    """Pillow's name for how its pixels are stored, such as `RGB`."""
    pictures: int
    """How many it holds."""
    turned: bool
    """True if EXIF says that it is to be shown turned or mirrored."""
    has_position: bool
    """True if EXIF says where it was taken."""


def file_facts(content: bytes) -> FileFacts:
    """Return the facts of a file that `read_image` has read."""
    with Image.open(io.BytesIO(content), formats=FORMATS) as picture:
        exif = picture.getexif()
        return FileFacts(
            format=str(picture.format),
            mode=picture.mode,
            pictures=getattr(picture, "n_frames", 1),
            turned=exif.get(ExifTags.Base.Orientation, 1) not in (0, 1),
            has_position=ExifTags.IFD.GPSInfo in exif,
        )
