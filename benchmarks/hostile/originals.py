"""Valid files of every accepted kind, from which the mutations start; drawn by the project itself."""

import io
import struct
from typing import Any

import numpy as np
from PIL import Image, ImageCms

from melanoma.edits.drawn_lesions import MELANOMA_LIKE, draw_lesion
from melanoma.photos import heic  # noqa: F401 - its import registers the encoder
from melanoma.photos.formats import FORMATS

MARKER = "MELANOMA-PRIVATE-MARKER"
"""A text in the metadata of the files that have some: it must never come out again."""
_GPS_TAGS = {1: "N", 2: (48.0, 8.0, 14.0), 3: "E", 4: (11.0, 34.0, 31.0)}


def original_files(height: int = 72, width: int = 96) -> dict[str, bytes]:
    """Return files by a short name that begins with the kind, such as `tiff-lzw`."""
    pixels = draw_lesion(MELANOMA_LIKE, height, width, 1).image
    colour = Image.fromarray(pixels)
    deep = Image.fromarray(pixels[:, :, 0].astype(np.uint16) * 257)
    clear = Image.fromarray(np.dstack([pixels, 255 - pixels[:, :, :1]]))
    grey, cmyk = colour.convert("L"), colour.convert("CMYK")
    few = colour.convert("P", palette=Image.Palette.ADAPTIVE)
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    exif = private_exif()
    upside_down = Image.fromarray(pixels[::-1].copy())
    files = {
        "jpeg": encoded(colour, "JPEG", quality=85),
        "jpeg-progressive": encoded(colour, "JPEG", progressive=True, restart_marker_rows=1),
        "jpeg-grey": encoded(grey, "JPEG"),
        "jpeg-cmyk": encoded(cmyk, "JPEG"),
        "jpeg-metadata": encoded(colour, "JPEG", exif=exif, icc_profile=profile, comment=MARKER.encode()),
        "jpeg-pair": _several(colour, upside_down, "MPO"),
        "png": encoded(colour, "PNG"),
        "png-clear": encoded(clear, "PNG"),
        "png-palette": encoded(few, "PNG", transparency=3),
        "png-deep": encoded(deep, "PNG"),
        "png-bilevel": encoded(colour.convert("1"), "PNG"),
        "png-animated": _several(colour, upside_down, "PNG"),
        "png-metadata": encoded(colour, "PNG", exif=exif, icc_profile=profile),
        "tiff": encoded(colour, "TIFF"),
        "tiff-pages": _several(colour, upside_down, "TIFF"),
        "tiff-deep": encoded(deep, "TIFF"),
        "tiff-floating": encoded(colour.convert("F"), "TIFF"),
        "tiff-cmyk": encoded(cmyk, "TIFF", compression="tiff_lzw"),
        "tiff-metadata": encoded(colour, "TIFF", exif=exif, icc_profile=profile, description=MARKER),
        "webp": encoded(colour, "WEBP", quality=80),
        "webp-lossless": encoded(clear, "WEBP", lossless=True),
        "webp-animated": _several(colour, upside_down, "WEBP"),
        "webp-metadata": encoded(colour, "WEBP", exif=exif, icc_profile=profile),
        "bmp": encoded(colour, "BMP"),
        "bmp-palette": encoded(few, "BMP"),
        "bmp-runs": _bmp_in_runs(),
        "heif": encoded(colour, "HEIF", quality=60),
        "heif-clear": encoded(clear, "HEIF", quality=60),
        "heif-metadata": encoded(colour, "HEIF", quality=60, exif=exif, icc_profile=profile),
        "heif-pages": _several(colour, upside_down, "HEIF"),
        "avif": encoded(colour, "AVIF", quality=60, speed=10),
        "avif-clear": encoded(clear, "AVIF", quality=60, speed=10),
        "avif-metadata": encoded(colour, "AVIF", quality=60, speed=10, exif=exif, icc_profile=profile),
        "avif-animated": encoded(
            colour, "AVIF", quality=60, speed=10, save_all=True, append_images=[upside_down]
        ),
    }
    for packing in ("tiff_lzw", "tiff_adobe_deflate", "packbits", "jpeg"):
        files[f"tiff-{packing.removeprefix('tiff_')}"] = encoded(colour, "TIFF", compression=packing)
    files["tiff-fax"] = encoded(colour.convert("1"), "TIFF", compression="group4")
    assert {name.partition("-")[0].upper() for name in files} == set(FORMATS)
    return files


def private_exif() -> bytes:
    """Return EXIF data with an orientation, a camera's text and a place."""
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010F] = MARKER
    exif.get_ifd(0x8825).update(_GPS_TAGS)
    return exif.tobytes()


def encoded(picture: Image.Image, kind: str, **options: Any) -> bytes:
    """Return a picture as a file of the kind."""
    stream = io.BytesIO()
    # A copy: Pillow leaves an encoder's settings on a picture, where the next kind's encoder trips over them.
    picture.copy().save(stream, kind, **options)
    return stream.getvalue()


def _several(first: Image.Image, second: Image.Image, kind: str) -> bytes:
    return encoded(first, kind, save_all=True, append_images=[second.copy()])


def _bmp_in_runs(side: int = 96) -> bytes:
    """Return a BMP of 8 bits in run lengths, which Pillow reads and cannot write: one run a row."""
    palette = b"".join(bytes((level, level, level, 0)) for level in range(256))
    rows = b"".join(bytes((side, row, 0, 0)) for row in range(side)) + b"\0\1"
    start = 14 + 40 + len(palette)
    info = struct.pack("<IiiHHIIiiII", 40, side, side, 1, 8, 1, len(rows), 2835, 2835, 256, 0)
    return struct.pack("<2sIHHI", b"BM", start + len(rows), 0, 0, start) + info + palette + rows
