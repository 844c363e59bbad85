"""An opened picture -> RGB pixels, converted in bands, so that no second copy of a large photo is needed."""

import io

import numpy as np
from PIL import ExifTags, Image, ImageCms

from melanoma.photos.white_level import white_level

_BAND = 1_000_000  # pixels converted at a time: some 10 MB beside the picture and its result
_SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
_CLEAR = ("LA", "PA", "RGBA", "La", "RGBa")


def rgb_pixels(picture: Image.Image, profile: bytes | None = None, sixteen_bits: bool = False) -> np.ndarray:
    """Return an opened, loaded picture as uint8 (H, W, 3), upright, in sRGB, transparency laid on white.

    `profile` is the ICC profile of its colours. One that is damaged, or that does not fit the pixels, is
    ignored: they are still usable. `sixteen_bits` says that the file holds 16 bits a channel. Raises
    UnclearValues where nothing says which number is white.
    """
    width, height = picture.size
    turned = picture.getexif().get(ExifTags.Base.Orientation, 1)
    shape = (width, height, 3) if turned in (5, 6, 7, 8) else (height, width, 3)
    upright = np.empty(shape, dtype=np.uint8)
    stored = _as_stored(upright, turned)
    white = white_level(picture, sixteen_bits)
    transform = _to_srgb(picture, profile, deep=white is not None)
    rows = max(1, _BAND // width)
    for top in range(0, height, rows):
        band = picture if rows >= height else picture.crop((0, top, width, min(top + rows, height)))
        stored[top : top + rows] = _band_pixels(band, picture, transform, white)
    return upright


def _as_stored(upright: np.ndarray, turned: int) -> np.ndarray:
    """Return a view of the upright pixels (H, W, 3) in the order of a file with EXIF orientation `turned`."""
    views = {
        2: upright[:, ::-1],
        3: upright[::-1, ::-1],
        4: upright[::-1],
        5: upright.swapaxes(0, 1),
        6: np.rot90(upright),
        7: upright[::-1, ::-1].swapaxes(0, 1),
        8: np.rot90(upright, -1),
    }
    return views.get(turned, upright)


def _band_pixels(
    band: Image.Image,
    picture: Image.Image,
    transform: ImageCms.ImageCmsTransform | None,
    white: float | None,
) -> np.ndarray:
    if white is not None:
        values = np.nan_to_num(np.asarray(band, np.float64), posinf=white, neginf=0)
        band = Image.fromarray(np.clip(np.rint(values * (255 / white)), 0, 255).astype(np.uint8))
    alpha = None
    if _has_alpha(picture) and white is None:
        if "transparency" in picture.info:  # a crop has lost it
            band.info["transparency"] = picture.info["transparency"]
        clear = band.convert("RGBA")
        alpha, band = clear.getchannel("A"), _opaque(clear, grey=picture.mode in ("LA", "La"))
    if transform is not None:
        band = band if band.mode == transform.input_mode else band.convert(transform.input_mode)
        converted = ImageCms.applyTransform(band, transform)
        assert converted is not None  # it is where the band is left as it is
        band = converted
    elif band.mode != "RGB":
        band = band.convert("RGB")
    if alpha is not None:
        band = Image.composite(band, Image.new("RGB", band.size, (255, 255, 255)), alpha)
    return np.asarray(band)


def _has_alpha(picture: Image.Image) -> bool:
    return picture.mode in _CLEAR or picture.mode == "P" or "transparency" in picture.info


def _opaque(clear: Image.Image, grey: bool) -> Image.Image:
    """Return an RGBA picture without its alpha channel, as one channel if it is grey."""
    return clear.getchannel("R") if grey else clear.convert("RGB")


def _to_srgb(picture: Image.Image, profile: bytes | None, deep: bool) -> ImageCms.ImageCmsTransform | None:
    """Return the transform from a profile to sRGB, or None if there is none that fits the pixels.

    Phones and cameras save wider colour spaces, and colour is a diagnostic sign.
    """
    if not profile:
        return None
    space = profile[16:20]
    if space == b"RGB " and picture.mode != "CMYK":
        mode = "RGB"
    elif space == b"GRAY" and (deep or picture.mode in ("1", "L", "LA", "La")):
        mode = "L"
    elif space == b"CMYK" and picture.mode == "CMYK":
        mode = "CMYK"
    else:
        return None
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        return ImageCms.buildTransform(source, _SRGB, mode, "RGB")
    except (ImageCms.PyCMSError, OSError):
        return None
