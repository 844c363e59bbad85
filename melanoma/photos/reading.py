"""A photo's file -> RGB pixels, with limits on bytes and pixels, and a UserError for unusable files."""

import io
import re
import stat
import struct
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import AvifImagePlugin, Image
from PIL.BmpImagePlugin import BmpImageFile
from PIL.TiffImagePlugin import STRIPOFFSETS, TILEOFFSETS, TiffImageFile

from melanoma.errors import UserError
from melanoma.photos import heic  # noqa: F401 - its import registers the decoder
from melanoma.photos.colour import rgb_pixels
from melanoma.photos.colour_statements import stated_profile
from melanoma.photos.formats import FORMATS, KINDS
from melanoma.photos.white_level import UnclearValues
from melanoma.phrases import Sentence

# Size is checked below, against a lower limit and with a UserError, so Pillow's warning is not needed.
warnings.simplefilter("ignore", Image.DecompressionBombWarning)
warnings.filterwarnings("ignore", category=UserWarning, module="PIL")  # of damaged tags that nobody reads

# Batches decode photos side by side, and the sandbox has the memory of one thread.
AvifImagePlugin.DEFAULT_MAX_THREADS = 1

MAX_BYTES = 20 * 1024 * 1024
# So that decoding takes less than 2 s and 300 MB, measured by benchmarks.hostile.largest.
MAX_PIXELS = 36_000_000
FEWER_PIXELS = {"WEBP": 18_000_000, "AVIF": 24_000_000}  # whose decoders need more memory than the others
MAX_SIDE = 16_000  # pixels: no photo is longer, and a strip of 64 x 500,000 takes seconds row by row
MOST_SCANS = 32
"""Of a JPEG, whose decoder goes over the whole picture for each: 46 ms at 35 megapixels. Cameras write
one, and encoders up to a dozen."""
START_OF_SCAN = b"\xff\xda"
"""The marker with which each scan of a JPEG begins; it cannot occur in the data of a scan."""
# A marker that begins a segment, or ends the picture (ITU-T T.81, B.1.1.3): not the ones without a length.
_MARKER, _END_OF_PICTURE = re.compile(rb"\xff[^\x00\x01\xff\xd0-\xd8]"), b"\xff\xd9"
_MOST_SEGMENTS = 20_000  # of a JPEG: one of 20 MB with a profile and its camera's notes has some hundred
# A BMP in run lengths is decoded byte by byte in Python: 4 s for the largest file, 2.4 s for the most pixels.
_MOST_RUNS, _MOST_PIXELS_IN_RUNS = 2 * 1024 * 1024, 12_000_000
MIN_SIDE = 64  # below this a lesion is a handful of pixels, and every answer a guess

_NEW_SUBFILE_TYPE, _DNG_VERSION = 254, 50706  # tags of TIFF

_SIZE_ADVICE = Sentence(
    "Save it as a JPEG of at most {megapixels} megapixels and try again.",
    megapixels=MAX_PIXELS // 1_000_000,
)
# Raised by Pillow's decoders for damaged files, according to their sources and to tests with damaged files
# (TypeError: a TIFF whose offsets are text or fractions). Any other exception is a defect and not caught.
_DECODING_ERRORS = (
    OSError,
    SyntaxError,
    ValueError,
    EOFError,
    struct.error,
    IndexError,
    KeyError,
    RuntimeError,
    TypeError,
    ZeroDivisionError,  # of an AVIF whose clock has no ticks
)


def read_image(source: bytes | str | Path, name: str | None = None) -> np.ndarray:
    """Return the picture as uint8 (H, W, 3) in sRGB, upright, without metadata.

    `source` is a file's content or its path; `name` is used in error messages. EXIF orientation and what the
    file says of its colours are applied, transparency is laid on white, 16-bit and grey pictures become 8-bit
    RGB, and of an animated file the first frame is used. Raises UserError for a file that is not a usable
    photo, and for one whose colours or brightness would be misread.
    """
    return read_with(_photo_pixels, source, name)


def read_with(
    convert: Callable[["OpenedPicture"], np.ndarray],
    source: bytes | str | Path,
    name: str | None = None,
    least: int = MIN_SIDE,
) -> np.ndarray:
    """Return what `convert` makes of an opened and loaded picture.

    `least` is the shortest side in pixels. Raises UserError for a file that is no usable picture.
    """
    if isinstance(source, bytes):
        content, name = source, name or "The file"
    else:
        name = name or Path(source).name
        content = read_bytes(Path(source), name)
    if not content:
        raise UserError(
            "{name} is empty. Choose the photo again; the copy may have been interrupted.", name=name
        )
    if len(content) > MAX_BYTES:
        raise _too_large(name, MAX_BYTES)
    try:
        with Image.open(io.BytesIO(content), formats=FORMATS) as picture:
            _refuse_raw(picture, name)
            most = FEWER_PIXELS.get(picture.format or "", MAX_PIXELS)
            check_size(picture.size, name, most, least)
            _require_bounded_work(picture, content, name)
            sixteen_bits = ";16" in str(picture.tile)
            picture.load()
            check_size(
                picture.size, name, most, least
            )  # a decoder may find another size than the header said
            return convert(OpenedPicture(picture, content, name, sixteen_bits))
    except Image.DecompressionBombError:
        raise UserError("{name} has far too many pixels. {advice}", name=name, advice=_SIZE_ADVICE) from None
    except Image.UnidentifiedImageError:
        raise UserError(
            "{name} is not a picture that can be read. Use {kinds} or {last}.",
            name=name,
            kinds=", ".join(kind.name for kind in KINDS[:-1]),
            last=KINDS[-1].name,
        ) from None
    except UnclearValues as unclear:
        raise UserError(
            "{name} holds numbers from {low} to {high}, and nothing says which of them is white. "
            "Save it with 8 bits a channel.",
            name=name,
            low=f"{unclear.low:.4g}",
            high=f"{unclear.high:.4g}",
        ) from None
    except _DECODING_ERRORS:
        raise UserError("{name} is damaged or cut off. Export or copy the photo again.", name=name) from None


