"""An opened picture -> RGB pixels, converted in bands, so that no second copy of a large photo is needed."""

import io

import numpy as np
from PIL import ExifTags, Image, ImageCms

_BAND = 1_000_000  # pixels converted at a time: some 10 MB beside the picture and its result
_SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
_CLEAR = ("LA", "PA", "RGBA", "La", "RGBa")


def rgb_pixels(picture: Image.Image) -> np.ndarray:
    """Return an opened, loaded picture as uint8 (H, W, 3), upright, in sRGB, transparency laid on white."""
    width, height = picture.size
    turned = picture.getexif().get(ExifTags.Base.Orientation, 1)
    shape = (width, height, 3) if turned in (5, 6, 7, 8) else (height, width, 3)
    upright = np.empty(shape, dtype=np.uint8)
    stored = _as_stored(upright, turned)
    transform, scale = _to_srgb(picture), _deep_scale(picture)
    rows = max(1, _BAND // width)
    for top in range(0, height, rows):
        band = picture if rows >= height else picture.crop((0, top, width, min(top + rows, height)))
        stored[top : top + rows] = _band_pixels(band, picture, transform, scale)
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
    band: Image.Image, picture: Image.Image, transform: ImageCms.ImageCmsTransform | None, scale: float | None
) -> np.ndarray:
    if scale is not None:
        grey = np.clip(np.rint(np.nan_to_num(np.asarray(band)) * scale), 0, 255).astype(np.uint8)
        return grey[:, :, None]
    if transform is not None:
        return np.asarray(ImageCms.applyTransform(band, transform))
    if band.mode in _CLEAR or band.mode == "P" or "transparency" in picture.info:
        band.info["transparency"] = picture.info.get("transparency")
        if band.info["transparency"] is None:
            del band.info["transparency"]
        clear = band.convert("RGBA")
        white = Image.new("RGBA", clear.size, (255, 255, 255, 255))
        band = Image.alpha_composite(white, clear)
    return np.asarray(band if band.mode == "RGB" else band.convert("RGB"))


def _to_srgb(picture: Image.Image) -> ImageCms.ImageCmsTransform | None:
    """Return the transform to sRGB, or None if none is needed.

    Phones save wider colour spaces, and colour is a diagnostic sign. A damaged or unsupported profile is
    ignored: the pixels are still usable.
    """
    profile = picture.info.get("icc_profile")
    if not profile or picture.mode not in ("RGB", "CMYK") or "transparency" in picture.info:
        return None
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        return ImageCms.buildTransform(source, _SRGB, picture.mode, "RGB")
    except (ImageCms.PyCMSError, OSError):
        return None


def _deep_scale(picture: Image.Image) -> float | None:
    """Return the factor from 16-bit, 32-bit or floating grey to 0..255; None for other pictures.

    Integers are read as 16-bit unless one is larger; floating values as 0..1 unless one is larger, then as
    0..255.
    """
    if not (picture.mode.startswith("I") or picture.mode == "F"):
        return None
    rows = max(1, _BAND // picture.width)
    tops = range(0, picture.height, rows)
    bands = (picture.crop((0, top, picture.width, min(top + rows, picture.height))) for top in tops)
    largest = max(float(np.nan_to_num(np.asarray(band)).max()) for band in bands)
    if picture.mode == "F":
        return 255.0 if largest <= 1 else 1.0
    return 255.0 / max(65535.0, largest)
