"""A photo's file -> RGB pixels, with limits on bytes and pixels, and a UserError for unusable files."""

import io
import struct
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import AvifImagePlugin, Image

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


def read_bytes(path: Path, name: str | None = None, most: int = MAX_BYTES) -> bytes:
    """Return a file's content; raises UserError where it cannot be read or has more than `most` bytes."""
    name = name or path.name
    try:
        if path.stat().st_size > most:
            raise _too_large(name, most)
        return path.read_bytes()
    except FileNotFoundError:
        raise UserError("{path} does not exist. Check the path.", path=path) from None
    except IsADirectoryError:
        raise UserError("{path} is a folder, and a photo was expected.", path=path) from None
    except OSError as error:
        raise UserError("{path} cannot be read ({reason}).", path=path, reason=error.strerror) from None


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