@dataclass(frozen=True)
class OpenedPicture:
    """A picture that Pillow has decoded, and its file."""

    picture: Image.Image
    content: bytes
    name: str
    sixteen_bits: bool
    """True if the file holds 16 bits a channel."""


def _photo_pixels(opened: OpenedPicture) -> np.ndarray:
    profile = stated_profile(opened.picture, opened.content, opened.name)
    return rgb_pixels(opened.picture, profile, opened.sixteen_bits)


def _refuse_raw(picture: Image.Image, name: str) -> None:
    """Raise UserError for a camera's raw file, a TIFF whose first picture is a small preview."""
    tags = getattr(picture, "tag_v2", {})
    if _DNG_VERSION in tags or tags.get(_NEW_SUBFILE_TYPE, 0) & 1:
        raise UserError("{name} is a camera's raw file. Export it as a JPEG.", name=name)


def too_many_scans(name: str) -> UserError:
    """Return the error for a JPEG of more scans than `MOST_SCANS`."""
    return UserError(
        "{name} is built up in more than {most} steps, which takes too long to open. "
        "Save it as a plain JPEG and try again.",
        name=name,
        most=MOST_SCANS,
    )


def _require_bounded_work(picture: Image.Image, content: bytes, name: str) -> None:
    """Raise UserError, before it is decoded, for a picture that takes far more work than its pixels do."""
    if picture.format in ("JPEG", "MPO") and _scans(content) > MOST_SCANS:
        raise too_many_scans(name)
    if isinstance(picture, TiffImageFile) and picture.info.get("compression") in ("jpeg", "tiff_jpeg"):
        strips = picture.tag_v2.get(STRIPOFFSETS) or picture.tag_v2.get(TILEOFFSETS) or ()
        if content.count(START_OF_SCAN) > MOST_SCANS * max(1, len(strips)):
            raise too_many_scans(name)
    in_runs = isinstance(picture, BmpImageFile) and any(tile[0] == "bmp_rle" for tile in picture.tile)
    if in_runs and (len(content) > _MOST_RUNS or picture.width * picture.height > _MOST_PIXELS_IN_RUNS):
        raise UserError(
            "{name} is packed in run lengths, which takes too long to open. "
            "Save it as a plain JPEG and try again.",
            name=name,
        )


def _scans(content: bytes) -> int:
    """Return how many scans the first picture of a JPEG has, or a larger number than `MOST_SCANS`."""
    marks = content.count(START_OF_SCAN)  # with those of thumbnails and of other pictures
    if marks <= MOST_SCANS:
        return marks
    place, scans = 2, 0
    for _ in range(_MOST_SEGMENTS):
        found = _MARKER.search(content, place)
        if found is None or found[0] == _END_OF_PICTURE:
            return scans
        scans += found[0] == START_OF_SCAN
        # The length of what follows, which may hold any bytes; then a scan's data, which hold no marker.
        place = found.end() + int.from_bytes(content[found.end() : found.end() + 2])
    return marks


def read_bytes(path: Path, name: str | None = None, most: int = MAX_BYTES, pipes: bool = False) -> bytes:
    """Return a file's content; raises UserError where it cannot be read or has more than `most` bytes.

    A device or a pipe, which may have no end or never begin, is refused unless `pipes` says that whoever runs
    the command has named it.
    """
    name = name or path.name
    try:
        status = path.stat()
        if stat.S_ISDIR(status.st_mode):
            raise IsADirectoryError
        if not (pipes or stat.S_ISREG(status.st_mode)):
            raise UserError("{path} is a device or a pipe, and a photo was expected.", path=path)
        if status.st_size > most:
            raise _too_large(name, most)
        with path.open("rb") as file:
            content = file.read(most + 1)
        if len(content) > most:
            raise _too_large(name, most)
        return content
    except FileNotFoundError:
        raise UserError("{path} does not exist. Check the path.", path=path) from None
    except IsADirectoryError:
        raise UserError("{path} is a folder, and a photo was expected.", path=path) from None
    except (OSError, ValueError) as error:  # ValueError: a NUL byte in the name
        reason = getattr(error, "strerror", None) or str(error)
        raise UserError("{path} cannot be read ({reason}).", path=path, reason=reason) from None


def check_size(size: tuple[int, int], name: str, most: int = MAX_PIXELS, least: int = MIN_SIDE) -> None:
    """Raise UserError for a picture of more than `most` pixels, or sides below `least`; `size` is (w, h)."""
    width, height = size
    if width * height > most or max(width, height) > MAX_SIDE:
        raise UserError(
            "{name} has {width} x {height} pixels, which is too many. {advice}",
            name=name,
            width=width,
            height=height,
            advice=_SIZE_ADVICE,
        )
    if min(width, height) < least:
        raise UserError(
            "{name} is only {width} x {height} pixels. Use a photo of at least {least} on each side.",
            name=name,
            width=width,
            height=height,
            least=least,
        )


def _too_large(name: str, most: int) -> UserError:
    return UserError(
        "{name} is larger than {most} MB. {advice}", name=name, most=most // 1024**2, advice=_SIZE_ADVICE
    )
